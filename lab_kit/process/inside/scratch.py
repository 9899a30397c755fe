"""Keep scratch folders on disk where no file system of their own can be had."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import tempfile

PREFIX = "beyond-scratch-"


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
        """Remove one folder."""
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        if self.base:
            self.remove(self.base)
            os.close(self._lock)


def _sweep() -> None:
    """Remove what processes that were killed left behind."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(), PREFIX + "*")):
        try:
            fd = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # somebody lives there
        finally:
            os.close(fd)
