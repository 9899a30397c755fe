"""Start our own programs: no sandbox, but no orphan either."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_kit.errors import Unavailable
from lab_kit.process.inside import watch
from lab_kit.process.lease import Exit, signal_name
from lab_kit.process.log import Log

# The parent-death signal belongs to the thread that forks, hence the starter thread below.
SHIM = """import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(sys.argv[1]), 0, 0, 0)
    if os.getppid() != int(sys.argv[2]):
        sys.exit(1)
os.execvp(sys.argv[3], sys.argv[3:])
"""


class _Starter:
    """Fork from one thread that lives as long as this process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.jobs: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]]]
        self.jobs = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="program starter").start()

    def _work(self) -> None:
        while True:
            job, answer = self.jobs.get()
            try:
                answer.put(job())
            except BaseException as error:
                answer.put(error)

    def do(self, job: Callable[[], Any]) -> Any:
        """Run `job` on the thread and return its result or raise its exception."""
        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.jobs.put((job, answer))
        result = answer.get()
        if isinstance(result, BaseException):
            raise result
        return result


_starter: _Starter | None = None
_lock = threading.Lock()


def start_trusted(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    capture: bool = True,
    pass_fds: Sequence[int] = (),
    session: bool = True,
    death_signal: int = signal.SIGKILL,
    log_kb: int = 256,
) -> Trusted:
    """Start a program of ours that gets `death_signal` when this process ends; raise Unavailable.

    `env` replaces the environment; `capture=False` lets it print where we print; `session=False`
    keeps it on our terminal, so that Ctrl-C reaches it.
    """
    global _starter
    words = [str(word) for word in argv]
    shim = [sys.executable, "-I", "-S", "-c", SHIM, str(int(death_signal)), str(os.getpid())]
    pipe = subprocess.PIPE if capture else None

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*shim, *words], env=None if env is None else dict(env), cwd=cwd, pass_fds=pass_fds,
            stdin=subprocess.DEVNULL if session else None, stdout=pipe,
            stderr=subprocess.STDOUT if capture else None, start_new_session=session,
        )  # fmt: skip

    with _lock:
        if _starter is None or _starter.pid != os.getpid():
            _starter = _Starter()
        try:
            process = _starter.do(start)
        except OSError as error:
            raise Unavailable(f"{words[0]} could not be started.", str(error)) from error
    return Trusted(process, words[0], log_kb)


class Trusted:
    """Be one of our own programs; a `with` block ends it with all its descendants."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, log_kb: int) -> None:
        self._process, self.name, self.pid = process, name, process.pid
        self._log: Log | None = None
        if process.stdout is not None:
            self._log = Log(os.dup(process.stdout.fileno()), log_kb * 1024)
            process.stdout.close()

    def poll(self) -> Exit | None:
        """Return how it ended, or None while it runs."""
        code = self._process.poll()
        return None if code is None else _exit(code)

    @property
    def alive(self) -> bool:
        """Say whether it still runs."""
        return self.poll() is None

    def wait(self, timeout: float | None = None) -> Exit:
        """Return how it ended; raise Unavailable if it still runs after `timeout` seconds."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{self.name} still ran after {timeout:g} s.") from None
        if self._log:
            self._log.finish(2.0)
        return _exit(code)

    def stop(self, timeout: float = 5.0) -> Exit:
        """Ask it to end, then kill it and its descendants if it did not."""
        try:
            self._process.terminate()
            return self.wait(timeout)
        except Unavailable:
            return self.kill()

    def kill(self) -> Exit:
        """Kill it and all its descendants; return once it is gone."""
        for pid in watch.tree(self.pid)[::-1] if self.alive else ():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.alive:
            self._process.kill()
        return self.wait(10)

    def output(self) -> str:
        """Return the tail of what it printed, if it was captured."""
        return self._log.text() if self._log else ""

    def take(self) -> str:
        """Return what it printed since the last take()."""
        return self._log.take() if self._log else ""

    def memory_mb(self) -> float:
        """Return the resident memory of the whole tree now."""
        return watch.resident_kb(watch.tree(self.pid)) / 1024 if self.alive else 0.0

    def close(self) -> None:
        """End it."""
        if self.alive:
            self.kill()

    def __enter__(self) -> Trusted:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _exit(code: int) -> Exit:
    if code < 0:
        return Exit(None, -code, f"it was killed by signal {-code} ({signal_name(-code)})")
    return Exit(code, None, f"it exited with status {code}")
