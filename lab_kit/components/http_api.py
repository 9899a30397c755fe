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
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from lab_kit.components.cloud_http import Server
from lab_kit.components.cloud_payload import (
    HttpAnswer,
    Malformed,
    Request,
    message,
    to_answer,
    to_event,
)


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
        self._server = Server(self.answer)
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
