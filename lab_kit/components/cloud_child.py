"""Be the process in which moto runs: a listening socket at fd 3, the channel at fd 4."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from lab_kit.components import cloud_moto
from lab_kit.components.cloud_async import AsyncQueue, Outcome
from lab_kit.components.cloud_backends import Moto
from lab_kit.components.cloud_channel import Channel
from lab_kit.components.cloud_invoke import Invoker
from lab_kit.components.cloud_poller import Poller

LISTENER, CHANNEL = 3, 4
MOST_BYTES = 16 * 1024 * 1024  # of a DynamoDB request, as on AWS
PATIENCE_S = 60.0  # for a caller that stops in the middle of a request
STACK_BYTES = 1024 * 1024  # of a connection's thread: the usual 8 MB count against the data limit


class Child:
    """Tie moto, the queue of asynchronous invocations, the poller and the channel together."""

    def __init__(self, region: str, scale: float) -> None:
        end = socket.socket(fileno=CHANNEL)
        self.channel = Channel(end, self._serve, on_close=lambda: os._exit(0))
        self.channel.start()
        try:
            cloud_moto.verify()
        except cloud_moto.Mismatch as mismatch:
            self.channel.tell("mismatch", why=str(mismatch))
            raise SystemExit(f"moto is not what was expected: {mismatch}") from None
        self.moto = Moto(region)
        self.invoker = Invoker(self.moto, self.channel.ask)
        self.queue = AsyncQueue(self.invoker.run, self.moto.policy, self._deliver, scale=scale)
        self.poller = Poller(self.moto, self.invoker.run, self._deliver, scale=scale)

    def install(self) -> None:
        """Replace moto's parts by ours."""
        invoker, submit = self.invoker, self.queue.submit
        cloud_moto.install(self.moto, lambda request: invoker.respond(request, submit), submit)

    def _deliver(self, arn: str, body: str, attributes: Mapping[str, str]) -> None:
        if arn.split(":")[2] == "lambda":
            self.queue.submit(arn, body)
        else:
            self.moto.send(arn, body, attributes)

    def _serve(self, op: str, message: dict[str, Any]) -> Mapping[str, Any]:
        if op == "busy":
            waiting, running = self.queue.busy(), self.invoker.running()
            still = [f"{waiting} asynchronous invocations on their way"] if waiting else []
            still += [f"{running} invocations running"] if running else []
            return {"still": still + self.poller.busy()}
        if op == "call":
            outcome: Outcome = self.invoker.run(message["name"], message["event"])
            return {"status": outcome.status, "error": outcome.error, "body": outcome.body,
                    "log": outcome.log}  # fmt: skip
        raise ValueError(f"unknown question {op!r}")


def read_body(environ: dict[str, Any]) -> None:
    """Read a request's body now: who keeps one back must not keep the lock with it."""
    source = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = source.read(MOST_BYTES)
    else:
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = source.read(max(0, min(size, MOST_BYTES)))
    environ["wsgi.input"] = io.BytesIO(body)


def serve(child: Child) -> None:
    """Serve moto's HTTP API until the other side closes the channel."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.exceptions import NotFound
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    lock = threading.Lock()

    def guarded(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Let one DynamoDB request in at a time: moto checks a condition and writes apart."""
        if environ.get("PATH_INFO", "").startswith("/moto-api"):
            return NotFound("moto's own controls are not part of AWS")(environ, start)
        alone = environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB")
        if alone:
            read_body(environ)
        with lock if alone else contextlib.nullcontext():
            answer: Iterable[bytes] = application(environ, start)
            return answer

    patient = type("Handler", (MotoRequestHandler,), {"timeout": PATIENCE_S})
    server = make_server(
        "127.0.0.1", 0, guarded, threaded=True, request_handler=patient, fd=LISTENER
    )
    child.channel.tell("ready")
    server.serve_forever()


def main(region: str, scale: float) -> None:
    """Start everything; leaves with the other side."""
    threading.stack_size(STACK_BYTES)
    sys.setswitchinterval(0.001)  # an invocation that comes back does not wait for 5 ms
    child = Child(region, scale)
    child.install()
    serve(child)
