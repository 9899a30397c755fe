"""Serve a few HTTP routes on loopback and remember who asked for what.

It stands for whatever a function talks to across the network. The one who owns it sees every
call, in order, so what a function fetched is counted outside of the function's process.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MOST_CALLS = 50_000
MOST_BYTES = 65_536
MOST_KEPT = 64 * 1024 * 1024  # bytes of all calls


@dataclass(frozen=True)
class Call:
    """Hold one request: its method, its path with query, its body, and when it came (seconds)."""

    method: str
    path: str
    body: bytes
    at: float

    def json(self) -> Any:
        """Return the body as JSON; ValueError when it is none."""
        return json.loads(self.body)


class HttpService:
    """Answer each request with `answer(call)`, a JSON-like value or a pair (status, value).

    A KeyError from `answer` is a 404, any other error a 500 that says so. Each answer takes at
    least `delay_s` seconds. Bodies over 64 KiB get 413; after 50,000 calls or 64 MiB of them,
    nothing more is kept.
    Use as `with HttpService(...) as service:`; `service.address` is a (host, port) on loopback.
    """

    def __init__(self, answer: Callable[[Call], object], *, delay_s: float = 0.0) -> None:
        self.calls: list[Call] = []
        self.delay_s = delay_s
        self._answer = answer
        self._kept = 0
        self._lock = threading.Lock()
        self._server = _Server(self)
        self.address: tuple[str, int] = ("127.0.0.1", self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Return the address as http://host:port."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def count(self, path: str, method: str | None = None) -> int:
        """Return how many calls asked for exactly `path` (with `method`, if given)."""
        return sum(c.path == path and method in (None, c.method) for c in list(self.calls))

    def respond(self, call: Call) -> tuple[int, bytes]:
        """Record the call, wait, and work out the answer; `answer` runs one call at a time."""
        time.sleep(self.delay_s)
        with self._lock:
            self._kept += len(call.body) + len(call.path)
            if len(self.calls) < MOST_CALLS and self._kept <= MOST_KEPT:
                self.calls.append(call)
            try:
                result = self._answer(call)
                status, value = result if isinstance(result, tuple) else (200, result)
                return status, json.dumps(value).encode()
            except KeyError:
                error = (404, f"nothing at {call.path}")
            except Exception as problem:  # noqa: BLE001 - whatever the caller sent made it fail
                error = (500, f"{type(problem).__name__}: {problem}")
        return error[0], json.dumps({"error": error[1]}).encode()

    def close(self) -> None:
        """Stop serving; safe to call twice."""
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()

    def __enter__(self) -> HttpService:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: HttpService) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a caller that hung up: a function may be killed while it waits."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60.0  # a caller that stops in the middle does not keep its thread for ever
    server: _Server

    def _serve(self) -> None:
        size = self.headers.get("Content-Length") or "0"
        if not re.fullmatch("[0-9]{1,18}", size):  # -1 would be read until memory is full
            self.close_connection = True
            status, answer = 400, b'{"error": "Content-Length is not a size"}'
        elif int(size) > MOST_BYTES:
            self.close_connection = True
            status, answer = 413, b'{"error": "the body is too large"}'
        else:
            call = Call(self.command, self.path, self.rfile.read(int(size)), time.monotonic())
            status, answer = self.server.service.respond(call)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the owner reads `calls`."""
