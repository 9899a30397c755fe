"""Ask an HTTP server once, with one deadline and one size for all of its answer.

A timeout of http.client is for each read: a server that sends a byte now and then, or has no end,
would keep its caller for as long as it likes, and fill its memory.
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping
from typing import Any

MOST_BYTES = 32 * 1024 * 1024  # of an answer: what Cloud Run lets through


class TooLarge(Exception):
    """Say that the answer is over MOST_BYTES."""


class _Until(socket.socket):
    """Be a socket of which every read shares one deadline."""

    end: float

    def recv_into(self, *given: Any) -> int:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self.settimeout(left)
        return super().recv_into(*given)


def exchange(
    address: tuple[str, int],
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout: float,
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in lower case) and body; raise TimeoutError or TooLarge."""
    end = time.monotonic() + timeout
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        connection.connect()
        plain = connection.sock
        connection.sock = ours = _Until(fileno=plain.detach())
        ours.end = end
        ours.settimeout(timeout)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise TooLarge
        return answer.status, named, text
    finally:
        connection.close()
