"""Carry a short JSON text and some bytes over a stream: two lengths, then both."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any

HEAD = struct.Struct("!II")
SIZE = struct.Struct("!I")
MOST_TEXT = 64 * 1024
MOST_BODY = 64 * 1024 * 1024


def send(sock: socket.socket, text: dict[str, Any], body: bytes, patience: float) -> None:
    """Send one frame; TimeoutError when nobody reads it in time."""
    data = json.dumps(text).encode()
    sock.settimeout(patience)
    sock.sendall(HEAD.pack(len(data), len(body)) + data + body)


def receive(sock: socket.socket, patience: float | None = None) -> tuple[dict[str, Any], bytes]:
    """Return one frame; EOFError, TimeoutError, or ValueError for what is none."""
    end = None if patience is None else time.monotonic() + patience
    size, more = HEAD.unpack(exactly(sock, HEAD.size, end))
    if size > MOST_TEXT or more > MOST_BODY:
        raise ValueError("A frame is too large.")
    try:
        text = json.loads(exactly(sock, size, end))
    except RecursionError:
        raise ValueError("A frame is too deep.") from None
    if not isinstance(text, dict):
        raise ValueError("A frame says nothing.")
    return text, exactly(sock, more, end)


def exactly(sock: socket.socket, size: int, end: float | None) -> bytes:
    """Return so many bytes."""
    found = bytearray()
    while len(found) < size:
        sock.settimeout(None if end is None else max(0.001, end - time.monotonic()))
        part = sock.recv(min(size - len(found), 1 << 20))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def joined(parts: Iterable[bytes]) -> bytes:
    """Put many byte strings into one body."""
    return b"".join(SIZE.pack(len(part)) + part for part in parts)


def parts(body: bytes) -> list[bytes]:
    """Take a body of `joined` apart; ValueError for what is none."""
    found, at = [], 0
    while at < len(body):
        if at + SIZE.size > len(body):
            raise ValueError("A part has no size.")
        (size,) = SIZE.unpack_from(body, at)
        at += SIZE.size
        if at + size > len(body):
            raise ValueError("A part is cut off.")
        found.append(body[at : at + size])
        at += size
    return found
