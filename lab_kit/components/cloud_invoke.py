"""Answer Lambda's Invoke API inside moto, with the errors and headers that AWS sends.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from lab_kit.components.cloud_async import Outcome
from lab_kit.components.cloud_backends import Moto
from lab_kit.components.cloud_code import inflate

SYNC_LIMIT = 6 * 1024 * 1024
ASYNC_LIMIT = 1024 * 1024
LOG_TAIL = 4096
ANSWER_S = 60.0

Reply = tuple[int, dict[str, str], bytes]


class Invoker:
    """Carry invocations to the other process; `ask` sends a question and gives the answer."""

    def __init__(self, moto: Moto, ask: Callable[..., dict[str, Any]]) -> None:
        self._moto = moto
        self._ask = ask
        self._running = 0
        self._lock = threading.Lock()

    def running(self) -> int:
        """Count invocations that have not come back."""
        with self._lock:
            return self._running

    def run(self, arn: str, payload: str) -> Outcome:
        """Invoke a function by name or ARN; moto's exception says when there is none."""
        return self.carry(self._moto.function(arn), payload)

    def carry(self, function: Any, payload: str) -> Outcome:
        """Invoke moto's function in the other process."""
        with self._lock:
            self._running += 1
        try:
            about = _describe(function)
            timeout = about["timeout_s"] + ANSWER_S
            answer = self._ask("invoke", timeout=timeout, about=about, event=payload)
            if answer.get("need_code"):
                packed = inflate(function.code_bytes)
                files = {name: base64.b64encode(data).decode() for name, data in packed.items()}
                self._ask("code", timeout=ANSWER_S, sha=about["sha"], files=files)
                answer = self._ask("invoke", timeout=timeout, about=about, event=payload)
        finally:
            with self._lock:
                self._running -= 1
        if "fault" in answer:
            return Outcome(500, "fault", str(answer["fault"]))
        return Outcome(answer["status"], answer["error"], answer["body"], answer["log"])

    def respond(self, request: Any, submit: Callable[[str, str], str]) -> Reply:
        """Answer one Invoke call; `request` is moto's response object."""
        status, headers, body = self._respond(request, submit)
        return status, {**headers, "status": str(status)}, body  # moto reads it from the headers

    def _respond(self, request: Any, submit: Callable[[str, str], str]) -> Reply:
        name = unquote(request.path.rsplit("/", 2)[-2])
        # not moto's own _get_param: that looks into the payload too
        qualifier = (request.querystring.get("Qualifier") or [None])[0]
        function = self._moto.function(name, qualifier)
        payload = _text(request.body) or "{}"
        kind = request.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        if refusal := _refusal(payload, kind):
            return refusal
        if kind == "DryRun":
            return 204, {}, b""
        if kind == "Event":
            return 202, {"x-amzn-requestid": submit(function.function_arn, payload)}, b""
        outcome = self.carry(function, payload)
        if outcome.status != 200:
            return _not_run(outcome)
        headers = {"content-type": "application/json", "x-amz-executed-version": "$LATEST"}
        headers["x-amz-executed-version"] = str(function.version)
        if outcome.error:
            headers["x-amz-function-error"] = outcome.error
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            tail = outcome.log.encode()[-LOG_TAIL:]
            headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        return 200, headers, outcome.body.encode()


def _describe(function: Any) -> dict[str, Any]:
    reserved = function.reserved_concurrency
    return {
        "name": function.function_name,
        "arn": function.function_arn,
        "version": str(function.version),
        "handler": function.handler or "",
        "sha": function.code_sha_256,
        "memory_mb": int(function.memory_size),
        "timeout_s": float(function.timeout),
        "environment": dict(function.environment_vars),
        "reserved": None if reserved is None else int(reserved),
        "tmp_mb": int(function.ephemeral_storage),
    }


def _text(body: Any) -> str:
    return body if isinstance(body, str) else bytes(body or b"").decode("utf-8", "replace")


def _refusal(payload: str, kind: str) -> Reply | None:
    """Return the answer to a request that never reaches a function, if it is one."""
    limit = ASYNC_LIMIT if kind == "Event" else SYNC_LIMIT
    size = len(payload.encode())
    if size > limit:
        text = (
            f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        )
        return _error(413, "RequestTooLargeException", text)
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        text = f"Could not parse request body into json: {error}"
        return _error(400, "InvalidRequestContentException", text)
    return None


def _not_run(outcome: Outcome) -> Reply:
    if outcome.status == 429:
        extra = {"Reason": "ConcurrentInvocationLimitExceeded"}
        try:
            extra["Reason"] = str(json.loads(outcome.body)["Reason"])
        except (ValueError, TypeError, KeyError):
            pass
        return _error(429, "TooManyRequestsException", "Rate Exceeded.", extra)
    if outcome.status == 413:
        return _error(413, "RequestTooLargeException", outcome.body)
    return _error(500, "ServiceException", outcome.body)


def _error(status: int, kind: str, text: str, extra: dict[str, str] | None = None) -> Reply:
    body = {**(extra or {}), "Type": "User" if status < 500 else "Service", "message": text}
    headers = {"content-type": "application/json", "x-amzn-errortype": kind}
    return status, headers, json.dumps(body).encode()
