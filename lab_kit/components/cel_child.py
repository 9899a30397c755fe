"""Be the process in which expressions are evaluated: lines of JSON on a socket, one for one.

It may be killed at any time, by its own kernel timer above all: an expression that would take long
ends this process and no other. The timer counts processor time: a busy machine ends nothing.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import Any

from lab_kit.components.cel_language import environment
from lab_kit.components.cel_program import Program

KEPT = 256  # policies whose expressions stay compiled
MOST = 2**63


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    """End this process when what is inside takes longer."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _whole(digits: str) -> int | float:
    """Return a whole number as JSON readers of 64 bits do: a large one is not exact."""
    number = int(digits)
    return number if -MOST <= number < MOST else float(number)


@lru_cache(KEPT)
def _program(sheet: str) -> Program:
    return Program(json.loads(sheet))


@cache
def _bare() -> Any:
    """Return what a shared activation belongs to; expressions of others take it as well."""
    return environment(True, {})


def _compile(question: dict[str, Any]) -> Any:
    return _program(question["sheet"]).faults


def _evaluate(question: dict[str, Any]) -> Any:
    """Return the answer to each job; those without params see one activation."""
    given = {**question["given"], "params": None}
    shared, found = _bare().Activation(given), []
    for job in question["jobs"]:
        program = _program(job["sheet"])
        if job["params"] is None:
            found.append(program.answer(given, shared))
        else:
            found.append(program.answer({**given, "params": job["params"]}, None))
    return found


def main(number: int, memory_mb: int) -> None:
    """Answer until the other side hangs up."""
    with suppress(ValueError, OSError):  # macOS holds no process to it; the timer is left there
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with socket.socket(fileno=number) as channel, channel.makefile("rwb") as stream:
        stream.write(b"ready\n")
        stream.flush()
        for line in stream:
            question = json.loads(line, parse_int=_whole)
            with _timed(question["seconds"]):
                answer = _compile(question) if "sheet" in question else _evaluate(question)
            stream.write(json.dumps(answer).encode() + b"\n")
            stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
