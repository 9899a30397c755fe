"""Send and receive length-prefixed JSON between a LabJudge and its parked process.

Both ends are ours: nothing of a student's is ever read here.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

HEADER = struct.Struct("!I")


def send(to: socket.socket, data: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message, with descriptors attached to its first byte."""
    body = json.dumps(data).encode()
    header = HEADER.pack(len(body))
    if descriptors:
        socket.send_fds(to, [header], list(descriptors))
    else:
        to.sendall(header)
    to.sendall(body)


def receive(source: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read one message and what came with it; EOFError when the other side is gone."""
    header, numbers, _, _ = socket.recv_fds(source, HEADER.size, 1)
    header += exactly(source, HEADER.size - len(header)) if header else b""
    if not header:
        raise EOFError
    data = json.loads(exactly(source, HEADER.unpack(header)[0]))
    return data, numbers


def exactly(source: socket.socket, count: int) -> bytes:
    """Read exactly so many bytes; EOFError when the other side is gone."""
    parts = bytearray()
    while len(parts) < count:
        part = source.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


class Lines:
    """Read JSON lines from a socket, each by a deadline; a torn line is left out."""

    def __init__(self, source: socket.socket) -> None:
        self.source = source
        self.rest = bytearray()

    def next(self, deadline: float) -> dict[str, Any] | None:
        """Return the next object, None at the end; TimeoutError past `deadline` (of
        `time.monotonic`).
        """
        while True:
            line, found, after = self.rest.partition(b"\n")
            if found:
                self.rest = after
                with suppress(ValueError):
                    return dict(json.loads(line))
                continue
            self.source.settimeout(max(0.001, deadline - time.monotonic()))
            part = self.source.recv(1 << 16)
            if not part:
                return None
            self.rest += part
