"""Carry JSON-like values over a socket: four bytes of length, then JSON, one deadline for all.

A value is None, bool, int, finite float, str, list or dict with str keys; a tuple arrives as a
list. Everything else is refused by name. The reader trusts nothing: a forged, huge, deep or
half-sent frame is a `BadFrame`, never another error.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from typing import Any

MAX_FRAME = 1 << 20
MAX_DEPTH = 100
MAX_INT_BITS = 8192


class BadFrame(Exception):
    """Say that what arrived is not a frame of ours."""


class NotPlain(Exception):
    """Say which part of a value is not JSON-like."""


class TooLarge(Exception):
    """Say that a frame would exceed MAX_FRAME."""


def plain(value: Any, depth: int = 0, where: str = "") -> Any:
    """Return a copy of `value` made of exact JSON-like types; raise NotPlain naming the place."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise NotPlain(f"an integer of {value.bit_length()} bits{where}")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise NotPlain(f"the float {value}{where}")
        return value
    if depth >= MAX_DEPTH:
        raise NotPlain(f"a value nested more than {MAX_DEPTH} deep (or containing itself)")
    if kind is list or kind is tuple:
        return [plain(v, depth + 1, where or " inside a list") for v in value]
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise NotPlain(f"a dict key of type {type(key).__name__}{where}")
        return {k: plain(v, depth + 1, where or " inside a dict") for k, v in value.items()}
    raise NotPlain(f"a value of type {kind.__name__}{where}")


def encode(value: Any) -> bytes:
    """Return the frame of a plain value; raise TooLarge."""
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > MAX_FRAME:
        raise TooLarge(f"{len(body)} bytes, and {MAX_FRAME} are allowed")
    return struct.pack("!I", len(body)) + body


def decode(body: bytes) -> Any:
    """Parse one frame's body; raise BadFrame for anything that `plain` would not produce."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        return plain(value)
    except (ValueError, RecursionError, MemoryError, NotPlain) as error:
        raise BadFrame(f"not a JSON-like value ({type(error).__name__})") from None


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def send(sock: socket.socket, frame: bytes, end: float | None = None) -> None:
    """Send a whole frame before `end` (time.monotonic()); raise TimeoutError."""
    view = memoryview(frame)
    while view:
        _set_timeout(sock, end)
        view = view[sock.send(view) :]


def receive(sock: socket.socket, end: float | None = None, limit: int = MAX_FRAME) -> Any:
    """Return the next value before `end`; raise TimeoutError, EOFError or BadFrame."""
    size = struct.unpack("!I", _exactly(sock, 4, end))[0]
    if size > limit:
        raise BadFrame(f"a frame of {size} bytes, and {limit} are allowed")
    return decode(_exactly(sock, size, end))


def _exactly(sock: socket.socket, count: int, end: float | None) -> bytes:
    buffer = bytearray()
    while len(buffer) < count:
        _set_timeout(sock, end)
        chunk = sock.recv(min(count - len(buffer), 1 << 16))
        if not chunk:
            raise EOFError
        buffer += chunk
    return bytes(buffer)


def _set_timeout(sock: socket.socket, end: float | None) -> None:
    if end is None:
        return
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)
