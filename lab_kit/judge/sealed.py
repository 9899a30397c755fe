"""Copy a submission to a private folder before it is judged.

So editing while a check runs changes nothing, and the checks never touch the student's
tree. Only regular files are taken; no link inside is followed, no folder with a leading dot
or of compiled Python is entered.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab_kit.errors import Failed, JudgeError, UsageError

PREFIX = "beyond-judge-"
MOST_FILES = 2000
MOST_BYTES = 64 << 20
DEEPEST = 20
SKIPPED = {"__pycache__", "node_modules"}


def runtime_folder() -> Path:
    """Make this process's private folder, and remove those whose process is gone."""
    root = Path(tempfile.gettempdir()).resolve()
    for old in root.glob(f"{PREFIX}*"):
        number = old.name.removeprefix(PREFIX).partition("-")[0]
        with suppress(OSError, RecursionError):
            if old.lstat().st_uid == os.getuid() and number.isdigit() and not alive(int(number)):
                shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root))


def alive(pid: int) -> bool:
    """Tell whether a process with this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def sealed(source: Path, runtime: Path) -> Iterator[tuple[Path, Path, str]]:
    """Copy `source` into `runtime` for the length of the block; give the copy, a folder for what
    the checks write, and the copy's sha256.

    Raises UsageError when there is no such folder, Failed when it is too large, JudgeError
    when there is no room for it.
    """
    if not source.is_dir():
        raise UsageError(
            f"There is no folder {source}.",
            "A submission is a folder that holds the exercise files.",
            "check the path, or leave it out to judge your own work.",
        )
    run = runtime / f"run-{secrets.token_hex(4)}"
    work, scratch = run / "work", run / "scratch"
    try:
        yield work, scratch, fill(source.resolve(), work, scratch)
    finally:
        shutil.rmtree(run, ignore_errors=True)


def fill(source: Path, work: Path, scratch: Path) -> str:
    """Make the run's folders and the copy; a machine without room for them is no one's fault."""
    try:
        work.mkdir(mode=0o700, parents=True)
        scratch.mkdir(mode=0o700)
        return copy(source, work)
    except OSError as error:
        raise JudgeError(
            "The work could not be judged on this machine as it is now.",
            str(error),
            "see that there is room on the disk, then check again.",
        ) from error


def copy(source: Path, target: Path) -> str:
    """Copy the regular files of a tree and return the sha256 over names and contents."""
    total, count, digest = 0, 0, hashlib.sha256()
    for folder, folders, files, handle in os.fwalk(source, follow_symlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED)
        inside = Path(folder).relative_to(source)
        count += len(folders) + len(files)
        if len(inside.parts) > DEEPEST or count > MOST_FILES:
            raise too_large(source)
        for name in sorted(files):
            data, executable = read(name, handle, MOST_BYTES - total)
            if data is None:
                continue
            total += len(data)
            if total > MOST_BYTES:
                raise too_large(source)
            (target / inside).mkdir(parents=True, exist_ok=True)
            place = target / inside / name
            place.write_bytes(data)
            place.chmod(0o555 if executable else 0o444)
            digest.update(os.fsencode(str(inside / name)) + b"\0%d\0" % len(data) + data)
    return digest.hexdigest()


def read(name: str, folder: int, most: int) -> tuple[bytes | None, bool]:
    """Read one regular file without following a link; None for anything else."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        number = os.open(name, flags, dir_fd=folder)
    except OSError:
        return None, False
    with open(number, "rb") as file:
        mode = os.fstat(number).st_mode
        if not stat.S_ISREG(mode):
            return None, False
        return file.read(most + 1), bool(mode & 0o100)


def too_large(source: Path) -> Failed:
    """Return the error for a submission that no exercise can need."""
    return Failed(
        "The submission is too large to be judged.",
        f"More than {MOST_FILES:,} files and folders, {MOST_BYTES >> 20} MB or {DEEPEST} folders"
        f" inside one another lie in {source}.",
        "remove what is not part of the exercise, then check again.",
    )
