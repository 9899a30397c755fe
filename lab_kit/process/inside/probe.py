"""Try forbidden acts in a throw-away process, and tell which of them worked."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, NoReturn

from . import layers

WORKED = "worked"


def child(request: dict[str, Any], answer: socket.socket, features: layers.Features) -> NoReturn:
    """Try every act, behind all layers if the request says so, and send the outcomes."""
    acts = _acts(request)
    report: dict[str, str] = {}
    try:
        if request["layered"]:
            layers.enter(request, features, request["uid"], request["gid"])
        elif features.limits:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        report = {name: _attempt(act) for name, act in acts.items()}
    except BaseException as error:
        report = {"failed": f"{type(error).__name__}: {error}"[:300]}
    try:
        answer.send(json.dumps(report).encode())
    finally:
        os._exit(0)


def _attempt(act: Callable[[], object]) -> str:
    try:
        act()
    except (OSError, MemoryError, RuntimeError) as error:
        return str(getattr(error, "strerror", None) or type(error).__name__)
    return WORKED


def _acts(request: dict[str, Any]) -> dict[str, Callable[[], object]]:
    file, other = request["file"], request["other"]
    return {
        "files": lambda: open(file, "rb").read(1),
        "writing": lambda: open(file, "r+b").close(),
        "file modes": lambda: _change_mode(file),
        "other processes": lambda: os.kill(other, 0),
        "network": lambda: _connect(request["port"]),
        "sockets": lambda: socket.socket(socket.AF_UNIX).close(),
        "new processes": _fork,
        "memory": lambda: _private_memory(request["limits"]["data_mb"] << 20),
        "shared memory": lambda: mmap.mmap(-1, 1 << 20).close(),
        "scratch quota": lambda: _fill(request["tmp_mb"]),
        "new namespaces": _new_user_namespace,
    }


def _change_mode(file: str) -> None:
    before = os.stat(file).st_mode & 0o777
    os.chmod(file, before ^ 0o010)
    after = os.stat(file).st_mode & 0o777
    if after == before:
        raise OSError(1, "it had no effect")
    os.chmod(file, before)


def _connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 2).close()


def _private_memory(size: int) -> None:
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()  # never touched


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _fill(megabytes: int) -> None:
    folder = os.environ.get("TMPDIR", layers.TMP)
    paths = [os.path.join(folder, f"probe-{os.getpid()}-{i}") for i in range(megabytes + 1)]
    try:
        for path in paths:
            with open(path, "wb") as handle:
                handle.write(b"x" * (1 << 20))
    finally:
        for path in paths:
            if os.path.exists(path):
                os.unlink(path)


def _new_user_namespace() -> None:
    """Leave for a namespace of its own, where a process has every capability."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "refused")
