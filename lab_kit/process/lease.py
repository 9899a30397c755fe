"""Hold one process of the zygote: its pidfd and the socket on which its end is told."""

from __future__ import annotations

import array
import json
import os
import select
import signal
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from lab_kit.errors import Unavailable

WORDS = {
    "memory": "it used more memory than it may",
    "cpu": "it used up its processor time",
    "tasks": "it started more threads or processes than it may",
    "scratch": "its files in /tmp took more room than they may",
    "unwatched": "what it used could not be looked at",
}


@dataclass(frozen=True)
class Exit:
    """Say how a process ended: an exit status or a signal, and the reason in plain words."""

    code: int | None
    signal: int | None
    reason: str
    peak_mb: float = 0.0
    cpu_s: float = 0.0


class Lease:
    """Own one started process; when every holder of this object is gone, the process is killed."""

    def __init__(self, answer: socket.socket) -> None:
        self.answer = answer
        self.pid = 0
        self.pidfd = -1
        self.killed_by_us = ""
        self.failed = ""
        self.listeners: list[int] = []
        self._exit: Exit | None = None
        self._lock = threading.Lock()

    def message(self, end: float) -> tuple[dict[str, Any], list[int]]:
        """Return the zygote's next message and its descriptors; raise TimeoutError or EOFError."""
        self.answer.settimeout(max(0.0, end - time.monotonic()) or 0.001)
        data, ancillary, _, _ = self.answer.recvmsg(4096, socket.CMSG_SPACE(64 * 4))
        fds = array.array("i")
        for level, kind, part in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(part[: len(part) - len(part) % fds.itemsize])
        for fd in fds:
            os.set_inheritable(fd, False)
        if not data:
            raise EOFError
        message: dict[str, Any] = json.loads(data)
        return message, list(fds)

    def take_pidfd(self, end: float) -> None:
        """Wait for the process to exist; raise Unavailable."""
        try:
            while self.pidfd < 0:
                message, fds = self.message(end)
                if "pid" in message:
                    self.pid, self.pidfd = message["pid"], fds[0]
                elif "refused" in message:
                    self.failed = message["refused"]
                    raise EOFError
                else:
                    self._note(message, fds)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Unavailable(
                "A sandboxed process could not be started.",
                self.failed or f"The sandbox did not answer ({type(error).__name__}).",
                "Run `./lab doctor` to see what this machine allows.",
            ) from error

    def _note(self, message: dict[str, Any], fds: list[int]) -> None:
        if "failed" in message:
            self.failed = str(message["failed"])
        elif "listening" in message:
            self.listeners += fds
        elif "exit" in message:
            self._exit = self._describe(message)

    def _describe(self, message: dict[str, Any]) -> Exit:
        code, number, why = message["exit"], message["signal"], message["killed"]
        if self.failed:
            reason = f"it could not start ({self.failed})"
        elif why:
            reason = f"it was killed: {WORDS.get(why, why)}"
        elif self.killed_by_us:
            reason = self.killed_by_us
        elif number == signal.SIGKILL:
            reason = "it was killed from outside (did the machine run out of memory?)"
        elif number is not None:
            reason = f"it was killed by signal {number} ({signal_name(number)})"
        else:
            reason = f"it exited with status {code}"
        return Exit(code, number, reason, message["peak_kb"] / 1024, message["cpu_s"])

    @property
    def ended(self) -> bool:
        """Say whether its end has been told."""
        return self._exit is not None

    def poll(self, wait: float = 0.0) -> Exit | None:
        """Return how it ended, or None if it still runs after `wait` seconds."""
        end = time.monotonic() + wait
        while self._exit is None and self.take(max(0.0, end - time.monotonic())):
            pass
        return self._exit

    def take(self, wait: float) -> bool:
        """Take at most one message within `wait` seconds; say whether to look again."""
        if self._exit is not None:
            return False
        if not _readable(self.answer.fileno(), wait):  # without the lock: others may kill meanwhile
            return False
        with self._lock:
            fd = self.answer.fileno()
            if self._exit is None and fd < 0:
                self._exit = Exit(None, signal.SIGKILL, self.killed_by_us or "it was ended")
            elif self._exit is None and _readable(fd, 0):
                try:
                    self._note(*self.message(time.monotonic() + 5))
                except (OSError, EOFError):
                    self._exit = Exit(None, signal.SIGKILL, "it ended with the sandbox")
        return True

    def kill(self, why: str = "it was ended", wait: float = 10.0) -> Exit:
        """Kill the process with all its descendants and wait until it is gone."""
        if self.poll() is None:
            self.killed_by_us = self.killed_by_us or why
            try:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            except ProcessLookupError:
                pass
        ended = self.poll(wait)
        if ended is None:
            raise Unavailable(f"Process {self.pid} could not be ended within {wait:g} s.")
        return ended

    def close(self) -> None:
        """Let go of it; the zygote kills what nobody holds."""
        self.answer.close()
        for fd in (self.pidfd, *self.listeners):
            if fd >= 0:
                os.close(fd)
        self.pidfd, self.listeners = -1, []

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _readable(fd: int, wait: float) -> bool:
    """Say whether something came, or the other end hung up, within `wait` seconds."""
    if fd < 0:
        return True
    poll = select.poll()  # select() knows no descriptor above 1023
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0.0, wait) * 1000))


def signal_name(number: int) -> str:
    """Return a signal's name, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
