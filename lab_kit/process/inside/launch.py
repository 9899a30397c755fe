"""Turn a freshly cloned child of the zygote into a student process or a program."""

from __future__ import annotations

import array
import fcntl
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
from typing import Any, NoReturn

from . import calls, layers, namespaces, syscalls

FAILED = 121  # exit status of a child that never became what it should


def child(
    request: dict[str, Any], fds: list[int], features: layers.Features, parent: int
) -> NoReturn:
    """Become what the request says.

    `fds` are the answer socket and what belongs to the request; `parent` is the zygote's pidfd.
    """
    answer = socket.socket(fileno=fds[0])
    try:
        _die_with(parent)
        _die_first()
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        if request["op"] == "student":
            answer = arrange([null, null, null, fds[1]], answer)
            _student(request, answer, features)
        else:
            answer = arrange([null, fds[1], fds[1], *fds[2:]], answer)
            _program(request, answer, len(fds) - 2, features)
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"[:500]
        try:
            answer.send(json.dumps({"failed": text}).encode(), socket.MSG_DONTWAIT)
        except OSError:
            pass
    os._exit(FAILED)


def _die_with(parent: int) -> None:
    if not syscalls.LINUX:
        return
    syscalls.prctl(syscalls.PDEATHSIG, signal.SIGKILL)
    poll = select.poll()
    poll.register(parent, select.POLLIN)
    if poll.poll(0):
        os._exit(FAILED)  # it had ended before


def _die_first() -> None:
    """Let a machine without memory end this process before any of ours."""
    try:
        with open("/proc/self/oom_score_adj", "w") as handle:
            handle.write("1000")
    except OSError:
        pass


def _student(r: dict[str, Any], answer: socket.socket, f: layers.Features) -> None:
    os.environ.clear()
    os.environ.update(r["env"])
    layers.enter(r, f, r["uid"], r["gid"])
    random.seed()
    tempfile.tempdir = None  # the zygote's, which it had looked up for itself
    answer.close()  # from here on nothing but the channel is open
    calls.serve(socket.socket(fileno=3), r["cwd"], r["libraries"])


def _program(r: dict[str, Any], answer: socket.socket, serve: int, f: layers.Features) -> None:
    if f.network:
        namespaces.loopback_up()
        _send_listeners(answer, namespaces.listen(r["ports"]))
    env = dict(r["env"])
    if serve:
        env.update(LISTEN_FDS=str(serve), LISTEN_PID=str(os.getpid()))
    layers.enter(r, f, r["uid"], r["gid"])
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and exec keeps that
        signal.signal(number, signal.SIG_DFL)
    os.execvpe(r["argv"][0], r["argv"], env)


def _send_listeners(answer: socket.socket, listeners: list[socket.socket]) -> None:
    if not listeners:
        return
    rights = array.array("i", [s.fileno() for s in listeners])
    answer.sendmsg([b'{"listening":true}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    for listener in listeners:
        listener.close()


def arrange(fds: list[int], answer: socket.socket) -> socket.socket:
    """Put `fds` at 0, 1, 2 … and the answer socket behind them; close everything else."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in [*fds, answer.detach()]]
    for place, fd in enumerate(high):
        os.dup2(fd, place, inheritable=place < len(fds))
    last = len(high) - 1
    _close_from(last + 1)
    return socket.socket(fileno=last)


def _close_from(first: int) -> None:
    os.closerange(first, 1 << 16 if sys.platform == "linux" else 1 << 10)
