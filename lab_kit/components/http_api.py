"""Put a real HTTP front before a function, as an HTTP API of Amazon API Gateway does.

    with HttpApi(runtime.invoke) as api:
        urllib.request.urlopen(api.url + "/quote?item=tea")

`invoke` takes the event (payload format 2.0) and gives an invocation: `status`, `error`,
`payload`. Limits are those of an HTTP API
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html):
10 MB of body (413), 10240 bytes of request line and header values (431), 30 s for the
function (503).
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol

from lab_kit.components.cloud_payload import (
    HttpAnswer,
    Malformed,
    Request,
    message,
    to_answer,
    to_event,
)

BODY_LIMIT = 10 * 1024 * 1024
HEADER_LIMIT = 10240
HEX = set(b"0123456789abcdefABCDEF")


class InvocationLike(Protocol):
    """Describe what the front reads of an invocation."""

    @property
    def status(self) -> int: ...
    @property
    def error(self) -> str | None: ...
    @property
    def payload(self) -> Any: ...


class HttpApi:
    """Serve one function over HTTP on loopback until closed.

    `faults` keeps what `invoke` itself raised: that is never the handler's doing.
    """

    def __init__(
        self, invoke: Callable[[dict[str, object]], InvocationLike], *, timeout_s: float = 30.0
    ) -> None:
        self.faults: list[BaseException] = []
        self.id = secrets.token_hex(5)
        self._invoke = invoke
        self._timeout_s = timeout_s
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="http-api", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    @property
    def url(self) -> str:
        """Return the base address, without a slash at its end."""
        return "http://{}:{}".format(*self.address)

    def answer(self, request: Request, request_id: str) -> HttpAnswer:
        """Invoke the function for a request and read its answer as API Gateway would."""
        event = to_event(request, api_id=self.id, request_id=request_id, port=self.address[1])
        done: list[InvocationLike] = []

        def work() -> None:
            try:
                done.append(self._invoke(event))
            except BaseException as fault:
                self.faults.append(fault)

        worker = threading.Thread(target=work, name="http-api-invoke", daemon=True)
        worker.start()
        worker.join(self._timeout_s)
        if worker.is_alive():
            return message(503, "Service Unavailable")
        return _read(done[0]) if done else message(500, "Internal Server Error")

    def close(self) -> None:
        """Stop serving and cut every connection; closing twice is fine."""
        self._server.stop()
        self._thread.join(5)

    def __enter__(self) -> HttpApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _read(invocation: InvocationLike) -> HttpAnswer:
    if invocation.status == 429:
        return message(503, "Service Unavailable")
    if invocation.status == 413:
        return message(413, "Request Entity Too Large")
    if invocation.status != 200 or invocation.error:
        return message(500, "Internal Server Error")
    try:
        return to_answer(invocation.payload)
    except Malformed:
        return message(500, "Internal Server Error")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, api: HttpApi) -> None:
        self.api = api
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
    server: _Server

    def _serve(self) -> None:
        request_id = secrets.token_urlsafe(11) + "="
        read = self._refusal() or self._read_body()
        if isinstance(read, HttpAnswer):
            self.close_connection = True
            answer = read
        else:
            pairs = [(str(n), str(v)) for n, v in self.headers.items()]
            asked = Request(self.command, self.path, pairs, read, self.client_address[0])
            answer = self.server.api.answer(asked, request_id)
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

    def send_error(self, code: int, message_: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP in the gateway's own form."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self.request_version = "HTTP/1.1"
        phrase = self.responses.get(code, ("Bad Request", ""))[0]
        self._send(message(code, phrase), secrets.token_urlsafe(11) + "=")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the lab shows its own log."""
