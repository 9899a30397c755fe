"""Give a process its own users, processes, mounts and network."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import stat
import struct
from collections.abc import Iterable

from .syscalls import call

OPEN_TREE_CLONE, AT_RECURSIVE, AT_EMPTY_PATH, CLOEXEC = 1, 0x8000, 0x1000, 0o2000000
RDONLY, NOSUID, NODEV = 1, 2, 4


def map_user(uid: int, gid: int) -> None:
    """Keep our own ids inside a new user namespace; unmapped ids could not create a file."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def mount_tmpfs(target: str, megabytes: int) -> None:
    """Mount a memory file system whose size is the total quota; a full one answers ENOSPC."""
    options = f"size={megabytes}m,nr_inodes={megabytes * 256 + 64},mode=700"
    call("mount", b"beyond", target.encode(), b"tmpfs", NOSUID | NODEV, options.encode())


def private_view(keep: Iterable[str], write: Iterable[str], tmp: str, megabytes: int) -> None:
    """Make everything read-only except `write` and an empty `tmp` with a quota.

    Folders named in `keep` and `write` stay reachable even below `tmp`.
    """
    writable = [(path, _tree(path)) for path in write]
    below = [path for path in keep if path.startswith(tmp + "/") and os.path.lexists(path)]
    inside = [(path, _tree(path)) for path in below]
    attributes = struct.pack("QQQQ", RDONLY | NOSUID, 0, 0, 0)
    call("mount_setattr", -100, b"/", AT_RECURSIVE, attributes, len(attributes))
    mount_tmpfs(tmp, megabytes)
    for path, tree in inside:
        _place(path, tree, tmp)
        call("mount_setattr", -100, path.encode(), AT_RECURSIVE, attributes, len(attributes))
    for path, tree in writable:
        _place(path, tree, tmp)


def _tree(path: str) -> int:
    return call("open_tree", -100, path.encode(), OPEN_TREE_CLONE | AT_RECURSIVE | CLOEXEC)


def _place(path: str, tree: int, tmp: str) -> None:
    if path.startswith(tmp + "/") and not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if stat.S_ISDIR(os.fstat(tree).st_mode):
            os.mkdir(path)
        else:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    call("move_mount", tree, b"", -100, path.encode(), 4)
    os.close(tree)


def loopback_up() -> None:
    """Switch on `lo` in a new network namespace, where it is down at first."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", 0x1 | 0x40))


def listen(ports: Iterable[int]) -> list[socket.socket]:
    """Open loopback listeners in the network namespace of this process."""
    listeners = []
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        listeners.append(listener)
    return listeners


def hide_process_table() -> None:
    """Mount a process table of this namespace only; not possible in every container."""
    call("mount", b"proc", b"/proc", b"proc", NOSUID | NODEV | 8, ctypes.c_void_p(None))
