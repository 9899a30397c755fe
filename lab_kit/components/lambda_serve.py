"""Carry one request through: find or make an environment, run, and write the record."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from lab_kit.components.lambda_api import MAX_RESPONSE, Answer
from lab_kit.components.lambda_environment import Environment
from lab_kit.components.lambda_failure import Failure
from lab_kit.components.lambda_invocation import Invocation, init_report
from lab_kit.components.lambda_pool import Pool
from lab_kit.components.lambda_settings import Settings
from lab_kit.components.relay import Relay
from lab_kit.errors import Unavailable

PATIENCE = 1.0  # seconds for a used environment to ask for its next event, else it is replaced


class Server:
    """Serve requests of one function, each in the thread that brings it."""

    def __init__(self, settings: Settings, pool: Pool, relay: Relay, *, snap_start: bool) -> None:
        self._settings = settings
        self._pool = pool
        self._relay = relay
        self._snap_start = snap_start

    def prepare(self) -> bool:
        """Initialise one environment and keep it; say whether it got ready."""
        kind = "snap-start" if self._snap_start else "provisioned-concurrency"
        environment = self._new(kind)
        if environment.init(self._settings.init_timeout_s) is not None:
            self._pool.discard(environment)
            return False
        self._pool.give_back(environment)
        return True

    def serve(self, invocation: Invocation, event: bytes, client_context: object) -> None:
        """Run one request and fill in its record."""
        headers = self._headers(invocation, client_context)
        while environment := self._pool.take():
            try:
                if self._restore(environment, invocation):
                    return
                if environment.ready(PATIENCE):
                    self._run(environment, invocation, headers, event)
                    return
                environment.end()
            finally:
                self._put_away(environment)
            self._check_open(environment)
        self._start_cold(invocation, headers, event)

    def _start_cold(self, invocation: Invocation, headers: Mapping[str, str], event: bytes) -> None:
        invocation.cold = True
        environment = self._new("snap-start" if self._snap_start else "on-demand")
        try:
            failure = environment.init(self._settings.init_timeout_s)
            if failure is None:
                if not self._snap_start:
                    invocation.init_ms = environment.init_ms
                if not self._restore(environment, invocation):
                    self._run(environment, invocation, headers, event)
                return
            if failure.outcome != "timeout":
                self._fail_init(environment, invocation, failure)
                return
            before = init_report(environment.init_ms or 0.0, "init", failure.error_type)
            before = environment.take_log() + before
        finally:
            self._put_away(environment)
        self._retry_init(invocation, headers, event, before)

    def _retry_init(
        self, invocation: Invocation, headers: Mapping[str, str], event: bytes, before: str
    ) -> None:
        """Start again after an init phase that took too long: it now counts as invocation time."""
        limit, started = self._settings.timeout_s, time.perf_counter()
        environment = self._new("on-demand")
        try:
            failure = environment.init(limit)
            if failure is None and environment.state == "idle":
                left = limit - (time.perf_counter() - started)
                self._run(
                    environment, invocation, headers, event, max(0.001, left), started, before
                )
                return
            failure = failure or Failure("timeout", "Sandbox.Timedout")
            if failure.outcome == "timeout":
                message = f"Task timed out after {limit:.2f} seconds"
                failure = Failure("timeout", "Sandbox.Timedout", message)
            self._fail_init(environment, invocation, failure, "invoke", before)
        finally:
            self._put_away(environment)

    def _restore(self, environment: Environment, invocation: Invocation) -> bool:
        """Restore an environment that waits at its snapshot; return whether that failed."""
        if environment.state != "paused":
            return False
        invocation.cold = True
        invocation.restore_ms, failure = environment.restore(self._settings.init_timeout_s)
        if failure is not None:
            self._fail_init(environment, invocation, failure)
        return failure is not None

    def _run(
        self,
        environment: Environment,
        invocation: Invocation,
        headers: Mapping[str, str],
        event: bytes,
        limit: float | None = None,
        started: float | None = None,
        before: str = "",
    ) -> None:
        before += environment.take_log() if invocation.cold else ""
        extra = 0.0 if started is None else (time.perf_counter() - started) * 1000
        took, result = environment.run(
            invocation.request_id, headers, event, limit or self._settings.timeout_s
        )
        invocation.duration_ms = round(took + extra, 2)
        said = _fill(invocation, result, self._settings.timeout_s)
        if isinstance(result, Failure) or result.too_large:
            environment.end()
        self._record(environment, invocation, before, said)

    def _fail_init(
        self,
        environment: Environment,
        invocation: Invocation,
        failure: Failure,
        phase: str = "init",
        before: str = "",
    ) -> None:
        self._check_open(environment)
        environment.end()
        failure.put_into(invocation)
        invocation.init_failed = True
        invocation.init_ms = environment.init_ms
        invocation.duration_ms = round(invocation.restore_ms or environment.init_ms or 0.0, 2)
        before += environment.take_log()
        before += init_report(invocation.duration_ms, phase, failure.error_type)
        self._record(environment, invocation, before, "")

    def _record(
        self, environment: Environment, invocation: Invocation, before: str, said: str
    ) -> None:
        self._check_open(environment)
        invocation.environment = environment.id
        peak = math.ceil(environment.peak_mb)  # on AWS it cannot go over the limit
        invocation.max_memory_mb = max(1, min(peak, self._settings.memory_mb))
        invocation.bill(None if invocation.init_failed else invocation.init_ms)
        if invocation.restore_ms is not None and not invocation.init_failed:
            invocation.bill(invocation.restore_ms)
        invocation.printed, invocation.before = environment.take_log(), before
        invocation.said = said

    def _new(self, initialization_type: str) -> Environment:
        return self._pool.add(Environment(self._settings, self._relay, initialization_type))

    def _put_away(self, environment: Environment) -> None:
        if environment.state == "idle" and not environment.closing:
            self._pool.give_back(environment)
        else:
            self._pool.discard(environment)

    def _check_open(self, environment: Environment) -> None:
        if environment.closing:
            raise Unavailable(
                "The Lambda runtime was closed while this request was running.",
                "Its environment was ended together with the runtime.",
                "Wait for the results before you leave the `with` block.",
            )

    def _headers(self, invocation: Invocation, client_context: object) -> dict[str, str]:
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Invoked-Function-Arn": self._settings.arn,
            "Lambda-Runtime-Trace-Id": _one_line(invocation.trace_id),
        }
        if client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = _one_line(str(client_context))
        return headers


def _fill(invocation: Invocation, result: Answer | Failure, timeout_s: float) -> str:
    """Put the result into the record; return what Lambda itself adds to the log."""
    if isinstance(result, Answer):
        if result.too_large:
            what = "Response payload size exceeded maximum allowed payload size"
            message = f"{what} ({MAX_RESPONSE} bytes)."
            invocation.fail("too_large", "Function.ResponseSizeTooLarge", message)
            return f"RequestId: {invocation.request_id} Error: {message}\n{invocation.error_type}\n"
        if result.kind == "error":
            invocation.fail_with("error", result.body, result.error_type or "Unhandled")
        else:
            invocation.body = result.body
        return ""
    result.put_into(invocation)
    if result.outcome == "timeout":
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{now} {invocation.request_id} Task timed out after {timeout_s:.2f} seconds\n\n"
    return f"{invocation.error_message}\nRuntime.ExitError\n"


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
