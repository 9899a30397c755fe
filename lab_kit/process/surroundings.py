"""Say what a sandboxed process finds around it: readable places, variables, its interpreter."""

from __future__ import annotations

import functools
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from lab_kit.errors import Unavailable

READABLE = ("/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom")
SYSTEM = ("/usr", "/usr/local")
OF_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share")
FOR_PROGRAMS = (
    "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/ssl", "/etc/mime.types",
)  # fmt: skip


@functools.cache
def readable() -> tuple[str, ...]:
    """Return what every sandboxed process may read: programs, libraries and the interpreter.

    Not all of /usr: a course with its checks may lie in /usr/src or /usr/local.
    """
    places = [f"{top}/{part}" for top in SYSTEM for part in OF_SYSTEM]
    places += [] if sys.base_prefix in SYSTEM else [sys.base_prefix]
    real = (os.path.realpath(place) for place in (*READABLE, *places))
    return tuple(dict.fromkeys(place for place in real if os.path.exists(place)))


def python() -> str:
    """Return the interpreter without its virtual environment."""
    return getattr(sys, "_base_executable", None) or sys.executable


def bare() -> dict[str, str]:
    """Keep our environment out of the zygote's memory, which every student shares."""
    kept = ("LD_LIBRARY_PATH",)  # some builds of Python need it to find themselves
    return {
        "PATH": "/usr/bin:/bin",
        "MALLOC_ARENA_MAX": "1",  # else each thread reserves memory that it will not use
        **{k: os.environ[k] for k in kept if k in os.environ},
    }


def variables(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a sandboxed process, `extra` last."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp",
        "TMPDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **extra,
    }  # fmt: skip


def folder(path: Path) -> str:
    """Return the real path of a folder; raise Unavailable if there is none."""
    real = os.path.realpath(path)
    if not os.path.isdir(real):
        raise Unavailable(f"There is no folder {path}.", "A sandboxed process was to work there.")
    return real


def listener() -> socket.socket:
    """Open a loopback listener on a port that the kernel picks."""
    return socket.create_server(("127.0.0.1", 0), backlog=128)
