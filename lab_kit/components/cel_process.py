"""Evaluate strangers' CEL expressions in a process of their own, within bounds.

CEL always ends, but not always soon: nested comprehensions and growing texts take as long, and as
much memory, as their author likes. The process is held to BUDGET_S of processor time for one policy
and to MEMORY_MB; if it goes, what it was at is told to be too costly, and the next one starts.
It starts when it is first needed: no policies, no process.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import lab_kit
from lab_kit.errors import Unavailable
from lab_kit.process import Trusted, start_trusted

BUDGET_S = 0.5
COMPILE_S = BUDGET_S / 2  # what compiles in time must leave some of it when it is compiled anew
ALONE_S = 2.0  # for jobs one by one
PATIENCE_S = 20.0  # not of the processor: only for a process that stands still
MEMORY_MB = 512
MOST_DEATHS = 2
CHILD = "lab_kit.components.cel_child"
Job = dict[str, Any]  # a sheet (see cel_program) as JSON, and its params
Answer = dict[str, Any] | None  # None where it took too much


class CelProcess:
    """Compile and evaluate until closed; one request at a time."""

    def __init__(self) -> None:
        self._program: Trusted | None = None
        self._channel: socket.socket | None = None
        self._stream: Any = None

    @property
    def running(self) -> bool:
        """Say whether there is a process."""
        return self._program is not None

    def faults(self, sheet: str) -> list[tuple[str, int, str]] | None:
        """Return what does not compile: part, number, what is wrong; None if it took too much."""
        told = self._ask({"sheet": sheet, "seconds": COMPILE_S})
        return None if told is None else [(part, number, what) for part, number, what in told]

    def answers(self, given: dict[str, Any], jobs: Sequence[Job]) -> list[Answer]:
        """Return the answer to each job.

        All are asked for at once; if that is too much, one by one, until MOST_DEATHS of them were.
        """
        whole = self._ask({"given": given, "jobs": jobs, "seconds": BUDGET_S})
        if whole is not None or len(jobs) == 1:
            return whole or [None]
        found: list[Answer] = []
        end = time.monotonic() + ALONE_S
        for job in jobs:
            if found.count(None) == MOST_DEATHS or time.monotonic() > end:
                found.append(None)
            else:
                alone = self._ask({"given": given, "jobs": [job], "seconds": BUDGET_S})
                found += alone or [None]
        return found

    def close(self) -> None:
        """End the process."""
        program, self._program = self._program, None
        for held in (self._stream, self._channel):
            if held is not None:
                with suppress(OSError):
                    held.close()
        self._stream = self._channel = None
        if program:
            program.close()

    def _ask(self, question: dict[str, Any]) -> Any:
        """Return the answer, None where the process went; raise Unavailable if it never comes."""
        if self._stream is None:
            self._start()
        try:
            self._stream.write(json.dumps(question).encode() + b"\n")
            self._stream.flush()
            line = self._stream.readline()
            if line.endswith(b"\n"):
                return json.loads(line)
        except OSError:
            pass
        self.close()
        return None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        here = [str(Path(lab_kit.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        argv = [sys.executable, "-P", "-m", CHILD, str(theirs.fileno()), str(MEMORY_MB)]
        with theirs:
            try:
                self._program = start_trusted(
                    argv, pass_fds=(theirs.fileno(),),
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, here))},
                )  # fmt: skip
            except BaseException:
                ours.close()
                raise
        ours.settimeout(PATIENCE_S)
        self._channel, self._stream = ours, ours.makefile("rwb")
        with suppress(OSError):
            if self._stream.readline() == b"ready\n":
                return
        self._program.wait(PATIENCE_S)
        words = self._program.output().strip()[-500:]
        self.close()
        raise Unavailable("CEL expressions cannot be evaluated.", words,
                          "Run `./lab doctor` to see what is missing.")  # fmt: skip
