"""Turn a freshly cloned child of the zygote into a student process or a program."""

from __future__ import annotations

import array
import fcntl
import json
import os
import random
import socket
import sys
from typing import Any, NoReturn

from . import calls, layers, namespaces

FAILED = 121  # exit status of a child that never became what it should


def child(request: dict[str, Any], fds: list[int], features: layers.Features) -> NoReturn:
    """Become what the request says; `fds` are the answer socket and what belongs to the request."""
    answer = socket.socket(fileno=fds[0])
    try:
        os.setsid()
        if request["op"] == "student":
            _student(request, answer, fds[1], features)
        else:
            _program(request, answer, fds[1], fds[2:], features)
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"[:500]
        try:
            answer.send(json.dumps({"failed": text}).encode(), socket.MSG_DONTWAIT)
        except OSError:
            pass
    os._exit(FAILED)


def _student(r: dict[str, Any], answer: socket.socket, chan: int, f: layers.Features) -> None:
    answer = _arrange([os.open(os.devnull, os.O_RDWR)] * 3 + [chan], answer)
    os.environ.clear()
    os.environ.update(r["env"])
    layers.enter(r, f, r["uid"], r["gid"])
    random.seed()
    answer.close()  # the answer socket: from here on nothing but the channel is open
    calls.serve(socket.socket(fileno=3), r["cwd"])


def _program(
    r: dict[str, Any], answer: socket.socket, out: int, serve: list[int], f: layers.Features
) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    answer = _arrange([null, out, out, *serve], answer)
    if f.network:
        namespaces.loopback_up()
        listeners = namespaces.listen(r["ports"])
        if listeners:
            rights = array.array("i", [s.fileno() for s in listeners])
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            answer.sendmsg([b'{"listening":true}'], ancillary)
            for listener in listeners:
                listener.close()
    env = dict(r["env"])
    if serve:
        env.update(LISTEN_FDS=str(len(serve)), LISTEN_PID=str(os.getpid()))
    layers.enter(r, f, r["uid"], r["gid"])
    os.execvpe(r["argv"][0], r["argv"], env)


def _arrange(fds: list[int], answer: socket.socket) -> socket.socket:
    """Put `fds` at 0, 1, 2 … and the answer socket behind them; close everything else."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in [*fds, answer.detach()]]
    for place, fd in enumerate(high):
        os.dup2(fd, place, inheritable=place < len(fds))
    last = len(high) - 1
    _close_from(last + 1)
    sys.stdin = open(0, closefd=False)  # the old object may point at a closed descriptor
    return socket.socket(fileno=last)


def _close_from(first: int) -> None:
    os.closerange(first, os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else 1 << 16)
