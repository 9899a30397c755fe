"""Say what one invocation gave: its answer, its times, its bill and its log.

The words and numbers are AWS's own: error types and messages, START, END and REPORT lines.
Billing follows AWS's rule of 1 August 2025: the init phase of an on-demand cold start is billed
with the invocation, so Billed Duration = Init Duration + Duration, rounded up to 1 ms.
Source: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Outcome = Literal[
    "ok", "error", "timeout", "memory", "exit", "init", "throttled", "too_large", "bad_request"
]
MAX_TEXT = 16_384  # of an error's message; the body keeps all of it


@dataclass
class Invocation:
    """Hold what one invocation gave.

    status: 200 (the function ran, well or not), 400, 413 or 429 (it was not run)
    body, payload: the raw answer; `payload` is it parsed, None where it is not JSON
    error: None, or "Unhandled", which is what AWS's X-Amz-Function-Error header says for every
        error of a managed Python runtime; "Handled" is left to runtimes of one's own
    cold: the caller waited for an environment to be made (or restored from a snapshot)
    init_ms, restore_ms: of this invocation's cold start; None when it was warm
    max_memory_mb: the highest resident memory of its environment so far
    """

    request_id: str
    outcome: Outcome = "ok"
    status: int = 200
    body: bytes = b""
    error: str | None = None
    error_type: str = ""
    error_message: str = ""
    trace: list[str] = field(default_factory=list)
    trace_id: str = ""
    environment: str = ""
    cold: bool = False
    init_ms: float | None = None
    restore_ms: float | None = None
    duration_ms: float = 0.0
    billed_ms: int = 0
    memory_mb: int = 128
    max_memory_mb: int = 0
    init_failed: bool = False
    printed: str = field(default="", repr=False)  # by the function, from START to END
    before: str = field(default="", repr=False)  # in the log before START
    said: str = field(default="", repr=False)  # by Lambda before END

    @cached_property
    def payload(self) -> object:
        """Return the answer as a JSON value, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def fail(
        self, outcome: Outcome, error_type: str, message: str, trace: list[str] | None = None
    ) -> None:
        """Turn this into an error that Lambda itself reports, with Lambda's body."""
        self.outcome, self.error, self.error_type = outcome, "Unhandled", error_type
        self.error_message, self.trace = message, trace or []
        self.body = json.dumps({"errorType": error_type, "errorMessage": message}).encode()

    def fail_with(self, outcome: Outcome, body: bytes, fallback: str) -> None:
        """Turn this into the error that the function's own runtime reported."""
        self.outcome, self.error, self.body = outcome, "Unhandled", body
        value = self.payload if isinstance(self.payload, dict) else {}
        self.error_type = _text(value.get("errorType")) or fallback
        self.error_message = _text(value.get("errorMessage"))
        trace = value.get("stackTrace")
        self.trace = [_text(line) for line in trace[:1000]] if isinstance(trace, list) else []

    def refuse(self, outcome: Outcome, status: int, error_type: str, body: dict[str, str]) -> None:
        """Say that Lambda's front door turned the request away: nothing ran, nothing is billed."""
        self.outcome, self.status, self.error_type = outcome, status, error_type
        self.error_message = body.get("message") or body.get("Message", "")
        self.body = json.dumps(body).encode()

    def bill(self, init_ms: float | None) -> None:
        """Set what is billed: the duration and, where the caller pays for it, the init phase."""
        self.billed_ms = math.ceil(round(self.duration_ms + (init_ms or 0.0), 2))

    @cached_property
    def log(self) -> str:
        """Return START, the output, what Lambda said, END and REPORT, as CloudWatch has them.

        awslambdaric separates the lines of one error by a carriage return so that it stays one
        event; here they are lines. Empty for a request that was turned away.
        """
        if self.status != 200:
            return ""
        before, text = _lines(self.before), _lines(self.printed)
        if text and not text.endswith("\n"):
            text += "\n"
        start = f"START RequestId: {self.request_id} Version: $LATEST\n"
        end = f"END RequestId: {self.request_id}\n"
        return before + start + text + self.said + end + self.report + "\n"

    @property
    def report(self) -> str:
        """Return the REPORT line alone, without its end of line."""
        if self.status != 200:
            return ""
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration_ms:.2f} ms",
            f"Billed Duration: {self.billed_ms} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {self.max_memory_mb} MB",
        ]
        if self.restore_ms is not None:
            parts.append(f"Restore Duration: {self.restore_ms:.2f} ms")
            parts.append(f"Billed Restore Duration: {math.ceil(self.restore_ms)} ms")
        elif self.init_ms is not None and not self.init_failed:
            parts.append(f"Init Duration: {self.init_ms:.2f} ms")
        if self.outcome == "timeout":
            parts.append("Status: timeout")
        elif self.error and self.outcome != "error":
            parts.append(f"Status: error\tError Type: {self.error_type}")
        return "\t".join(parts) + "\t"


def init_report(init_ms: float, phase: str, error_type: str) -> str:
    """Return the INIT_REPORT line that Lambda writes when an init phase fails."""
    status = (
        "Status: timeout"
        if error_type == "Sandbox.Timedout"
        else f"Status: error\tError Type: {error_type}"
    )
    return f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: {phase}\t{status}\n"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""
