"""Drain what a program prints so that it never blocks, and keep the end of it."""

from __future__ import annotations

import os
import threading


class Log:
    """Drain a pipe for ever and keep its last `limit` bytes."""

    def __init__(self, fd: int, limit: int) -> None:
        self._fd, self._limit = fd, limit
        self._tail, self._new = bytearray(), bytearray()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._drain, daemon=True, name="program log")
        self._thread.start()

    def _drain(self) -> None:
        while True:
            try:
                chunk = os.read(self._fd, 1 << 16)
            except OSError:
                break
            if not chunk:
                break
            with self._lock:
                for buffer in (self._tail, self._new):
                    buffer += chunk
                    if len(buffer) > self._limit:
                        del buffer[: len(buffer) - self._limit]
        os.close(self._fd)

    def text(self) -> str:
        """Return the tail of everything so far."""
        with self._lock:
            return self._tail.decode("utf-8", "replace")

    def take(self) -> str:
        """Return what came since the last take()."""
        with self._lock:
            text = self._new.decode("utf-8", "replace")
            self._new.clear()
            return text

    def finish(self, timeout: float) -> None:
        """Wait until the pipe is drained; its writers are gone by then."""
        self._thread.join(timeout)
