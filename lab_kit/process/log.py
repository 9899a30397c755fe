"""Drain what a program prints so that it never blocks, and keep the end of it."""

from __future__ import annotations

import os
import select
import threading

CHUNK = 1 << 16
PULL = 64  # chunks at most in one go, so that a flood holds nobody


class Log:
    """Drain a pipe for ever and keep its last `limit` bytes."""

    def __init__(self, fd: int, limit: int) -> None:
        os.set_blocking(fd, False)
        self._fd, self._limit = fd, limit
        self._tail, self._new = bytearray(), bytearray()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._drain, daemon=True, name="program log")
        self._thread.start()

    def _drain(self) -> None:
        ready = select.poll()
        ready.register(self._fd, select.POLLIN)
        more = True
        while more:
            ready.poll()
            with self._lock:
                more = self._pull()
        with self._lock:
            os.close(self._fd)
            self._fd = -1

    def _pull(self) -> bool:
        """Take what the pipe holds now; return whether there can be more later."""
        for _ in range(PULL):
            try:
                chunk = os.read(self._fd, CHUNK)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not chunk:
                return False
            for buffer in (self._tail, self._new):
                buffer += chunk
                if len(buffer) > self._limit:
                    del buffer[: len(buffer) - self._limit]
        return True

    def text(self) -> str:
        """Return the tail of everything so far."""
        with self._lock:
            if self._fd >= 0:
                self._pull()
            return self._tail.decode("utf-8", "replace")

    def take(self) -> str:
        """Return everything that was written to the pipe since the last take()."""
        with self._lock:
            if self._fd >= 0:
                self._pull()
            text = self._new.decode("utf-8", "replace")
            self._new.clear()
            return text

    def finish(self, timeout: float) -> None:
        """Wait until the pipe is drained; its writers are gone by then."""
        self._thread.join(timeout)
