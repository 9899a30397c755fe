"""See any wrapping as one thing: names of regular files, and a way to read one of them.

Nothing is unpacked to find out what is there; only the files of a graded lab are read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab_kit.errors import LabError
from lab_kit.judge.sealed import MOST_BYTES, MOST_FILES

MOST_NAMES = 20_000  # in the whole submission; a course checkout holds a few hundred
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
IGNORED = {"__pycache__", "node_modules", "__MACOSX"}


class Unfit(LabError):
    """Say why something that was handed in cannot be judged."""


@dataclass(frozen=True)
class Entry:
    """Describe one regular file of a submission."""

    size: int
    executable: bool = False


def nothing(paths: Sequence[str]) -> None:
    """Prepare nothing: most wrappings read file by file."""


@dataclass(frozen=True)
class Tree:
    """Hold a submission's regular files by path; `odd` are links, devices and the like."""

    files: Mapping[str, Entry]
    odd: tuple[str, ...]
    reader: Callable[[str, int], bytes]  # a path and how many bytes at most
    prepare: Callable[[Sequence[str]], None] = nothing  # these are going to be read
    flags: tuple[str, ...] = ()

    def read(self, path: str, most: int = MOST_BYTES) -> bytes:
        """Return a file's bytes; raise Unfit when there are more than `most`."""
        if self.files[path].size > most:
            raise too_large()
        data = self.reader(path, most + 1)
        if len(data) > most:
            raise too_large()
        return data


@contextmanager
def folder_tree(root: Path) -> Iterator[Tree]:
    """See a folder; no link inside is followed, now or when a file is read."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        files, odd = listed(handle)
        yield Tree(files, odd, lambda path, most: read_inside(handle, path, most))
    finally:
        os.close(handle)


def listed(root: int) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """Return the regular files below a folder, and what is neither file nor folder."""
    files: dict[str, Entry] = {}
    odd: list[str] = []
    seen = 0
    for top, folders, names, handle in os.fwalk(".", onerror=stop, dir_fd=root):
        seen += len(folders) + len(names)
        if seen > MOST_NAMES or top.count("/") > 50:
            raise too_large()
        links = [name for name in folders if is_link(name, handle)]
        folders[:] = sorted(
            name for name in folders
            if name not in IGNORED and name not in links and not name.startswith(".")
        )  # fmt: skip
        for name in sorted(names + links):
            path = f"{top}/{name}".removeprefix("./")
            with suppress(FileNotFoundError):
                info = os.stat(name, dir_fd=handle, follow_symlinks=False)
                if stat.S_ISREG(info.st_mode):
                    files[path] = Entry(info.st_size, bool(info.st_mode & 0o100))
                elif not name.startswith("."):
                    odd.append(path)
    return files, tuple(odd)


def stop(error: OSError) -> None:
    """Pass on that a folder cannot be read: work that is missed would count as missing."""
    raise error


def is_link(name: str, folder: int) -> bool:
    """Tell whether a name in an open folder is a link."""
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def read_inside(root: int, path: str, most: int) -> bytes:
    """Read a regular file below an open folder, one step at a time, without following a link."""
    *folders, name = path.split("/")
    here = os.dup(root)
    try:
        for folder in folders:
            inner = os.open(folder, OPEN | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = inner
        with open(os.open(name, OPEN, dir_fd=here), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise changed(path)
            return file.read(most)
    except OSError as error:
        raise changed(path) from error
    finally:
        os.close(here)


def changed(path: str) -> Unfit:
    """Return the error for a file that could be listed and not read."""
    return Unfit(
        "The submission could not be read.",
        f"{path!a} could not be opened as a plain file.",
        "see that the files can be read and that nothing changes them meanwhile, then grade again.",
    )


def too_large() -> Unfit:
    """Return the error for more than any exercise can need."""
    return Unfit(
        "The submission is too large to be judged.",
        f"A lab's work has at most {MOST_FILES:,} files and {MOST_BYTES >> 20} MB, and what is"
        f" handed in at most {MOST_NAMES:,} names.",
        "hand in the exercise files alone.",
    )
