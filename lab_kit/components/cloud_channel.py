"""Carry questions and answers between two processes over one socket pair.

A frame is a length (4 bytes, big-endian) and a JSON object. Both ends may ask at any time; each
question is answered on a thread of its own, so an answer may itself need the other side.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from typing import Any

FRAME_LIMIT = 96 * 1024 * 1024

Serve = Callable[[str, dict[str, Any]], Mapping[str, Any]]


class ChannelClosed(Exception):
    """Say that the other side is gone."""


class Channel:
    """Ask the other side and answer it; `serve(op, message)` gives the answer's fields.

    What `serve` raises travels back as `{"fault": text}`.
    """

    def __init__(self, end: socket.socket, serve: Serve, *, on_close: Callable[[], None]) -> None:
        self._end = end
        self._serve = serve
        self._on_close = on_close
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Answer] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closed = False
        self._reader = threading.Thread(target=self._read, name="cloud-channel", daemon=True)

    def start(self) -> None:
        """Begin to read frames."""
        self._reader.start()

    def ask(self, op: str, *, timeout: float, **message: Any) -> dict[str, Any]:
        """Send a question and wait for its answer; raise TimeoutError or ChannelClosed."""
        answer = _Answer()
        number = next(self._ids)
        with self._lock:
            if self._closed:
                raise ChannelClosed(op)
            self._waiting[number] = answer
        try:
            self._send({**message, "op": op, "id": number})
            if not answer.ready.wait(timeout):
                raise TimeoutError(f"no answer to {op!r} within {timeout:g} s")
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        if answer.fields is None:
            raise ChannelClosed(op)
        return answer.fields

    def tell(self, op: str, **message: Any) -> None:
        """Send something that needs no answer."""
        self._send({**message, "op": op})

    def close(self) -> None:
        """Close this end; whoever waits is told."""
        try:
            self._end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self._reader.is_alive() and threading.current_thread() is not self._reader:
            self._reader.join(5)
        self._end.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message).encode()
        if len(body) > FRAME_LIMIT:
            raise ValueError(f"a frame of {len(body)} bytes is over the limit of {FRAME_LIMIT}")
        try:
            with self._writing:
                self._end.sendall(struct.pack(">I", len(body)))
                self._end.sendall(body)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def _read(self) -> None:
        try:
            while (message := self._frame()) is not None:
                self._take(message)
        except (OSError, ValueError, RecursionError):
            pass
        with self._lock:
            self._closed = True
            waiting = list(self._waiting.values())
        for answer in waiting:
            answer.ready.set()
        self._on_close()

    def _frame(self) -> dict[str, Any] | None:
        head = self._exactly(4)
        if head is None:
            return None
        (length,) = struct.unpack(">I", head)
        if length > FRAME_LIMIT:
            raise ValueError("frame too long")
        body = self._exactly(length)
        message = None if body is None else json.loads(body)
        if message is not None and not isinstance(message, dict):
            raise ValueError("a frame is an object")
        return message

    def _exactly(self, length: int) -> bytes | None:
        parts: list[bytes] = []
        while length:
            part = self._end.recv(min(length, 1 << 20))
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _take(self, message: dict[str, Any]) -> None:
        if "answer" in message:
            with self._lock:
                waiting = self._waiting.get(message["answer"])
            if waiting is not None:
                waiting.fields = message
                waiting.ready.set()
            return
        threading.Thread(
            target=self._reply, args=(message,), name="cloud-answer", daemon=True
        ).start()

    def _reply(self, message: dict[str, Any]) -> None:
        try:
            fields = dict(self._serve(str(message.get("op")), message))
        except Exception as fault:  # the other side is told, whatever it was
            fields = {"fault": f"{type(fault).__name__}: {fault}"}
        if "id" in message:
            try:
                self._send({**fields, "answer": message["id"]})
            except ChannelClosed:
                pass


class _Answer:
    def __init__(self) -> None:
        self.ready = threading.Event()
        self.fields: dict[str, Any] | None = None
