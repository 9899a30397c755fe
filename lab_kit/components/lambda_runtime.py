"""Run a Lambda function the way Lambda does, on AWS's own runtime client.

    with LambdaRuntime(folder, "handler.handler") as runtime:
        invocation = runtime.invoke({"sku": "A-1", "quantity": 3})
        invocation.payload, invocation.log

As on AWS: one environment per request that is being served, reuse, throttling, init and invoke
phases, time and memory limits, error types, log lines and the bill. Where this is simpler:
- An init phase that fails is not tried a second time before the caller hears of it; one that
  takes longer than 10 s is, within the function's own time limit, as on AWS.
- Environments are not frozen between invocations and not dropped when idle.
- A snapshot (`snap_start`) is a live process that waits at the runtime client's own
  `restore/next`: hooks run for real, but every restored environment has its own snapshot.
- A provisioned environment that ends is not replaced. Its init phase, and a snapshot's, have the
  same limit as any other (AWS gives them 130 s or more).
- One allocation of a gigabyte more than the memory size is a MemoryError, not a kill.
Response streaming is not offered.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab_kit.components.lambda_environment import Environment
from lab_kit.components.lambda_invocation import Invocation
from lab_kit.components.lambda_pool import Pool
from lab_kit.components.lambda_serve import Server
from lab_kit.components.lambda_settings import (
    MAX_REQUEST,
    Settings,
    need_client,
    new_id,
    new_trace_id,
)
from lab_kit.components.relay import Relay
from lab_kit.errors import UsageError

logger = logging.getLogger(__name__)
_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


class LambdaRuntime:
    """Run the function in `folder`; a context manager, safe for threads.

    folder, handler: the code, read-only for the handler, and where it starts (`file.function`)
    memory_mb, tmp_mb: MiB;  timeout_s, init_timeout_s: seconds
    environment: variables of the function;  name: the function's name
    account_concurrency, reserved: how many requests may run at a time, in all and of this function
    provisioned: environments that are initialised beforehand;  snap_start: see above
    services: variable name -> (host, port) on our loopback, which the handler reaches at the URL
        in that variable and nowhere else
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        handler: str = "handler.handler",
        *,
        name: str = "kiosk",
        memory_mb: int = 128,
        timeout_s: float = 3.0,
        init_timeout_s: float = 10.0,
        environment: Mapping[str, str] = {},
        account_concurrency: int = 10,
        reserved: int | None = None,
        provisioned: int = 0,
        snap_start: bool = False,
        tmp_mb: int = 512,
        services: Mapping[str, tuple[str, int]] = {},
    ) -> None:
        need_client()
        self._settings = Settings(
            Path(folder).resolve(), handler, name, memory_mb, timeout_s, init_timeout_s, tmp_mb,
            dict(environment), dict(services),
        )  # fmt: skip
        limit = account_concurrency if reserved is None else reserved
        if not 0 <= limit <= account_concurrency:
            raise UsageError(
                f"The reserved concurrency {limit} does not fit.",
                f"The account has {account_concurrency} to give, and less than 0 is nothing.",
                f"Choose 0 to {account_concurrency}, or raise account_concurrency.",
            )
        self._reserved = reserved is not None
        self._pool = Pool(limit)
        self._relay = Relay()
        self._server = Server(self._settings, self._pool, self._relay, snap_start=snap_start)
        self._listeners: list[Callable[[Invocation], None]] = []
        if provisioned or snap_start:
            try:
                self.provision(provisioned or 1)
            except BaseException:
                self.close()
                raise

    @property
    def environments(self) -> list[Environment]:
        """Return the environments that exist now, the oldest first."""
        return self._pool.environments

    def invoke(
        self, event: object, *, client_context: object = None, trace_id: str | None = None
    ) -> Invocation:
        """Run the function once and wait for the result; never raises for what the function did.

        event: a JSON value, or bytes that are sent as they are;  client_context: the same, or text
        Raises UsageError for an event that is not JSON, Unavailable once closed.
        """
        body = event if isinstance(event, bytes) else _json("event", event)
        if client_context is not None and not isinstance(client_context, str):
            client_context = _json("client context", client_context).decode()
        trace = trace_id or new_trace_id()
        invocation = Invocation(new_id(), trace_id=trace, memory_mb=self._settings.memory_mb)
        if not self._refuse(invocation, body, check=isinstance(event, bytes)):
            try:
                self._server.serve(invocation, body, client_context)
            finally:
                self._pool.leave()
        self._tell(invocation)
        return invocation

    def provision(self, number: int = 1) -> int:
        """Initialise `number` environments beforehand; return how many got ready.

        One that fails is left out: the next invocation that needs one says why.
        """
        if number > self._pool.room:
            raise UsageError(
                f"{number} environments are more than the function may have.",
                f"Its concurrency leaves room for {self._pool.room} more.",
                "Raise account_concurrency or reserved, or provision fewer.",
            )
        with ThreadPoolExecutor(max(1, number), "provision") as threads:
            ready = [threads.submit(self._server.prepare) for _ in range(number)]
        return sum(one.result() for one in ready)

    def on_invocation(self, callback: Callable[[Invocation], None]) -> Callable[[], None]:
        """Call back after each invocation, in the thread that invoked; return what undoes this."""
        self._listeners.append(callback)

        def stop() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return stop

    def close(self) -> None:
        """End every environment at once; requests that are running raise Unavailable."""
        self._pool.close()
        self._relay.close()

    def __enter__(self) -> LambdaRuntime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refuse(self, invocation: Invocation, body: bytes, *, check: bool) -> bool:
        """Turn away what Lambda's front door turns away; else take a place in the pool."""
        if len(body) > MAX_REQUEST:
            limit = f"Request must be smaller than {MAX_REQUEST} bytes"
            why = {"Type": "User", "message": f"{limit} for the InvokeFunction operation"}
            invocation.refuse("too_large", 413, "RequestTooLargeException", why)
        elif check and (fault := _fault(body)):
            why = {"Type": "User", "message": f"Could not parse request body into json: {fault}"}
            invocation.refuse("bad_request", 400, "InvalidRequestContentException", why)
        elif not self._pool.enter():
            kind = "ReservedFunctionConcurrent" if self._reserved else "Concurrent"
            why = {"Reason": f"{kind}InvocationLimitExceeded", "Type": "User"}
            why["message"] = "Rate Exceeded."
            invocation.refuse("throttled", 429, "TooManyRequestsException", why)
        else:
            return False
        return True

    def _tell(self, invocation: Invocation) -> None:
        for listener in list(self._listeners):
            try:
                listener(invocation)
            except Exception:
                logger.exception("A callback of LambdaRuntime.on_invocation failed.")


def _json(what: str, value: object) -> bytes:
    try:
        return _encoder.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The {what} is not a JSON value.",
            f"{type(error).__name__}: {error}",
            "Pass dicts with text keys, lists, text, numbers, True, False or None.",
        ) from None


def _fault(body: bytes) -> str:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        return str(error)
    return ""
