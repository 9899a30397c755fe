"""Say why an environment or an invocation failed, in Lambda's words."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field

from lab_kit.components.lambda_invocation import Invocation, Outcome
from lab_kit.process import Exit


@dataclass(frozen=True)
class Failure:
    """Say why an environment or an invocation failed, in Lambda's words."""

    outcome: Outcome
    error_type: str
    message: str = ""
    trace: list[str] = field(default_factory=list)
    body: bytes | None = None

    def put_into(self, invocation: Invocation) -> None:
        """Make this the invocation's result."""
        if self.body is not None:
            invocation.fail_with(self.outcome, self.body, self.error_type)
            return
        message = f"RequestId: {invocation.request_id} Error: {self.message}"
        invocation.fail(self.outcome, self.error_type, message, self.trace)


def exited(exit: Exit) -> str:
    """Say how the runtime's process ended, in Lambda's words."""
    if exit.signal is not None:
        name = f"signal {exit.signal}"
        with contextlib.suppress(ValueError):
            name = (signal.strsignal(exit.signal) or name).lower()
        return f"Runtime exited with error: signal: {name}"
    if exit.code:
        return f"Runtime exited with error: exit status {exit.code}"
    return "Runtime exited without providing a reason"
