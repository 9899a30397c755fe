"""Keep what has to be looked at: each thing once, later if asked, slower after every failure."""

from __future__ import annotations

import heapq
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

FIRST_S, LONGEST_S = 0.05, 30.0


class Queue:
    """Hand out keys, none to two workers at once; one that is added meanwhile comes again."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._ready: OrderedDict[Hashable, None] = OrderedDict()
        self._later: list[tuple[float, int, Hashable]] = []
        self._due: dict[Hashable, float] = {}  # when each of `_later` is due; others are stale
        self._out: set[Hashable] = set()
        self._again: set[Hashable] = set()
        self._failed: dict[Hashable, int] = {}
        self._count = 0
        self._closed = False

    def add(self, key: Hashable, after_s: float = 0.0) -> None:
        """Have a key looked at, now or after some seconds."""
        with self._wake:
            if after_s > 0:
                self._plan(key, time.monotonic() + after_s)
            elif key in self._out:
                self._again.add(key)
            else:
                self._ready[key] = None
            self._wake.notify()

    def _plan(self, key: Hashable, due: float) -> None:
        if key in self._due and self._due[key] <= due:
            return
        self._count += 1
        self._due[key] = due
        heapq.heappush(self._later, (due, self._count, key))

    def done(self, key: Hashable, failed: bool = False) -> None:
        """Take a key back; one that failed comes again, each time after twice as long."""
        with self._wake:
            self._out.discard(key)
            if key in self._again:
                self._again.discard(key)
                self._ready[key] = None
            if failed:
                failures = self._failed[key] = self._failed.get(key, 0) + 1
                wait = min(FIRST_S * 2.0 ** min(failures - 1, 20), LONGEST_S)
                self._plan(key, time.monotonic() + wait)
            else:
                self._failed.pop(key, None)
            self._wake.notify()

    def take(self) -> Hashable | None:
        """Wait for the next key; None when the queue is closed."""
        with self._wake:
            while not self._closed:
                self._ripen()
                if self._ready:
                    key = self._ready.popitem(last=False)[0]
                    self._out.add(key)
                    return key
                self._wake.wait(self._later[0][0] - time.monotonic() if self._later else None)
            return None

    def _ripen(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            due, _, key = heapq.heappop(self._later)
            if self._due.get(key) != due:
                continue
            del self._due[key]
            if key in self._out:
                self._again.add(key)
            else:
                self._ready[key] = None

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
