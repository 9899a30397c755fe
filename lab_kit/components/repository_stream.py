"""Read from a socket until one deadline, however slowly the other side writes."""

from __future__ import annotations

import socket
import time

CHUNK = 1 << 16


class Timed:
    """Read as a file does; raise TimeoutError once the deadline has passed."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock, self._end = sock, end
        self._held = bytearray()

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer only at the end."""
        while len(self._held) < size and self._more():
            pass
        return self._take(size)

    def readline(self, size: int, /) -> bytes:
        """Return a line with its end, or so many bytes of it."""
        while (at := self._held.find(b"\n", 0, size)) < 0 and len(self._held) < size:
            if not self._more():
                break
        return self._take(at + 1 if at >= 0 else size)

    def _more(self) -> bool:
        self._sock.settimeout(self._left())
        part = self._sock.recv(CHUNK)
        self._held += part
        return bool(part)

    def _take(self, size: int) -> bytes:
        found = bytes(self._held[:size])
        del self._held[:size]
        return found

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
