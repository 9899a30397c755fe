"""Become a student or a program with no layer around: where the system has none of them."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from . import calls, launch, limits


def main() -> None:
    """Run as `python -I -S -c … PLACE REQUEST FD…`; the descriptors are those of launch.child."""
    request: dict[str, Any] = json.loads(sys.argv[2])
    fds = [int(word) for word in sys.argv[3:]]
    null = os.open(os.devnull, os.O_RDWR)
    spare, other = socket.socketpair()
    student = request["op"] == "student"
    first = [null, null, null] if student else [null, fds[0], fds[0]]
    launch.arrange([*first, *fds[0 if student else 1 :]], spare).close()
    other.detach()
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    try:
        limits.apply(request["limits"], own_count=False, bound_address=student)
    except (OSError, ValueError):
        pass  # what this system does not limit is not limited: that is the level "none"
    if student:
        calls.prepare()
        calls.serve(socket.socket(fileno=3), request["cwd"], request["libraries"])
    if serve := len(fds) - 1:
        os.environ.update(LISTEN_FDS=str(serve), LISTEN_PID=str(os.getpid()))
    os.execvp(request["argv"][0], request["argv"])
