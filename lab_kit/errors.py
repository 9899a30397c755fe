"""Say what happened, why, and what to do next.

Every message that a person meets is a `LabError`; the same three parts are shown in the
notebook, the terminal, JSON and HTML.

    LabError
    ├── Failed        the work does not keep a promise       verdict failed
    ├── Blocked       an earlier check did not pass          verdict blocked
    ├── Unavailable   a component or a layer is missing      verdict not_judged
    ├── JudgeError    our own fault                          verdict not_judged
    ├── AuthorError   a lab's source is wrong, file and line
    ├── UsageError    the command or call was wrong          exit code 2
    └── Died          a student program ended by itself      the check decides
"""

from __future__ import annotations


class LabError(Exception):
    """Carry what happened (past tense), why (input, expected, got) and the next step."""

    def __init__(self, what: str, why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next = next

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  {line}" for line in self.why.splitlines()]
        if self.next:
            lines.append(f"  Next: {self.next}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[type[LabError], tuple[str, str, str]]:
        return type(self), (self.what, self.why, self.next)


class Failed(LabError):
    """Say that the work does not keep the check's promise."""


class Blocked(LabError):
    """Say that an earlier check has to pass first."""


class Unavailable(LabError):
    """Say that a component or a protection is missing: never the student's fault."""


class JudgeError(LabError):
    """Say that the judge itself broke: never the student's fault."""


class AuthorError(LabError):
    """Say where a lab's source is wrong."""


class UsageError(LabError):
    """Say how a command or call should have been written."""


class Died(LabError):
    """Say that a student program ended by itself, with its own last words.

    `trace` lists (file, line, function, source line) of the student's own files only.
    """

    def __init__(
        self,
        what: str,
        why: str = "",
        next: str = "",
        *,
        error_type: str = "",
        error_message: str = "",
        trace: tuple[tuple[str, int, str, str], ...] = (),
    ) -> None:
        super().__init__(what, why, next)
        self.error_type = error_type
        self.error_message = error_message
        self.trace = trace

    def __reduce__(self) -> tuple[type[LabError], tuple[str, str, str], dict[str, object]]:  # type: ignore[override]
        return type(self), (self.what, self.why, self.next), dict(self.__dict__)
