"""Run asynchronous invocations as Lambda does: an internal queue, retries, then a destination.

A function error is retried twice, after one and after two minutes; throttling is retried with
growing pauses until the event is too old
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
All pauses are multiplied by `scale`.
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

RETRY_DELAYS = (60.0, 120.0)


@dataclass(frozen=True)
class Outcome:
    """Hold what came back from one invocation."""

    status: int
    error: str | None
    body: str
    log: str = ""


@dataclass(frozen=True)
class Policy:
    """Hold what a function's settings say about asynchronous invocations."""

    retries: int = 2
    max_age_s: float = 21600.0
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None


@dataclass
class Event:
    """Hold one event that waits for its function."""

    arn: str
    payload: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    throttles: int = 0
    born: float = field(default_factory=time.monotonic)


class AsyncQueue:
    """Hold events and run them on threads; `busy()` counts waiting and running ones.

    `run(arn, payload)` invokes, `policy(arn)` gives the settings (None: the function is gone),
    `deliver(target_arn, body, attributes)` sends to a queue, topic, bus or function.
    """

    def __init__(
        self,
        run: Callable[[str, str], Outcome],
        policy: Callable[[str], Policy | None],
        deliver: Callable[[str, str, Mapping[str, str]], None],
        *,
        scale: float,
    ) -> None:
        self._run = run
        self._policy = policy
        self._deliver = deliver
        self._scale = scale
        self._heap: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._busy = 0
        self._change = threading.Condition()
        threading.Thread(target=self._schedule, name="cloud-async", daemon=True).start()

    def submit(self, arn: str, payload: str) -> str:
        """Queue an event and return its request id."""
        event = Event(arn, payload)
        with self._change:
            self._busy += 1
        self._later(event, 0.0)
        return event.request_id

    def busy(self) -> int:
        """Count events that wait, run or wait for a retry."""
        with self._change:
            return self._busy

    def _later(self, event: Event, delay: float) -> None:
        with self._change:
            due = time.monotonic() + delay
            heapq.heappush(self._heap, (due, next(self._order), event))
            self._change.notify()

    def _schedule(self) -> None:
        while True:
            with self._change:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    pause = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._change.wait(pause)
                event = heapq.heappop(self._heap)[2]
            threading.Thread(target=self._work, args=(event,), daemon=True).start()

    def _work(self, event: Event) -> None:
        try:
            again = self._attempt(event)
        except Exception as error:  # one broken destination must not stop the queue
            print(f"async event for {event.arn} dropped: {error!r}", flush=True)
            again = None
        if again is not None:
            self._later(event, again)
            return
        with self._change:
            self._busy -= 1

    def _attempt(self, event: Event) -> float | None:
        """Invoke once; return the pause before the next try, or None when it is over."""
        policy = self._policy(event.arn)
        if policy is None:
            return None
        outcome = self._run(event.arn, event.payload)
        throttled = outcome.status == 429
        event.throttles += throttled
        event.attempts += not throttled
        if outcome.status == 200 and outcome.error is None:
            self._report(event, outcome, policy.on_success, "Success")
            return None
        age = (time.monotonic() - event.born) / self._scale
        if throttled and age < policy.max_age_s:
            return min(2.0 ** (event.throttles - 1), 300.0) * self._scale
        if not throttled and event.attempts <= policy.retries and age < policy.max_age_s:
            return RETRY_DELAYS[event.attempts - 1] * self._scale
        late = throttled or event.attempts <= policy.retries
        self._give_up(event, outcome, policy, "EventAgeExceeded" if late else "RetriesExhausted")
        return None

    def _give_up(self, event: Event, outcome: Outcome, policy: Policy, condition: str) -> None:
        if policy.dead_letter:
            attributes = {
                "RequestID": event.request_id,
                "ErrorCode": str(outcome.status),
                "ErrorMessage": _message(outcome)[:1024],
            }
            self._deliver(policy.dead_letter, event.payload, attributes)
        self._report(event, outcome, policy.on_failure, condition)

    def _report(self, event: Event, outcome: Outcome, target: str | None, condition: str) -> None:
        if not target:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        context: dict[str, Any] = {"statusCode": outcome.status, "executedVersion": "$LATEST"}
        if outcome.error:
            context["functionError"] = outcome.error
        record = {
            "version": "1.0",
            "timestamp": now,
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": f"{event.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": event.attempts,
            },
            "requestPayload": json.loads(event.payload),
            "responseContext": context,
            "responsePayload": _parsed(outcome.body),
        }
        self._deliver(target, json.dumps(record), {})


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def _message(outcome: Outcome) -> str:
    body = _parsed(outcome.body)
    return str(body.get("errorMessage", "")) if isinstance(body, dict) else ""
