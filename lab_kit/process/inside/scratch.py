"""Keep scratch folders on disk where no file system of their own can be had."""

from __future__ import annotations

import fcntl
import glob
import itertools
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator

PREFIX = "beyond-scratch-"
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK  # never waits for a FIFO


class Scratch:
    """Own one locked folder; the lock ends with this process, whichever way that ends."""

    def __init__(self) -> None:
        self.base = ""
        self._lock = -1

    def new(self) -> str:
        """Return a fresh private folder."""
        if not self.base:
            _sweep()
            made = tempfile.mkdtemp(prefix="beyond-new-")
            self._lock = os.open(made, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self.base = os.path.join(os.path.dirname(made), PREFIX + made[-8:])
            os.rename(made, self.base)  # only now another zygote may find it
        return tempfile.mkdtemp(dir=self.base)

    def remove(self, folder: str) -> None:
        """Remove one folder, however deep; what cannot be removed stays and harms nobody."""
        try:
            _empty(folder)
            os.rmdir(folder)
        except OSError:
            pass

    def close(self) -> None:
        """Remove everything."""
        if self.base:
            self.remove(self.base)
            os.close(self._lock)


def _empty(folder: str) -> None:
    """Remove what is in a folder: each folder in it is emptied into it, so nothing recurses.

    Paths grow too long and calls too deep where a student makes a folder in a folder for ever.
    """
    mark = secrets.token_hex(8)  # a name that nobody took
    fresh = (f"{mark}-{number}" for number in itertools.count())
    if stat.S_ISDIR(os.lstat(folder).st_mode):
        os.chmod(folder, 0o700)
    top = os.open(folder, FOLDER)
    try:
        todo = os.listdir(top)
        while todo:
            try:
                _take_apart(todo.pop(), top, todo, fresh)
            except OSError:
                pass
    finally:
        os.close(top)


def _take_apart(name: str, top: int, todo: list[str], fresh: Iterator[str]) -> None:
    """Remove one name in `top`; if it is a folder, its own folders move up and into `todo`."""
    if not _is_folder(name, top):
        os.unlink(name, dir_fd=top)
        return
    os.chmod(name, 0o700, dir_fd=top)
    inside = os.open(name, FOLDER, dir_fd=top)
    try:
        for inner in os.listdir(inside):
            if _is_folder(inner, inside):
                os.chmod(inner, 0o700, dir_fd=inside)  # or it may not move
                new = next(fresh)
                os.rename(inner, new, src_dir_fd=inside, dst_dir_fd=top)
                todo.append(new)
            else:
                os.unlink(inner, dir_fd=inside)
    finally:
        os.close(inside)
    os.rmdir(name, dir_fd=top)


def _is_folder(name: str, where: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=where, follow_symlinks=False).st_mode)


def _sweep() -> None:
    """Remove what processes of ours that were killed left behind; others' folders are theirs."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(), PREFIX + "*")):
        try:
            fd = os.open(folder, FOLDER)
        except OSError:
            continue
        try:
            if os.fstat(fd).st_uid == os.getuid():
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _empty(folder)
                os.rmdir(folder)
        except OSError:
            pass  # somebody lives there
        finally:
            os.close(fd)
