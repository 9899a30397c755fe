"""Install locked packages with pip: on a bare Python too, so with the standard library alone.

What an interrupted pip left half installed is put right. This and `setup` are the two modules
outside `process` that start programs: they run before there is anything else.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


class Stopped(Exception):
    """Carry the one sentence that says why the set-up stopped and what to do."""


def forget_half_installed(site: Path) -> None:
    """Forget packages that an interrupted pip left: it writes INSTALLER after all their files."""
    for info in site.glob("*.dist-info"):
        if not (info / "INSTALLER").is_file():
            shutil.rmtree(info)
    for left in site.glob("~*"):  # what pip had set aside while replacing a package
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def install(lock: Path, venv: Path, site: Path, *, log: Path, turn: int) -> None:
    """Run pip for a lock file, with one progress line on stderr. Raises Stopped.

    pip holds the file descriptor `turn` for as long as it runs.
    """
    argv = [str(venv / "bin" / "python"), "-I", "-m", "pip", "install"]
    argv += ["--require-hashes", "--no-input", "--disable-pip-version-check"]
    argv += ["--progress-bar", "off", "--no-warn-script-location", "-r", str(lock)]
    total = lock.read_text().count("==")
    with (
        log.open("w") as copy,
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[turn],
            env={**os.environ, "PIP_USER": "0"},
        ) as pip,
    ):
        assert pip.stdout is not None
        problem = _follow(pip.stdout, copy, site, total)
    if pip.returncode:
        raise Stopped(
            f"Packages could not be installed: {problem or 'pip ended early'} (all of it is in "
            f"{log}). Run ./lab again when that is mended: it goes on from here."
        )


def _follow(pipe: IO[bytes], copy: IO[str], site: Path, total: int) -> str:
    """Show one progress line for pip's many; return its first error line."""
    problem, fetched, installing, shown = "", 0, False, ""
    for line in _lines(pipe):
        copy.write(line)
        fetched += line.startswith(("Collecting ", "Requirement already satisfied"))
        installing = installing or line.startswith("Installing collected")
        if line.startswith("ERROR: ") and not problem:
            problem = line.removeprefix("ERROR: ").strip()
        if installing:
            done = sum(1 for _ in site.glob("*.dist-info"))
            text = f"installed {min(done, total)} of {total} packages"
        else:
            text = f"fetched {min(fetched, total)} of {total} packages"
        shown = _progress(text, shown)
    if shown and sys.stderr.isatty():
        print(file=sys.stderr)
    return problem


def _lines(pipe: IO[bytes]) -> Iterator[str]:
    """Yield what the pipe says line by line, and an empty text for each half second of silence."""
    rest = b""
    while True:
        if not select.select([pipe], [], [], 0.5)[0]:
            yield ""
            continue
        data = os.read(pipe.fileno(), 65536)
        if not data:
            yield rest.decode(errors="replace")
            return
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace") + "\n"


def _progress(text: str, shown: str) -> str:
    if sys.stderr.isatty():
        if text != shown:
            print(f"\r\033[K  {text}", end="", file=sys.stderr, flush=True)
        return text
    phase = text.split()[0]
    if phase != shown:
        print(f"  {phase} packages …", file=sys.stderr, flush=True)
    return phase
