"""Time a bare process: what anything that starts one pays at the least."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from lab_kit.errors import Unavailable


def spawn_seconds(argv: Sequence[str], deadline_s: float = 30.0) -> float:
    """Run a short program of ours to its end, and return how long that took.

    Raises Unavailable when it cannot be started, fails, or takes longer than the deadline.
    """
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    try:
        began = time.perf_counter()
        pid = os.posix_spawn(argv[0], list(argv), dict(os.environ), file_actions=actions)
        code = _ended(pid, began + deadline_s)
        spent = time.perf_counter() - began
    except OSError as error:
        raise Unavailable(f"{argv[0]} could not be started.", str(error.strerror)) from None
    finally:
        os.close(null)
    if code != 0:
        raise Unavailable(f"{argv[0]} did not end well.", f"Its exit code was {code}.")
    return spent


def _ended(pid: int, deadline: float) -> int:
    """Wait for a process of ours; kill it at the deadline."""
    pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    if pidfd >= 0:
        import select
        import signal

        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            if not poll.poll(max(0.0, deadline - time.perf_counter()) * 1000):
                os.kill(pid, signal.SIGKILL)
        finally:
            os.close(pidfd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
