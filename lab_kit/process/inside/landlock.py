"""Confine this process to named folders and ports (Landlock, Linux 5.13 and later)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from .syscalls import call, no_new_privileges

READ = 0b1101  # execute, read a file, list a folder
FILE_ONLY = 0b111 | 1 << 14 | 1 << 15  # what the kernel accepts for a rule on a file


def abi(cap: int = 99) -> int:
    """Return the kernel's Landlock version, 0 without Landlock; `cap` pretends to be older."""
    try:
        return min(call("landlock_create_ruleset", None, 0, 1), cap)
    except OSError:
        return 0


def every_file_right(version: int) -> int:
    """Return all file rights that this version knows."""
    return 0x1FFF | (version >= 2) << 13 | (version >= 3) << 14 | (version >= 5) << 15


def confine(
    read: Iterable[str],
    write: Iterable[str],
    *,
    connect: Iterable[int] | None = (),
    cap: int = 99,
) -> int:
    """Allow reading `read`, all below `write`, connecting to ports `connect`; return the ABI.

    `connect=None` leaves TCP alone (own network namespace). From ABI 6 on, signals and abstract
    sockets reach only processes confined together. Paths that do not exist are left out.
    """
    version = abi(cap)
    if not version:
        raise OSError(38, "this kernel has no Landlock", "landlock")
    files = every_file_right(version)
    net = 3 if version >= 4 and connect is not None else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = struct.pack("QQQ", files, net, 3 if version >= 6 else 0)
    rules = call("landlock_create_ruleset", attributes, size, 0)
    try:
        for paths, access in ((read, READ), (write, files)):
            for path in paths:
                _allow(rules, path, access)
        for port in connect or () if net else ():
            call("landlock_add_rule", rules, 2, struct.pack("QQ", 2, port), 0)
        no_new_privileges()
        call("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)
    return version


def _allow(rules: int, path: str, access: int) -> None:
    try:
        fd = os.open(path, os.O_PATH)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            access &= FILE_ONLY
        call("landlock_add_rule", rules, 1, struct.pack("=Qi", access, fd), 0)
    finally:
        os.close(fd)
