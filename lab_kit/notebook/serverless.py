"""Show a Lambda function under traffic: environments, cold and warm invocations, throttling.

In a notebook:

    runtime = lab.component(LambdaRuntime(lab.folder, "handler.handler", reserved=4))
    traffic = TrafficPanel(runtime, event={"item": "tea"})
    traffic                      # the slider sends real invocations
    Receipt(traffic.invocations, prices)
"""

from __future__ import annotations

import copy
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import traitlets

from lab_kit.errors import LabError
from lab_kit.notebook.cost import CostPanel
from lab_kit.notebook.live import Live
from lab_kit.notebook.panel import script

SENDERS = 8
MOST_KEPT = 20_000
MOST_SHOWN = 12


class Invoked(Protocol):
    """Have what a panel counts of an invocation, as LambdaRuntime's does."""

    status: int
    outcome: str
    environment: str
    cold: bool
    init_ms: float | None
    duration_ms: float


class Runtime(Protocol):
    """Invoke a function."""

    def invoke(self, event: Any) -> Any: ...


class TrafficPanel(Live):
    """Send invocations to `runtime` at the slider's rate, and draw cold and warm per environment.

    `event` is the event, or a function that makes one each time. At most eight are under way at
    once and at most `max_rate` a second; give the runtime `reserved=4` to see throttling.
    Counts and bars hold every invocation of the runtime since the panel was made, also those that
    other cells sent; `invocations` lists what this panel sent, the newest 20,000.
    """

    _esm = script("traffic")
    rate = traitlets.Int(0).tag(sync=True)
    max_rate = traitlets.Int(20).tag(sync=True)
    flood = traitlets.Int(50).tag(sync=True)

    def __init__(
        self,
        runtime: Runtime,
        event: object | Callable[[], object] = None,
        *,
        max_rate: int = 20,
        flood: int = 50,
    ) -> None:
        self._event = {} if event is None else event
        self._runtime = runtime
        self._kept: deque[Any] = deque(maxlen=MOST_KEPT)
        self._counts: Counter[str] = Counter()
        self._bars: dict[str, Counter[str]] = {}
        self._times: dict[str, deque[float]] = {k: deque(maxlen=200) for k in ("cold", "warm")}
        self._due, self._then, self._under_way = 0.0, 0.0, 0
        self._failure: LabError | None = None
        self._counting = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._told: dict[str, Any] = {}
        super().__init__(max_rate=max_rate, flood=flood)
        follow = getattr(runtime, "on_invocation", None)
        self._follows = callable(follow)
        self._unfollow: Callable[[], object] = follow(self._count) if follow else lambda: None
        self.actions["flood"] = lambda _: self.send_at_once(self.flood)
        self.actions["look"] = lambda _: self.send({"stats": self.stats()})

    @property
    def invocations(self) -> list[Any]:
        """Return what came back of what this panel sent, oldest first."""
        with self._counting:
            return list(self._kept)

    def send_at_once(self, many: int) -> None:
        """Send `many` invocations as fast as eight senders can."""
        with self._counting:
            self._due += min(many, 500)

    def produce(self) -> None:
        if self._failure is not None:
            raise self._failure
        now = time.monotonic()
        passed, self._then = min(now - self._then, 1.0), now
        with self._counting:
            self._due = min(self._due + self.rate * passed, 500.0)
            free = min(SENDERS - self._under_way, int(self._due))
            self._due -= free
            self._under_way += free
        for _ in range(free):
            self._senders().submit(self._one)
        stats = self.stats()
        if stats != self._told:
            self._told = stats
            self.send({"stats": stats})

    def stop(self) -> None:
        super().stop()
        self._unfollow()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _senders(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="traffic")
        return self._pool

    def _one(self) -> None:
        """Send one, and go on while more are due, so that a flood needs no clock."""
        while not self._ended.is_set():
            try:
                event = self._event() if callable(self._event) else copy.deepcopy(self._event)
                one = self._runtime.invoke(event)
                if not self._follows:
                    self._count(one)
                with self._counting:
                    self._kept.append(one)
            except LabError as error:
                self._failure = error
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
                self._failure = LabError(
                    "The runtime no longer answers, so the traffic stopped.",
                    f"{type(error).__name__}: {error}",
                    "run the cell that makes the runtime, then this one.",
                )
            with self._counting:
                if self._due < 1 or self._failure is not None:
                    self._under_way -= 1
                    return
                self._due -= 1

    def _count(self, one: Invoked) -> None:
        with self._counting:
            self._counts["requests"] += 1
            if one.status == 429:
                self._counts["throttled"] += 1
                return
            kind = "cold" if one.cold else "warm"
            self._counts[kind] += 1
            self._counts["failed"] += one.outcome != "ok"
            self._bars.setdefault(one.environment or "none", Counter())[kind] += 1
            self._times[kind].append(one.duration_ms + (one.init_ms or 0.0 if one.cold else 0.0))

    def stats(self) -> dict[str, Any]:
        """Return what the browser draws: counts, middle times in ms, and one bar an environment."""
        states = {e.id: str(e.state) for e in getattr(self._runtime, "environments", ())}
        with self._counting:
            bars = [
                {"id": k, "cold": n["cold"], "warm": n["warm"], "state": states.get(k, "gone")}
                for k, n in self._bars.items()
            ]
            times = self._times.items()
            middle = {k: round(statistics.median(v), 1) if v else None for k, v in times}
            names = ("requests", "cold", "warm", "throttled", "failed")
            counts = {k: self._counts[k] for k in names}
        return {**counts, "ms": middle, "bars": bars[-MOST_SHOWN:], "more": len(bars[:-MOST_SHOWN])}

    def as_text(self) -> str:
        now = self.stats()
        lines = [f"Traffic: {sentence(now)}"]
        lines += [
            f"  {b['id'][:12]:12} {'c' * min(b['cold'], 5)}{'w' * min(b['warm'], 40)} "
            f"{b['cold']} cold, {b['warm']} warm ({b['state']})"
            for b in now["bars"]
        ]
        return "\n".join([*lines, "(A slider sends traffic where the notebook runs.)"])


def sentence(stats: dict[str, Any]) -> str:
    """Say the counts in one sentence."""
    count = len(stats["bars"]) + stats["more"]
    return (
        f"{stats['requests']} requests: {stats['cold']} cold, {stats['warm']} warm, "
        f"{stats['throttled']} throttled, {stats['failed']} failed; "
        f"{count} {'environment' if count == 1 else 'environments'}."
    )


__all__ = ["CostPanel", "TrafficPanel", "sentence"]
