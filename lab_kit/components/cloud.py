"""Offer an AWS account on loopback: moto's services, and Lambda that really runs functions.

    with Cloud(lambda f: LambdaRuntime(f.folder, f.handler, ...)) as cloud:
        cloud.client("lambda").create_function(...)
        cloud.client("lambda").invoke(FunctionName="quote", Payload=b"{}")

moto runs in a sandboxed process of its own. Whatever invokes a function there (Invoke, a queue,
a stream, a bucket, a rule, a topic) comes back here and is carried out by the runtime that the
given callable made for the function, its code and its settings.

What AWS does in minutes happens here in less: visibility timeouts after a failed batch, retries
of asynchronous invocations and batching windows are multiplied by `time_scale`.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lab_kit
from lab_kit.components.cloud_channel import Channel, ChannelClosed
from lab_kit.components.cloud_client import Clients
from lab_kit.components.cloud_runtimes import Function, Runtime, Runtimes, refused
from lab_kit.components.http_api import HttpApi
from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import Limits, wait_until, zygote

__all__ = ["Cloud", "Function", "Runtime"]

START_S = 30.0
LIMITS = Limits(
    data_mb=800, file_mb=64, cpu_s=7200, threads=512, open_files=1024, scratch_mb=64, rss_mb=600
)
PACKAGE = Path(lab_kit.__file__).parent
BOOT = """\
import sys, importlib.util as u
d, region, scale = sys.argv[1:4]
s = u.spec_from_file_location("lab_kit", d + "/__init__.py", submodule_search_locations=[d])
m = sys.modules["lab_kit"] = u.module_from_spec(s); s.loader.exec_module(m)
from lab_kit.components import cloud_child
cloud_child.main(region, float(scale))
"""


@dataclass(frozen=True)
class Carried:
    """Hold an invocation that went through the cloud: what an HTTP front needs of it."""

    status: int
    error: str | None
    payload: Any
    body: bytes
    log: str


class Cloud:
    """Run the services until closed; `faults` keeps what the runtimes themselves raised."""

    def __init__(
        self,
        runtime: Callable[[Function], Runtime],
        *,
        region: str = "us-east-1",
        time_scale: float = 0.01,
    ) -> None:
        _need_moto()
        self.region = region
        self.faults: list[BaseException] = []
        self._apis: list[HttpApi] = []
        self._ready = threading.Event()
        self._mismatch = ""
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.endpoint: tuple[str, int] = ("127.0.0.1", listener.getsockname()[1])
        ours, theirs = socket.socketpair()
        argv = [sys.executable, "-s", "-c", BOOT, str(PACKAGE), region, str(time_scale)]
        try:
            self._program = zygote().program(
                argv, cwd=PACKAGE, read=[PACKAGE], limits=LIMITS, fork=False,
                serve=[listener, theirs], env={"AWS_DEFAULT_REGION": region, **DUMMY},
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            listener.close()
            theirs.close()
        self._runtimes = Runtimes(runtime)
        self._channel = Channel(ours, self._serve, on_close=self._ready.set)
        self._channel.start()
        self._clients = Clients(self.url, region)
        try:
            self._wait_ready()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Return the address for `endpoint_url` or AWS_ENDPOINT_URL on this machine."""
        return "http://{}:{}".format(*self.endpoint)

    def client(self, service: str) -> Any:
        """Return a boto3 client of this account; no retries, so that errors come as they are."""
        return self._clients.client(service)

    def invoke(self, function_name: str, event: object) -> Carried:
        """Invoke a deployed function directly, without the HTTP of the Invoke API."""
        answer = self._ask("call", timeout=1000, name=function_name, event=json.dumps(event))
        if "fault" in answer:
            return Carried(500, "fault", None, str(answer["fault"]).encode(), "")
        body = str(answer["body"])
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            payload = None
        error = answer["error"]
        return Carried(int(answer["status"]), error, payload, body.encode(), str(answer["log"]))

    def http_api(self, function_name: str) -> HttpApi:
        """Put an HTTP front before a deployed function; it closes with the cloud."""
        api = HttpApi(lambda event: self.invoke(function_name, event))
        self._apis.append(api)
        return api

    def settle(self, timeout: float = 10.0) -> list[str]:
        """Wait until nothing is on its way any more; return what still was when time was up.

        On its way are running invocations, asynchronous ones that wait or will be retried,
        messages of queues that a function reads, and stream records not yet read. Queues that
        no function reads (dead letters, say) do not count. Raises the first of `faults`.
        """
        end = time.monotonic() + timeout
        quiet = 0
        while True:
            if self.faults:
                raise self.faults[0]
            still = [str(item) for item in self._ask("busy", timeout=10)["still"]]
            quiet = 0 if still else quiet + 1
            if quiet == 2 or time.monotonic() >= end:
                return still
            time.sleep(0.02)

    @property
    def memory_mb(self) -> float:
        """Return the resident memory of moto's process."""
        return self._program.memory_mb()

    def close(self) -> None:
        """Close the fronts, moto and every runtime; closing twice is fine."""
        for api in self._apis:
            api.close()
        self._clients.close()
        self._program.close()
        self._channel.close()
        self._runtimes.close()

    def __enter__(self) -> Cloud:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait_ready(self) -> None:
        wait_until(
            self._ready.is_set,
            timeout=START_S,
            alive=lambda: self._program.alive,
            what="The cloud (moto)",
        )
        if self._mismatch:
            raise Unavailable(
                "The cloud could not be started: the installed moto is not the one it was "
                "written for.",
                self._mismatch,
                "Install the locked versions again with `./lab`, which names moto's.",
            )
        if not self._program.alive or not self._answers():
            raise self._gone()

    def _answers(self) -> bool:
        try:
            return "still" in self._channel.ask("busy", timeout=10)
        except (ChannelClosed, TimeoutError):
            return False

    def _ask(self, op: str, *, timeout: float, **message: Any) -> dict[str, Any]:
        try:
            return self._channel.ask(op, timeout=timeout, **message)
        except ChannelClosed:
            raise self._gone() from None

    def _gone(self) -> Unavailable:
        ended = self._program.poll()
        words = self._program.output().strip()[-2000:]
        return Unavailable(
            "The cloud (moto) ended by itself.",
            "\n".join(part for part in (ended.reason if ended else "", words) if part),
            "Run it again; if it stays, `./lab doctor` shows what this machine lacks.",
        )

    def _serve(self, op: str, message: dict[str, Any]) -> Mapping[str, Any]:
        if op == "invoke":
            return self._invoke(message)
        if op == "code":
            self._runtimes.add_code(str(message["sha"]), message["files"])
        if op == "mismatch":
            self._mismatch = str(message["why"])
        if op in ("ready", "mismatch"):
            self._ready.set()
        return {}

    def _invoke(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        about = message["about"]
        try:
            if not self._runtimes.has_code(str(about["sha"])):
                return {"need_code": True}
            made = self._runtimes.invoke(about, json.loads(message["event"]))
        except UsageError as why:  # it came in with the deployment
            return refused(why)
        except Exception as fault:
            self.faults.append(fault)
            raise
        body = getattr(made, "body", None)
        text = body.decode("utf-8", "replace") if body is not None else json.dumps(made.payload)
        log = str(getattr(made, "log", ""))
        return {"status": int(made.status), "error": made.error, "body": text, "log": log}


def _need_moto() -> None:
    if find_spec("moto") is None:
        raise Unavailable(
            "The cloud could not be started: moto is not installed.",
            "It answers for AWS's services here.",
            "Run `./lab`, which installs what is missing.",
        )


DUMMY = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab"}
