"""Run a program in the sandbox: its life, its output and what it uses.

What two real ones need, as seen at all levels with awslambdaric 4.2.2 and functions-framework
3.10.2 (gunicorn 27):

- awslambdaric is content with one inner listener and needs no fork (`fork=False`); 14 MB resident.
  A Runtime API answer without a Content-Type header ends it with SIGSEGV, sandbox or not.
- gunicorn takes a listener of `serve` over from LISTEN_FDS and LISTEN_PID, whatever address it was
  told; it forks its worker (`fork=True`), and opens no socket itself; 61 MB resident in two
  processes, most of it shared.

At level full a program is the first process of its namespace: a signal that it does not handle is
ignored if it comes from inside, `abort()` ends it with SIGSEGV, and orphans become its children.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_kit.errors import Unavailable
from lab_kit.process.inside import watch
from lab_kit.process.lease import Exit, Lease
from lab_kit.process.log import Log


class Program:
    """Be one sandboxed program; a `with` block ends it with all its descendants."""

    def __init__(self, lease: Lease, reader: int, log_kb: int, name: str) -> None:
        self.lease, self._log, self.name = lease, Log(reader, log_kb * 1024), name
        self.pid, self._closed = lease.pid, False
        self.listeners: tuple[socket.socket, ...] = ()
        self.ports: tuple[int, ...] = ()

    def receive_listeners(self, count: int, timeout: float = 10.0) -> tuple[socket.socket, ...]:
        """Take the inner listeners that the program's network namespace was given."""
        end = time.monotonic() + timeout
        while len(self.lease.listeners) < count:
            left = end - time.monotonic()
            if self.lease.ended or left <= 0:
                reason = self.lease.failed or "it did not open its listeners"
                self.close()
                raise Unavailable(f"{self.name} could not be started.", reason)
            self.lease.take(left)
        fds, self.lease.listeners = self.lease.listeners, []
        return tuple(socket.socket(fileno=fd) for fd in fds)

    def poll(self) -> Exit | None:
        """Return how it ended, or None while it runs."""
        return self.lease.poll()

    @property
    def alive(self) -> bool:
        """Say whether it still runs."""
        return self.poll() is None

    def wait(self, timeout: float) -> Exit:
        """Return how it ended; raise Unavailable if it still runs after `timeout` seconds."""
        ended = self.lease.poll(timeout)
        if ended is None:
            raise Unavailable(f"{self.name} still ran after {timeout:g} s.")
        self._log.finish(2.0)
        return ended

    def kill(self, why: str = "it was ended") -> Exit:
        """Kill it and all its descendants; return once they are gone."""
        ended = self.lease.kill(why)
        self._log.finish(2.0)
        return ended

    def output(self) -> str:
        """Return the tail of what it printed (stdout and stderr together)."""
        return self._log.text()

    def take(self) -> str:
        """Return what it printed since the last take()."""
        return self._log.take()

    def memory_mb(self) -> float:
        """Return the resident memory of the whole tree now."""
        return watch.resident_kb(watch.tree(self.pid)) / 1024 if self.alive else 0.0

    @property
    def peak_mb(self) -> float:
        """Return the highest resident memory seen; exact for one process once it ended."""
        ended = self.poll()
        return ended.peak_mb if ended else watch.peak_kb(watch.tree(self.pid)) / 1024

    def close(self) -> None:
        """End it and let go of everything."""
        if self._closed:
            return
        self._closed = True
        try:
            self.kill()
        finally:
            for listener in self.listeners:
                listener.close()
            self.lease.close()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Finished:
    """Hold how a short run ended and what it printed."""

    exit: Exit
    output: str


def run(argv: Sequence[str | Path], *, cwd: Path, timeout: float, **options: Any) -> Finished:
    """Run a program in the sandbox to its end, or kill it after `timeout` seconds.

    `options` are those of Zygote.program.
    """
    from lab_kit.process.zygote import zygote

    with zygote().program(argv, cwd=cwd, **options) as program:
        ended = program.lease.poll(timeout)
        if ended is None:
            ended = program.kill(f"it was killed after {timeout:g} s")
        program._log.finish(2.0)
        return Finished(ended, program.output())
