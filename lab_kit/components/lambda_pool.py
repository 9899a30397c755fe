"""Keep a function's execution environments: who may run, which one is reused, when to stop.

A request that finds no room is refused at once, never queued. The environment that was used
last is reused first, so that the others can be told apart as spare.
"""

from __future__ import annotations

import threading
import time

from lab_kit.components.lambda_environment import Environment
from lab_kit.errors import Unavailable

PATIENCE = 10.0  # seconds that `close` waits for threads that are in an invocation


class Pool:
    """Hand each request an environment of its own; safe for any number of threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._change = threading.Condition(self._lock)  # something ended: for `close` alone
        self._running = 0
        self._spare: list[Environment] = []
        self._all: list[Environment] = []
        self._closed = False

    @property
    def environments(self) -> list[Environment]:
        """Return those that exist now, the oldest first."""
        with self._lock:
            return list(self._all)

    @property
    def room(self) -> int:
        """Return how many more environments may exist."""
        with self._lock:
            return self._limit - len(self._all)

    def enter(self) -> bool:
        """Take a place among the running requests; False if all are taken."""
        with self._lock:
            self._check_open()
            if self._running >= self._limit:
                return False
            self._running += 1
            return True

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._running -= 1
            if self._closed:
                self._change.notify_all()

    def take(self) -> Environment | None:
        """Return a spare environment, the last used first; None if there is none."""
        with self._lock:
            self._check_open()
            if not self._spare:
                return None
            ready = [one for one in self._spare if one.state != "paused"]
            environment = (ready or self._spare)[-1]
            self._spare.remove(environment)
            return environment

    def add(self, environment: Environment) -> Environment:
        """Count a new environment in, for as long as it lives."""
        with self._lock:
            self._all.append(environment)
            closed = self._closed
        if closed:
            self.discard(environment)
            self._check_open()
        return environment

    def give_back(self, environment: Environment) -> None:
        """Keep an environment for the next request."""
        with self._lock:
            if not self._closed:
                self._spare.append(environment)
                return
        self.discard(environment)

    def discard(self, environment: Environment) -> None:
        """End an environment."""
        environment.end()
        with self._lock:
            if environment in self._all:
                self._all.remove(environment)
            if self._closed:
                self._change.notify_all()

    def close(self) -> None:
        """End them all; requests that are running come back at once, with Unavailable."""
        with self._change:
            self._closed = True
            spare, self._spare = self._spare, []
            busy = [one for one in self._all if one not in spare]
        for environment in busy:
            environment.interrupt()
        for environment in spare:
            self.discard(environment)
        deadline = time.monotonic() + PATIENCE
        with self._change:
            while self._running or self._all:
                if not self._change.wait(deadline - time.monotonic()):
                    break
        for environment in self.environments:
            self.discard(environment)

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable(
                "The Lambda runtime was closed.",
                "It runs nothing after its `with` block has ended.",
                "Make a new LambdaRuntime, or invoke inside the block.",
            )
