"""Serve the Lambda Runtime API to one execution environment.

    GET  /2018-06-01/runtime/invocation/next              waits until an event is delivered
    POST /2018-06-01/runtime/invocation/{id}/response     202
    POST /2018-06-01/runtime/invocation/{id}/error        202
    POST /2018-06-01/runtime/init/error                   202
    GET  /2018-06-01/runtime/restore/next                 waits until the snapshot is restored
    POST /2018-06-01/runtime/restore/error                202

There is no thread: whoever waits for the environment calls `step`, so an invocation costs no
hand-over between threads. The other side may be any code at all; it can waste its own time
limit and nothing else. A wrong id is answered 400 InvalidRequestID, a call out of turn 403
InvalidStateTransition, a body over 6 MB 413 RequestEntityTooLarge.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from lab_kit.components.lambda_http import Connection, Malformed, Request

MAX_RESPONSE = 6_291_556  # bytes, AWS's own figure
MAX_CONNECTIONS = 16
ROOT = "/2018-06-01/runtime/"
READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


@dataclass(frozen=True)
class Answer:
    """Hold what the runtime posted: kind is response, error, init or restore."""

    kind: str
    body: bytes
    error_type: str = ""
    too_large: bool = False


class RuntimeApi:
    """Keep one environment's conversation; owned by one thread at a time.

    waiting: the runtime asks for the next event;  paused: it waits at the snapshot
    answer: what it posted for the request that was delivered last, or as init or restore error
    """

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._poll = select.poll()
        self._poll.register(listener, select.POLLIN)
        self._connections: dict[int, Connection] = {}
        self._full: set[Connection] = set()  # those that have not taken all we sent
        self._next: Connection | None = None
        self._restore: Connection | None = None
        self._request_id = ""
        self._answered = ""
        self.answer: Answer | None = None

    @property
    def waiting(self) -> bool:
        """Say whether the runtime waits for an event."""
        return self._next is not None and self._next.open

    @property
    def paused(self) -> bool:
        """Say whether the runtime waits to be restored."""
        return self._restore is not None and self._restore.open

    def step(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s` and handle what arrived; return whether anything did."""
        ready = self._poll.poll(max(0.0, timeout_s) * 1000)
        for fd, event in ready:
            connection = self._connections.get(fd)
            if connection is None:
                self._accept()
                continue
            if event & select.POLLOUT:
                connection.flush()
            if event & READABLE:
                self._read(connection)
            self._watch(connection)
        return bool(ready)

    def deliver(self, request_id: str, headers: Mapping[str, str], event: bytes) -> None:
        """Hand an event to the runtime that waits for it."""
        assert self._next is not None
        connection, self._next = self._next, None
        self._request_id, self.answer = request_id, None
        connection.send(200, {"Content-Type": "application/json", **headers}, event)
        self._watch(connection)

    def restore(self) -> None:
        """Let the runtime that waits at the snapshot go on."""
        assert self._restore is not None
        connection, self._restore = self._restore, None
        self.answer = None
        connection.send(200, {}, b"")
        self._watch(connection)

    def close(self) -> None:
        """Hang up on everyone and stop listening."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        self._listener.close()

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        if len(self._connections) >= MAX_CONNECTIONS:
            sock.close()
            return
        connection = Connection(sock, MAX_RESPONSE)
        self._connections[sock.fileno()] = connection
        self._poll.register(sock, select.POLLIN)

    def _watch(self, connection: Connection) -> None:
        if connection.open:
            if connection.unsent != (connection in self._full):
                self._full ^= {connection}
                more = select.POLLOUT if connection.unsent else 0
                self._poll.modify(connection.sock, select.POLLIN | more)
            return
        self._full.discard(connection)
        fd = connection.sock.fileno()
        if self._connections.pop(fd, None):
            self._poll.unregister(fd)
            connection.close()

    def _read(self, connection: Connection) -> None:
        try:
            request = connection.receive()
            while request is not None and connection.open:
                self._dispatch(connection, request)
                request = connection.parse()
        except Malformed as error:
            _refuse(connection, error.status, "InvalidRequest", str(error))
            connection.open = False

    def _dispatch(self, connection: Connection, request: Request) -> None:
        path = request.path
        if not path.startswith(ROOT):
            return _refuse(connection, 404, "NotFound", "the Runtime API has no such path")
        parts = path[len(ROOT) :].split("/")
        if request.method == "GET" and parts == ["invocation", "next"]:
            return self._wait(connection, restore=False)
        if request.method == "GET" and parts == ["restore", "next"]:
            return self._wait(connection, restore=True)
        if request.method == "POST" and parts in (["init", "error"], ["restore", "error"]):
            return self._take(connection, request, parts[0])
        if request.method == "POST" and len(parts) == 3 and parts[0] == "invocation":
            if parts[2] in ("response", "error"):
                return self._take(connection, request, parts[2], parts[1])
        _refuse(connection, 404, "NotFound", "the Runtime API has no such path")
        return None

    def _wait(self, connection: Connection, *, restore: bool) -> None:
        busy = self.waiting or self.paused or bool(self._request_id)
        if busy:
            return _refuse(connection, 403, "InvalidStateTransition", "another call is still open")
        if restore:
            self._restore = connection
        else:
            self._next = connection
        return None

    def _take(
        self, connection: Connection, request: Request, kind: str, request_id: str = ""
    ) -> None:
        if request_id and request_id != self._request_id:
            if request_id == self._answered:
                return _refuse(
                    connection, 403, "InvalidStateTransition", "this request was answered before"
                )
            return _refuse(connection, 400, "InvalidRequestID", "Invalid request ID")
        if not request_id and self._request_id:
            return _refuse(
                connection, 403, "InvalidStateTransition", f"this is no time for {kind}/error"
            )
        error_type = request.headers.get("lambda-runtime-function-error-type", "")[:256]
        if self.answer is None:
            self.answer = Answer(kind, request.body, error_type, request.too_large)
        if request_id:
            self._answered = request_id
            self._request_id = ""
        if request.too_large:
            message = f"Exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
            _refuse(connection, 413, "RequestEntityTooLarge", message)
            connection.open = False  # the rest of that body is never read
            return None
        connection.send(202, {"Content-Type": "application/json"}, b'{"status":"OK"}\n')
        return None


def _refuse(connection: Connection, status: int, error_type: str, message: str) -> None:
    body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
    connection.send(status, {"Content-Type": "application/json"}, body)
