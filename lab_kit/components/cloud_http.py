"""Serve HTTP/1.1 on loopback with an HTTP API's limits, one thread per connection."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lab_kit.components.cloud_payload import HttpAnswer, Request, message

BODY_LIMIT = 10 * 1024 * 1024
HEADER_LIMIT = 10240
HEX = set(b"0123456789abcdefABCDEF")

Answer = Callable[[Request, str], HttpAnswer]


class Server(ThreadingHTTPServer):
    """Listen on a free port; `answer(request, request_id)` gives each response."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = False
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep silent when a client goes away in the middle."""

    def stop(self) -> None:
        """Stop listening and cut every connection; stopping twice is fine."""
        if self._stopped:
            return
        self._stopped = True
        self.shutdown()
        self.server_close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: Server

    def _serve(self) -> None:
        request_id = secrets.token_urlsafe(11) + "="
        read = self._refusal() or self._read_body()
        if isinstance(read, HttpAnswer):
            self.close_connection = True
            answer = read
        else:
            pairs = [(str(n), str(v)) for n, v in self.headers.items()]
            asked = Request(self.command, self.path, pairs, read, self.client_address[0])
            answer = self.server.answer(asked, request_id)
        self._send(answer, request_id)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _refusal(self) -> HttpAnswer | None:
        """Return the answer to a request that never reaches the function, if it is one."""
        size = len(self.requestline) + sum(len(str(v)) for v in self.headers.values())
        if size > HEADER_LIMIT:
            return message(431, "Request Header Fields Too Large")
        lengths = self.headers.get_all("content-length", [])
        chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        if "transfer-encoding" in self.headers and (lengths or not chunked):
            return message(400, "Bad Request")
        if len(set(lengths)) > 1 or not all(x.isascii() and x.isdigit() for x in lengths):
            return message(400, "Bad Request")
        if lengths and int(lengths[0][:20]) > BODY_LIMIT:
            return message(413, "Request Entity Too Large")
        return None

    def _read_body(self) -> bytes | HttpAnswer:
        """Return the whole body, or the answer to one that is too long or breaks off."""
        if "transfer-encoding" not in self.headers:
            length = int(self.headers.get("content-length", "0"))
            body = self.rfile.read(length)
            return body if len(body) == length else message(400, "Bad Request")
        whole = bytearray()
        while True:
            head = self.rfile.readline(64).split(b";")[0].strip()
            if not head or not set(head) <= HEX:
                return message(400, "Bad Request")
            size = int(head, 16)
            if len(whole) + size > BODY_LIMIT:
                return message(413, "Request Entity Too Large")
            if size == 0:
                break
            part = self.rfile.read(size)
            if len(part) != size or self.rfile.readline(8).strip():
                return message(400, "Bad Request")
            whole += part
        while self.rfile.readline(HEADER_LIMIT).strip():
            pass
        return bytes(whole)

    def _send(self, answer: HttpAnswer, request_id: str) -> None:
        bodiless = answer.status in (204, 304)
        self.send_response_only(answer.status)
        self.send_header("date", self.date_time_string())
        for name, value in answer.headers:
            self.send_header(name, value)
        if not bodiless:
            self.send_header("content-length", str(len(answer.body)))
        self.send_header("apigw-requestid", request_id)
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def send_error(self, code: int, *_: object) -> None:
        """Answer a request that is no HTTP in the gateway's own form."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self.request_version = "HTTP/1.1"
        phrase = self.responses.get(code, ("Bad Request", ""))[0]
        self._send(message(code, phrase), secrets.token_urlsafe(11) + "=")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the lab shows its own log."""
