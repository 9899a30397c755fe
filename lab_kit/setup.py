"""Set up `.venv`: run by `./lab` on a bare Python, so it uses the standard library alone.

Everything here can be cut short and started again: a stamp, the lock file's own text, is written
last, and what pip left half installed is put right. `.venv/beyond.place` says where the folder was,
so that a moved clone is mended without the network.

Sizes are in MB. This is the one module outside `process` that starts programs (venv and pip): it
runs before there is anything else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# What the default set takes in .venv and on the way there; a test measures the first.
DISK = 420
DOWNLOAD = 90
SPARE = 200  # pip's own cache and temporary files
STAMPS = {"requirements.lock": "beyond.lock", "requirements-test.lock": "beyond-test.lock"}


class Stopped(Exception):
    """Carry the one sentence that says why the set-up stopped and what to do."""


def main(root: Path) -> int:
    """Make `.venv` complete for `requirements.lock`; return the exit code of `./lab`."""
    try:
        with _alone(root):
            if not complete(root, "requirements.lock"):
                set_up(root, "requirements.lock")
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nStopped. Run ./lab again: it goes on from here.", file=sys.stderr)
        return 130
    return 0


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


def set_up(root: Path, lock: str) -> None:
    """Create or mend `.venv` and install what the lock file names. Raises Stopped."""
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
            _create(venv)
        site = _site(venv)
        _drop_half_installed(site)
        _pip(root, lock, site)
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
def _alone(root: Path) -> Iterator[None]:
    """Hold the set-up's lock; the kernel frees it however we end."""
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
        yield


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


def _create(venv: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(venv)],
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


def _drop_half_installed(site: Path) -> None:
    """Forget packages that an interrupted pip left: it writes INSTALLER after all their files."""
    for info in site.glob("*.dist-info"):
        if not (info / "INSTALLER").is_file():
            shutil.rmtree(info)
    for left in site.glob("~*"):  # what pip had set aside while replacing a package
        shutil.rmtree(left) if left.is_dir() else left.unlink()


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


def _pip(root: Path, lock: str, site: Path) -> None:
    argv = [str(root / ".venv" / "bin" / "python"), "-I", "-m", "pip", "install"]
    argv += ["--require-hashes", "--no-input", "--disable-pip-version-check"]
    argv += ["--progress-bar", "off", "--no-warn-script-location", "-r", str(root / lock)]
    log = root / ".beyond" / "setup.log"
    total = (root / lock).read_text().count("==")
    with (
        log.open("w") as copy,
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
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


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
