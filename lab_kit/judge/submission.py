"""Reach a submission from a check: call its functions, read its files, explain its errors.

Nothing here imports or evaluates what a student wrote; a call goes to a sandboxed process
of its own, which is started on first use. Checks that pass share it, as requests share a
warm server; a check that wants modules loaded anew begins with `close()`.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_kit.errors import Failed, Unavailable
from lab_kit.judge import remote
from lab_kit.judge.words import Fault, Words, call_text

if TYPE_CHECKING:
    from lab_kit.process import Limits, Reply, Student

Start = Callable[[Path], "Student"]
READ_LIMIT = 1 << 20
RAISED = re.compile(r"raise NotImplementedError\((.*)\)$")
TODO = re.compile(r"TODO: (.*?)(?:\s*\*/|\s*-->)?$")


class Submission:
    """Stand for one student's work; `busy_s` is how long its process has answered calls."""

    def __init__(self, folder: Path, lab: str, stubs: Mapping[str, str] = {}) -> None:
        self.folder = folder
        self.lab = lab
        self.stubs = stubs
        self.words = Words(lab, folder)
        self.busy_s = 0.0
        self._limits: Limits | None = None
        self._start_other: Start | None = None
        self._libraries: dict[str, Path] = {}
        self._slow: set[tuple[str, str]] = set()
        self._together_s = self._end = math.inf
        self._student: Student | None = None

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the student's process; a later call starts another."""
        if self._student is not None:
            student, self._student, self.busy_s = self._student, None, 0.0
            student.close()

    def grant(self, seconds: float) -> None:
        """Let all calls from now on take `seconds` together: less than a check that overran."""
        self._together_s, self._end = seconds, time.monotonic() + seconds

    def call(
        self, file: str, function: str, *args: Any, timeout: float = 5.0, **kwargs: Any
    ) -> Any:
        """Call a function of the submission and return its value, which is JSON-like.

        Raises Failed, in words for the student, when there is no value.
        """
        seconds = self._patience(file, function, timeout)
        reply = self.reply(file, function, *args, timeout=timeout, **kwargs)
        error = reply.error
        if error is None:
            return reply.value
        raise self.words.explain(
            Fault(
                error.kind,
                error.type,
                error.message,
                error.file or file,
                error.line,
                error.trace,
                function,
                call_text(function, args, kwargs),
                seconds,
                reply.output,
            )
        )

    def reply(
        self, file: str, function: str, *args: Any, timeout: float = 5.0, **kwargs: Any
    ) -> Reply:
        """Call a function and return the raw reply: value or error, output, milliseconds.

        Where a function has once run out of time in this run, later calls of it wait a
        fifth as long (1 s at least): one endless loop must not hold up every check. Raises Failed
        when all calls together take too long, so that no slow work ends unjudged.
        """
        self.require(file)
        if self._student is None:
            self._student = self._start()
        seconds, left = self._patience(file, function, timeout), self._end - time.monotonic()
        if left <= 0:
            raise self.words.slow_in_all(file, function, self._together_s)
        reply = self._student.call(file, function, *args, timeout=min(seconds, left), **kwargs)
        self.busy_s += reply.ms / 1000
        kind = reply.error.kind if reply.error else ""
        if kind == "timeout":
            self._slow.add((file, function))
        if kind in ("timeout", "died", "memory"):
            self.close()
        if kind == "timeout" and left < seconds:
            raise self.words.slow_in_all(file, function, self._together_s)
        return reply

    def equip(self, *libraries: str, limits: Limits) -> None:
        """Let calls from now on import these packages of ours, and use as much as `limits` says.

        Raises Unavailable where one is not installed. For a lab's conftest; the same each time.
        """
        wanted = {name: library(name) for name in libraries}
        if (wanted, limits) != (self._libraries, self._limits):
            self.close()
            self._libraries, self._limits = wanted, limits

    def start_by(self, start: Start) -> None:
        """Let calls from now on go to a process that `start(folder)` makes, such as one that may
        reach a server of the check. For a lab's conftest; the same each time.
        """
        if start != self._start_other:
            self.close()
            self._start_other = start

    def _start(self) -> Student:
        from lab_kit.process import Limits, zygote

        if self._start_other:
            return self._start_other(self.folder)
        limits = self._limits or Limits()
        return zygote().student(self.folder, limits=limits, libraries=self._libraries)

    def _patience(self, file: str, function: str, timeout: float) -> float:
        return max(min(timeout, 1.0), timeout / 5) if (file, function) in self._slow else timeout

    def require(self, *files: str) -> None:
        """Raise Failed, saying how to get it back, when a file is not in the submission."""
        for file in files:
            if not (self.folder / file).exists():
                raise self.words.missing_file(file)

    def begun(self, file: str, word: str = "") -> None:
        """Raise Failed with its TODO while a file is as it was handed out: with the first that
        has this word in it.

        For checks that would start something large only to find that out.
        """
        if file not in self.stubs or not (self.folder / file).is_file():
            return
        data = (self.folder / file).read_bytes().replace(b"\r\n", b"\n")
        if hashlib.sha256(data).hexdigest() != self.stubs[file]:
            return
        found = []
        for line, text in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
            raised, todo = RAISED.search(text), TODO.search(text)
            if raised or todo:
                what = ast.literal_eval(raised[1]) if raised else todo[1] if todo else ""
                found.append((word not in text, line, what))
        if found:
            _, line, what = min(found)
            raise Failed(f"TODO: {what}", "", f"write it at {self.words.place(file, line)}.")

    def text(self, file: str) -> str:
        """Return a submitted file as text; Failed when it is missing, not UTF-8 or over 1 MiB."""
        self.require(file)
        place = self.words.place(file)
        if (self.folder / file).is_dir():
            raise Failed(f"{file} is a folder.", "", f"put a file of that name at {place}.")
        data = (self.folder / file).read_bytes()
        if len(data) > READ_LIMIT:
            said = f"It has {len(data):,} bytes; {READ_LIMIT:,} can be read."
            raise Failed(f"{file} is too large.", said, f"shorten {place}.")
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            said = f"The byte 0x{data[error.start]:02x} on line {line} is not UTF-8."
            raise Failed(f"{file} is not a text file.", said, f"save {place} as UTF-8.") from None

    def explain(
        self, file: str, error_type: str, message: str, trace: Iterable[Any] = ()
    ) -> Failed:
        """Return the Failed for an error that a runtime reported: a Lambda invocation, an
        HTTP answer. A NotImplementedError becomes its TODO.

        `trace` holds lines as Python prints them, or (file, line, function, source) rows.
        """
        return remote.explain(self.words, file, error_type, message, trace)


def library(name: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    found = importlib.util.find_spec(name)
    places = found.submodule_search_locations if found else None
    if not places:
        raise Unavailable(
            f"{name} is not installed, so this was not judged.", "",
            "Run `./lab`, which installs what is missing.",
        )  # fmt: skip
    return Path(next(iter(places)))
