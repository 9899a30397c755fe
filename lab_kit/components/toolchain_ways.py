"""Know the ways to a compiler, and walk them with progress told."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab_kit.components.toolchain_compilers import TITLE
from lab_kit.errors import Unavailable
from lab_kit.process import start_trusted

PACKAGES = {
    "c": ("clang", "lld", "wasi-libc", "libclang-rt-dev-wasm32"),
    "rust": ("rustc", "libstd-rust-dev-wasm32", "lld"),
}
# Of the wheels that the locks name: MB to download, MB on disk.
WHEELS = {"c": (101, 413), "go": (75, 254)}
WITHOUT_APT = {
    "c": "Install clang, lld and wasi-libc",
    "rust": "Install rustup, then `rustup target add wasm32-wasip1`",
    "go": "Install Go 1.24 or later",
}
DEADLINE_S = 3600.0
Progress = Callable[[str], None]


def advice(language: str) -> str:
    """Return how a person gets the compiler, in one sentence."""
    command = f"`./lab fetch {language}`"
    packages = PACKAGES.get(language)
    if packages and shutil.which("apt-get"):
        return f"Run {command}, or `sudo apt install {' '.join(packages)}`."
    if language in WHEELS:
        return f"Run {command}. Or: {WITHOUT_APT[language]}."
    return f"{WITHOUT_APT[language]}."


def follow(
    argv: Sequence[str], env: Mapping[str, str], language: str, progress: Progress, grows: Path,
    total_mb: int,
) -> str:  # fmt: skip
    """Run a program of ours and tell how much is in the folder that grows; return its words."""
    shown, end = 0, time.monotonic() + DEADLINE_S
    with start_trusted(argv, env=env) as program:
        while (ended := program.poll()) is None and time.monotonic() < end:
            here = min(total_mb, folder_mb(grows))
            if here >= shown + max(1, total_mb // 10):
                shown = here
                progress(f"{TITLE[language]}: fetched {here} of {total_mb} MB")
            time.sleep(0.3)
        if ended is None:
            program.kill()
        ended = program.wait(10)
        words = program.output()
    if ended.code != 0:
        lines = [line for line in words.splitlines() if line.startswith(("E:", "ERROR:"))]
        raise Unavailable(
            f"A compiler for {TITLE[language]} could not be fetched.",
            (lines or words.strip().splitlines() or [ended.reason])[-1][:300], advice(language),
        )  # fmt: skip
    return words


def room(place: Path, needed_mb: int) -> None:
    """Raise Unavailable where there is too little room."""
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 1_000_000
    if free < needed_mb:
        raise Unavailable(
            "There is too little room for a compiler.",
            f"It takes {needed_mb} MB on the way, and {place} has {free} MB free.",
            "Make room, then try again.",
        )


def folder_mb(folder: Path) -> int:
    """Return the size of all files below a folder in MB; what changes meanwhile does not matter."""
    total = 0
    for top, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(top, name)).st_size
            except OSError:
                pass
    return total // 1_000_000
