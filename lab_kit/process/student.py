"""Call functions of a submission that runs in its own sandboxed process."""

from __future__ import annotations

import difflib
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from lab_kit.process.inside import channel
from lab_kit.process.lease import Lease

GRACE_S = 0.5  # the process itself says where it hung, if it still can
KINDS = ("raised", "import", "missing", "signature", "not_plain", "too_large", "timeout", "died",
         "memory")  # fmt: skip
Trace = tuple[tuple[str, int, str, str], ...]


@dataclass(frozen=True)
class CallError:
    """Say why a call gave no value: a kind, the words, and the place in the student's files."""

    kind: str
    type: str = ""
    message: str = ""
    file: str | None = None
    line: int | None = None
    trace: Trace = field(default=())


@dataclass(frozen=True)
class Reply:
    """Hold what a call gave: a JSON-like value or an error, what it printed, how long it took."""

    value: Any
    error: CallError | None
    output: str
    ms: float


class Student:
    """Be one sandboxed process of a submission; a `with` block ends it."""

    def __init__(self, lease: Lease, sock: socket.socket) -> None:
        self._lease, self._sock = lease, sock
        self.pid = lease.pid
        self._ended: CallError | None = None
        self._lock = threading.Lock()  # one call at a time

    def call(
        self, file: str, function: str, /, *args: Any, timeout: float = 5.0, **kwargs: Any
    ) -> Reply:
        """Load `file` once, call `function` in it and return its Reply; never raise for its faults.

        A timeout or a death ends the process: later calls answer at once with kind "died".
        """
        number = secrets.token_hex(8)
        try:
            request = {
                "id": number, "file": file, "function": function, "timeout": timeout,
                "args": channel.plain(args), "kwargs": channel.plain(kwargs),
            }  # fmt: skip
            frame = channel.encode(request)
        except channel.NotPlain as problem:
            raise TypeError(f"call() was given {problem}; only JSON-like values travel") from None
        except channel.TooLarge as problem:
            raise ValueError(f"call() was given arguments of {problem}") from None
        with self._lock:
            return self._exchange(frame, number, file, timeout)

    def _exchange(self, frame: bytes, number: str, file: str, timeout: float) -> Reply:
        if self._ended is not None:
            return Reply(None, self._ended, "", 0.0)
        start = time.monotonic()
        try:
            end = start + timeout + GRACE_S
            channel.send(self._sock, frame, end)
            reply = _read(channel.receive(self._sock, end), number, _ms(start))
        except (OSError, EOFError, channel.BadFrame) as problem:
            late = isinstance(problem, TimeoutError) or _ms(start) >= timeout * 1000
            reply = Reply(None, self._why(problem, file, timeout, late), "", _ms(start))
            self._stop(file, reply.error)
        else:
            if reply.error is not None and reply.error.kind == "timeout":
                self._stop(file, reply.error)
        return reply

    def _why(self, problem: Exception, file: str, timeout: float, late: bool) -> CallError:
        if late:
            return CallError("timeout", "", f"No answer within {timeout:g} s.", file)
        if isinstance(problem, channel.BadFrame):
            return CallError("died", "", f"It answered with {problem}.", file)
        return self._death(file)

    def _death(self, file: str) -> CallError:
        ended = self._lease.poll(2.0)
        if ended is None:
            return CallError("died", "", "It closed its connection to the judge.", file)
        over = "used more memory" in ended.reason  # the watchdog's word
        kind = "memory" if over or ("memory" in ended.reason and not ended.signal) else "died"
        text = ended.reason[0].upper() + ended.reason[1:] + "."
        return CallError(kind, "", text, file)

    def _stop(self, file: str, error: CallError | None) -> None:
        if error is not None and error.kind == "timeout":
            error = CallError("died", "", "An earlier call took too long.", file)
        self._ended = error
        self._lease.kill("it did not answer")

    def close(self) -> None:
        """End the process and wait until it is gone; a call in another thread ends as "died"."""
        if self._sock.fileno() < 0:
            return
        self._ended = self._ended or CallError("died", "", "The process was closed.")
        try:
            self._lease.kill("it was closed")
        finally:
            with self._lock:
                self._sock.close()
                self._lease.close()

    def __enter__(self) -> Student:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ms(start: float) -> float:
    return (time.monotonic() - start) * 1000


def _read(answer: Any, number: str, ms: float) -> Reply:
    """Take an answer apart as data of a stranger."""
    if not isinstance(answer, dict) or answer.get("id") != number:
        raise channel.BadFrame("something that is no answer to this call")
    output = _text(answer.get("output"), 4096)
    error = answer.get("error")
    if error is None:
        if "value" not in answer:
            raise channel.BadFrame("neither a value nor an error")
        return Reply(answer["value"], None, output, ms)
    if not isinstance(error, dict) or error.get("kind") not in KINDS:
        raise channel.BadFrame("an error without a known kind")
    line = error.get("line")
    return Reply(
        None,
        CallError(
            error["kind"],
            _text(error.get("type"), 80),
            _text(error.get("message"), 2000) + _similar(error),
            _text(error.get("file"), 500) or None,
            line if type(line) is int else None,
            _trace(error.get("trace")),
        ),
        output,
        ms,
    )


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""


def _trace(value: Any) -> Trace:
    rows = []
    for row in value[:20] if isinstance(value, list) else ():
        if isinstance(row, list) and len(row) == 4 and type(row[1]) is int:
            rows.append((_text(row[0], 500), row[1], _text(row[2], 80), _text(row[3], 200)))
    return tuple(rows)


def _similar(error: dict[str, Any]) -> str:
    names = error.get("names")
    if not isinstance(names, list) or not names:
        return ""
    known = [_text(n, 80) for n in names[:50]]
    words = _text(error.get("message"), 200).removesuffix(".").split()
    close = difflib.get_close_matches(words[-1] if words else "", known, 3)
    return f" It does define {', '.join(close or known[:5])}."
