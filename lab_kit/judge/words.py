"""Turn what went wrong in a student's process into what, why and next.

Every message names its place as `exercises/<lab>/<file>:<line>`, the path that the student
has open, never that of the copy that was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab_kit.errors import Failed
from lab_kit.judge.places import Places

MOST_OUTPUT = 400
MOST_INPUT = 400
FORBIDDEN = (
    "work that is checked may start no process, open no connection, and write in $TMPDIR only"
)


@dataclass(frozen=True)
class Fault:
    """Hold one thing that went wrong: what the process said, and what it was asked.

    `kind` is as in `lab_kit.process.CallError`; `trace` is (file, line, function, source
    line), outermost first.
    """

    kind: str
    type: str
    message: str
    file: str
    line: int | None = None
    trace: Sequence[tuple[str, int, str, str]] = field(default=())
    function: str = ""
    asked: str = ""
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class Words(Places):
    """Find the words for faults in one submission of one lab."""

    def explain(self, fault: Fault) -> Failed:
        """Return the Failed that a student reads."""
        if fault.type == "NotImplementedError":
            return self.todo(fault)
        tell: dict[str, Callable[[Fault], Failed]] = {
            "import": self.not_loaded,
            "missing": self.missing,
            "signature": self.signature,
            "not_plain": self.not_plain,
            "too_large": self.too_large,
            "timeout": self.timeout,
            "died": self.died,
            "memory": self.memory,
        }
        return tell.get(fault.kind, self.raised)(fault)

    def spot(self, fault: Fault) -> tuple[str, int | None]:
        """Return the file and line that a student should look at first."""
        if fault.trace:
            return fault.trace[-1][0], fault.trace[-1][1]
        if fault.line:
            return fault.file, fault.line
        return fault.file, self.definition(fault.file, fault.function)

    def at(self, fault: Fault) -> str:
        return self.place(*self.spot(fault))

    # -- words -------------------------------------------------------------------------

    def todo(self, fault: Fault) -> Failed:
        text = fault.message.strip() or f"{fault.function or self.relative(fault.file)} is empty."
        text = text if text.upper().startswith("TODO") else f"TODO: {text}"
        return Failed(text, "", f"write it at {self.at(fault)}.")

    def not_loaded(self, fault: Fault) -> Failed:
        name = self.relative(fault.file)
        if fault.type in ("SyntaxError", "IndentationError", "TabError"):
            file, line = fault.file, fault.line  # not the trace's end, which only imported it
            name, source = self.relative(file), self.source_line(file, line)
            why = f"{fault.type}: {fault.message}"
            why += f"\n{self.place(file, line)}: {source}" if source else ""
            next = f"correct {self.place(file, line)}, or the line above it."
            return Failed(f"Python could not read {name}.", why, next)
        why = self.evidence(fault)
        if fault.type in ("ModuleNotFoundError", "ImportError"):
            next = f"import only Python's own library and your own files: {self.at(fault)}."
        else:
            next = f"look at {self.at(fault)}; it runs as soon as the file is imported."
        return Failed(f"{name} could not be imported.", why, next)

    def missing(self, fault: Fault) -> Failed:
        name = self.relative(fault.file)
        if not self.find(name):
            return self.missing_file(name)
        wanted = fault.function or "the function"
        return Failed(
            f"{name} has no function called {wanted}.",
            fault.message,
            f"define {wanted} in {self.place(name)}.",
        )

    def missing_file(self, name: str) -> Failed:
        return Failed(
            f"{name} is missing.",
            f"There is no {self.place(name)}.",
            f"run `./lab reset {self.lab} {name}` to get it back as it was handed out.",
        )

    def signature(self, fault: Fault) -> Failed:
        return Failed(
            f"{fault.function} does not take the arguments that it was given.",
            f"It was called as {fault.asked}.\n{fault.message}",
            f"give it these parameters at {self.at(fault)}.",
        )

    def not_plain(self, fault: Fault) -> Failed:
        return Failed(
            f"{fault.function} returned something that is not plain data.",
            f"It was called as {fault.asked} and returned {fault.message}.{printed(fault.output)}",
            f"return only dict, list, str, int, float, bool or None: {self.at(fault)}.",
        )

    def too_large(self, fault: Fault) -> Failed:
        return Failed(
            f"{fault.function} returned more than can be taken.",
            f"{fault.message}\nIt was called as {fault.asked}.",
            f"return only what is asked for: {self.at(fault)}.",
        )

    def timeout(self, fault: Fault) -> Failed:
        name = fault.function or self.relative(fault.file)
        if fault.trace and fault.trace[0][2] == "<module>":
            name = f"Importing {self.relative(fault.trace[0][0])}"
        why = f"It was called as {fault.asked}."
        stopped, look = self.spot(fault), self.loop(fault) or self.spot(fault)
        if look != stopped:
            why += f"\nIt was stopped in {fault.trace[-1][2]}: {self.place(*stopped)}."
        return Failed(
            f"{name} ran longer than {fault.seconds:g} s and was stopped.",
            why + printed(fault.output),
            f"look for a loop or a wait that does not end: {self.place(*look)}.",
        )

    def slow_in_all(self, file: str, function: str, seconds: float) -> Failed:
        return Failed(
            f"{function} and the calls before it took too long together.",
            f"All calls of one check may take {seconds:g} s.",
            f"look for what is slow: {self.place(file, self.definition(file, function))}.",
        )

    def loop(self, fault: Fault) -> tuple[str, int] | None:
        """Return the loop that most likely never ends, None if no line stood in one.

        Where a program is stopped is chance: often in what the loop calls. So an outer
        `while` comes before an inner one, and a `for` only where there is no `while`.
        """
        for keyword, rows in (("while", fault.trace), ("for", fault.trace[::-1])):
            for file, line, *_ in rows:
                if found := self.loop_around(file, line, keyword):
                    return file, found
        return None

    def died(self, fault: Fault) -> Failed:
        name = fault.function or self.relative(fault.file)
        return Failed(
            f"{name} ended its whole process instead of returning.",
            f"{fault.message}\nIt was called as {fault.asked}.{printed(fault.output)}",
            f"look for exit(), os._exit() or a crash, and return a value: {self.at(fault)}.",
        )

    def memory(self, fault: Fault) -> Failed:
        return Failed(
            f"{fault.function or self.relative(fault.file)} used more memory than it has.",
            f"{fault.message}\nIt was called as {fault.asked}.{printed(fault.output)}",
            f"keep less at a time: {self.at(fault)}.",
        )

    def raised(self, fault: Fault) -> Failed:
        name = fault.function or self.relative(fault.file)
        next = f"look at {self.at(fault)}."
        if fault.type == "PermissionError":
            next = f"look at {self.at(fault)}: {FORBIDDEN}."
        return Failed(f"{name} raised {fault.type}.", self.evidence(fault), next)

    def evidence(self, fault: Fault) -> str:
        """Return the error, its source line, the call and the output, as far as known."""
        file, line = self.spot(fault)
        lines = [f"{fault.type}: {fault.message}" if fault.message else fault.type]
        source = fault.trace[-1][3] if fault.trace else self.source_line(file, line)
        if source:
            lines.append(f"{self.place(file, line)}: {source.strip()}")
        if fault.asked and fault.kind != "import":
            lines.append(f"It was called as {fault.asked}.")
        return "\n".join(lines) + printed(fault.output)


def printed(output: str) -> str:
    """Return the last of what a process printed, as a sentence to append, or ''."""
    text = output.rstrip()
    if not text:
        return ""
    tail = "\n".join(text.splitlines()[-5:])[-MOST_OUTPUT:]
    return f"\nThe last that it printed:\n{tail}"


def call_text(function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Return a call as Python would write it, cut to a length that fits a message."""
    parts = [repr(a) for a in args] + [f"{k}={v!r}" for k, v in kwargs.items()]
    text = ", ".join(parts)
    return f"{function}({text if len(text) <= MOST_INPUT else text[:MOST_INPUT] + ' …'})"
