"""Set up `.venv`: run by `./lab` on a bare Python, so it uses the standard library alone.

Everything here can be cut short and started again: a stamp, the lock file's own text, is written
last. `.venv/beyond.place` says where the folder was, so that a moved clone is mended without the
network. Sizes are in MB.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lab_kit.packages import Stopped, forget_half_installed, install

# What the default set takes in .venv and on the way there; a test measures the first.
DISK = 680
DOWNLOAD = 140
SPARE = 200  # pip's own cache and temporary files
STAMPS = {"requirements.lock": "beyond.lock", "requirements-test.lock": "beyond-test.lock"}


def main(folder: str) -> int:
    """Make `.venv` complete for `requirements.lock`; return the exit code of `./lab`."""
    try:
        ensure(Path(folder), "requirements.lock")
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nStopped. Run ./lab again: it goes on from here.", file=sys.stderr)
        return 130
    return 0


def ensure(root: Path, lock: str) -> None:
    """Make `.venv` complete for a lock file, one process at a time. Raises Stopped."""
    if not complete(root, lock):
        with _alone(root) as turn:
            if not complete(root, lock):
                set_up(root, lock, turn)


def complete(root: Path, lock: str) -> bool:
    """Say whether `.venv` holds what the lock file asks for, and belongs where it stands."""
    venv = root / ".venv"
    try:
        return (
            os.access(venv / "bin" / "python", os.X_OK)
            and (venv / STAMPS[lock]).read_bytes() == (root / lock).read_bytes()
            and (venv / "beyond.place").read_text() == f"{root}\n"
        )
    except OSError:
        return False


def set_up(root: Path, lock: str, turn: int) -> None:
    """Create or mend `.venv` and install what the lock file names. Raises Stopped.

    `turn` is the file descriptor of our lock: venv and pip hold it too, so that nobody else begins
    while they run, even where we were killed.
    """
    venv = root / ".venv"
    try:
        if _moved(root) and _relocate(root) and complete(root, lock):
            return
        started = time.monotonic()
        fresh = not _usable(venv)
        if fresh:
            _remove(venv)
            _check_disk(root)
            _say(f"Setting up in {venv}, once: about {DOWNLOAD} MB to download, {DISK} MB on disk.")
            _create(venv, turn)
        site = _site(venv)
        forget_half_installed(site)
        install(root / lock, venv, site, log=root / ".beyond" / "setup.log", turn=turn)
        (site / "beyond_the_api.pth").write_text(os.path.relpath(root, site) + "\n")
        _configure(root)
        (venv / "beyond.place").write_text(f"{root}\n")
        shutil.copyfile(root / lock, venv / STAMPS[lock])
        _say(f"Everything is in place ({time.monotonic() - started:.0f} s).")
    except PermissionError as error:
        raise Stopped(
            f"{error.filename or root} may not be written by you: "
            "make it yours, or clone the course into a folder of your own, then run ./lab there."
        ) from None
    except OSError as error:
        raise Stopped(f"The set-up stopped: {error}. Mend that, then run ./lab again.") from None


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[int]:
    """Hold the set-up's lock, which the kernel frees when its last holder ends."""
    try:
        (root / ".beyond").mkdir(exist_ok=True)
        handle = (root / ".beyond" / "setup.lock").open("w")
    except OSError as error:
        raise Stopped(
            f"{root} may not be written by you ({error.strerror}): "
            "clone the course into a folder of your own, then run ./lab there."
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another ./lab is setting up this folder; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def _usable(venv: Path) -> bool:
    """Say whether pip runs in the folder, with the Python that its libraries are for."""
    code = "import sys, sysconfig, pip; print(sysconfig.get_path('purelib'))"
    with contextlib.suppress(OSError):
        answer = _output([str(venv / "bin" / "python"), "-I", "-c", code])
        return answer is not None and Path(answer).is_dir() and Path(answer).is_relative_to(venv)
    return False


def _site(venv: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = _output([str(venv / "bin" / "python"), "-I", "-c", code])
    if answer is None:
        raise Stopped(f"{venv}/bin/python does not run: delete {venv}, then run ./lab again.")
    return Path(answer)


def _output(argv: list[str]) -> str | None:
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout.strip() if done.returncode == 0 else None


def _remove(venv: Path) -> None:
    if venv.is_symlink():
        venv.unlink()
    elif venv.exists():
        _say(f"{venv} is not usable here; making it anew.")
        shutil.rmtree(venv)


def _create(venv: Path, turn: int) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(venv)],
        pass_fds=[turn],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        last = " ".join(done.stdout.split())[-300:]
        raise Stopped(f"{sys.executable} could not make {venv}: {last}")


def _check_disk(root: Path) -> None:
    free = shutil.disk_usage(root).free // 1_000_000
    if free < DISK + SPARE:
        raise Stopped(
            f"Setting up takes {DISK + SPARE} MB and {root} has {free} MB free: "
            "make room, then run ./lab again."
        )


def _moved(root: Path) -> bool:
    place = root / ".venv" / "beyond.place"
    return place.is_file() and place.read_text() != f"{root}\n"


def _relocate(root: Path) -> bool:
    """Mend a moved `.venv` in place: its scripts name the old folder. False if that cannot do."""
    venv = root / ".venv"
    old = (venv / "beyond.place").read_text().rstrip("\n")
    if " " in str(root) or not _usable(venv):
        return False
    for script in (venv / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        data = script.read_bytes()
        if f"{old}/.venv".encode() in data:
            script.write_bytes(data.replace(f"{old}/.venv".encode(), f"{root}/.venv".encode()))
    (venv / "beyond.place").write_text(f"{root}\n")
    return True


def _configure(root: Path) -> None:
    """Let every kernel of this Python load the course's settings."""
    name = "ipython_kernel_config.py"
    link = root / ".venv" / "etc" / "ipython" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(Path("..", "..", "..", "lab_kit", "notebook", "config", name))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
