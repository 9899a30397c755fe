"""Run one execution environment: one sandboxed awslambdaric process and what it is doing.

An environment is owned by one thread at a time, which drives its Runtime API while it waits.
Every `TICK` it also reads the log, looks at the memory of the whole process tree and at whether
the process is still there. Between invocations nothing of ours runs.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Literal

from lab_kit.components.lambda_api import Answer, RuntimeApi
from lab_kit.components.lambda_failure import Failure, exited
from lab_kit.components.lambda_invocation import Outcome
from lab_kit.components.lambda_settings import Settings
from lab_kit.components.relay import Relay
from lab_kit.process import Exit
from lab_kit.process.lease import WORDS

TICK = 0.005  # seconds between two looks at the memory
QUICK_MS, STALE = 2.0, 0.05  # an invocation that short, and a reading that old
MAX_STEPS = 1000  # that what is left over may take
LAST_WORDS = 20  # lines
MEMORY = WORDS["memory"]  # what the zygote says that looked before we did
MAX_LOG = 262_144  # characters of one invocation

State = Literal["init", "paused", "idle", "busy", "gone"]
Ending = Literal["done", "deadline", "died", "memory", "closed"]


class Environment:
    """Hold one execution environment.

    id: 32 hexadecimal digits, as in the log stream's name;  state: init, paused (at the
    snapshot), idle, busy or gone;  invocations: how many it has been given;  init_ms: how long
    its init phase took, None until it is over;  peak_mb: the highest resident memory seen;
    initialization_type: on-demand, provisioned-concurrency or snap-start
    """

    def __init__(
        self, settings: Settings, relay: Relay, initialization_type: str = "on-demand"
    ) -> None:
        self.id = uuid.uuid4().hex
        self.initialization_type = initialization_type
        self.state: State = "init"
        self.invocations = 0
        self.init_ms: float | None = None
        self.peak_mb = 0.0
        self.closing = False
        self._settings = settings
        self._relay = relay
        self._log = ""
        self._dropped = 0
        self._look = self._measured = 0.0
        self._ending = threading.Lock()
        self._started = time.perf_counter()
        self._program = settings.start(self.id, initialization_type)
        self._api = RuntimeApi(self._program.listeners[0])
        relay.add(self._program.listeners[1:], list(settings.services.values()))

    @property
    def pid(self) -> int:
        """Return the process id of its runtime client."""
        return self._program.pid

    @property
    def memory_mb(self) -> float:
        """Return the resident memory of its processes now, 0 once it is gone."""
        return 0.0 if self.state == "gone" else self._program.memory_mb()

    def init(self, limit_s: float) -> Failure | None:
        """Wait for the init phase to end: at the first event, at the snapshot, or badly."""
        ending = self._drive(self._initialized, self._started + limit_s)
        self.init_ms = (time.perf_counter() - self._started) * 1000
        failure = self._judge(ending, "init")
        if failure is None:
            self.state = "paused" if self._api.paused else "idle"
        return failure

    def restore(self, limit_s: float) -> tuple[float, Failure | None]:
        """Let a paused environment go on; return the milliseconds until it waits for an event."""
        self.state, start = "busy", time.perf_counter()
        self._api.restore()
        ending = self._drive(self._restored, start + limit_s)
        took, failure = (time.perf_counter() - start) * 1000, self._judge(ending, "init")
        if failure is None:
            self.state = "idle"
        return took, failure

    def ready(self, limit_s: float) -> bool:
        """Wait until it asks for the next event; say whether it did.

        Everything that came in the meantime is read first: a process that asked and then died
        has left both, and is not to be given the event.
        """
        for _ in range(MAX_STEPS):
            if not self._api.step(0):
                break
        return self._drive(lambda: self._api.waiting, time.perf_counter() + limit_s) == "done"

    def run(
        self, request_id: str, headers: Mapping[str, str], event: bytes, limit_s: float
    ) -> tuple[float, Answer | Failure]:
        """Hand over an event; return the milliseconds taken, and the answer or what went wrong."""
        self.state, self.invocations = "busy", self.invocations + 1
        start = time.perf_counter()
        deadline_ms = str(int((time.time() + limit_s) * 1000))
        self._api.deliver(request_id, {"Lambda-Runtime-Deadline-Ms": deadline_ms, **headers}, event)
        ending = self._drive(lambda: self._api.answer is not None, start + limit_s)
        took = (time.perf_counter() - start) * 1000
        answer = self._api.answer
        if ending == "done" and self._peak_after(took) > self._settings.memory_mb:
            ending = "memory"  # it happened between two looks
        if ending == "done" and answer is not None:
            self.state = "idle"
            return took, answer
        failure = self._judge(ending, "exit")
        assert failure is not None
        return (limit_s * 1000 if ending == "deadline" else took), failure

    def take_log(self) -> str:
        """Return what it printed since the last time, at most `MAX_LOG` characters."""
        if self.state != "gone":
            self._read_log()
        log, self._log = self._log, ""
        if self._dropped:
            log += f"\n[{self._dropped} more characters of log were left out]\n"
            self._dropped = 0
        return log

    def end(self) -> None:
        """Kill it with every process that it started, and close its sockets."""
        with self._ending:
            if self.state == "gone":
                return
            self._program.kill()
            self._read_log()
            self._measure()
            self.state = "gone"
            self._relay.remove(self._program.listeners[1:])
            self._api.close()
            self._program.close()

    def interrupt(self) -> None:
        """Make the thread that drives it come back soon (called by another thread)."""
        with self._ending:
            self.closing = True
            if self.state != "gone":
                self._program.kill()

    def _initialized(self) -> bool:
        return self._restored() or self._api.paused

    def _restored(self) -> bool:
        return self._api.answer is not None or self._api.waiting

    def _drive(self, done: Callable[[], bool], deadline: float) -> Ending:
        """Serve the Runtime API until `done`, the deadline, a death or too much memory."""
        self._look = time.perf_counter() + TICK
        while not done():
            now = time.perf_counter()
            if now >= deadline:
                return "deadline"
            if now >= self._look:
                self._look = now + TICK
                ending = self._inspect()
                if ending == "died" and self._last_bytes(done):
                    return "done"
                if ending is not None:
                    return ending
            self._api.step(min(deadline, self._look) - now)
        return "done"

    def _inspect(self) -> Ending | None:
        if self.closing:
            return "closed"
        self._read_log()
        if (ended := self._program.poll()) is not None:
            return "memory" if MEMORY in ended.reason else "died"
        now_mb = self._program.memory_mb()
        self.peak_mb = max(self.peak_mb, now_mb)
        return "memory" if now_mb > self._settings.memory_mb else None

    def _last_bytes(self, done: Callable[[], bool]) -> bool:
        for _ in range(MAX_STEPS):
            if done() or not self._api.step(0):
                break
        return done()

    def _peak_after(self, took_ms: float) -> float:
        """Return the peak, read anew unless so little time went by that it cannot matter."""
        if took_ms < QUICK_MS and time.perf_counter() - self._measured < STALE:
            return self.peak_mb
        return self._measure()

    def _measure(self) -> float:
        self._measured = time.perf_counter()
        self.peak_mb = max(self.peak_mb, self._program.peak_mb)
        return self.peak_mb

    def _read_log(self) -> None:
        text = self._program.take()
        room = MAX_LOG - len(self._log)
        self._log += text[:room]
        self._dropped += max(0, len(text) - room)

    def _judge(self, ending: Ending, outcome: Outcome) -> Failure | None:
        """Turn the end of a phase into a failure, or None if the phase went well."""
        if ending == "done":
            answer = self._api.answer
            if answer is None or answer.kind not in ("init", "restore"):
                return None
            return Failure("init", answer.error_type or "Runtime.Unknown", body=answer.body)
        if ending == "deadline":
            limit = self._settings.init_timeout_s if outcome == "init" else self._settings.timeout_s
            return Failure(
                "timeout", "Sandbox.Timedout", f"Task timed out after {limit:.2f} seconds"
            )
        if ending == "memory":
            return Failure(
                "memory", "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"
            )
        exit = self._exit()
        self._read_log()
        words = [line for line in self._log.splitlines() if line.strip()][-LAST_WORDS:]
        return Failure(outcome, "Runtime.ExitError", exited(exit), words)

    def _exit(self) -> Exit:
        return self._program.poll() or Exit(None, None, "closed")
