"""Open JupyterLab where the learner left off."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab_kit.authoring.product import seal
from lab_kit.course import Course
from lab_kit.errors import Unavailable
from lab_kit.port import reserve

SETTINGS = Path(__file__).parent / "notebook" / "config"


def start(course: Course, args: Sequence[str]) -> int:
    """Become JupyterLab, opened at the notebook last worked on; return only if that fails.

    The process is replaced, not watched over: one process less in memory, and Ctrl-C and exit
    codes are Jupyter's own. `args` go to JupyterLab after ours, so they win.
    """
    argv = command(course, args, browser=has_browser(os.environ), port=reserve())
    env = environment(course, os.environ)
    if "HOME" in env:
        os.environ["HOME"] = env["HOME"]  # the notary looks for the home that JupyterLab will have
    trust(course, env)
    print("Opening JupyterLab. Ctrl-C twice ends it.", file=sys.stderr, flush=True)
    try:
        os.chdir(course.root)
        os.execve(argv[0], argv, env)
    except OSError as error:
        raise Unavailable(
            "JupyterLab could not be started.",
            f"{argv[0]}: {error.strerror}.",
            "run `./lab doctor` to see what is missing.",
        ) from None


def command(
    course: Course, args: Sequence[str], *, browser: bool, port: int | None = None
) -> list[str]:
    """Return the command line of JupyterLab: loopback only, with the course as its root."""
    chosen, args = which(course, args)
    page = f"/lab/tree/{name}" if (name := chosen or notebook(course)) else "/lab"
    argv = [sys.executable, "-P", "-m", "jupyterlab"]
    argv += [f"--ServerApp.root_dir={course.root}", "--ServerApp.ip=127.0.0.1"]
    argv += [
        f"--LabApp.default_url={page}",
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
    ]
    if port is not None:
        argv.append(f"--ServerApp.port={port}")
    if not browser:
        argv.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        argv.append("--allow-root")
    return [*argv, *args]


def which(course: Course, args: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Take a lab's name from the front of `args`: (its notebook or '', what is for JupyterLab).

    Raises UsageError for a word that is neither a lab nor a file; JupyterLab would only log it.
    """
    if not args or args[0].startswith("-") or Path(course.root, args[0]).exists():
        return "", args
    return f"notebooks/{course.resolve(args[0])}.ipynb", args[1:]


def trust(course: Course, env: Mapping[str, str]) -> None:
    """Sign the notebooks that are as the build wrote them, so that no button asks for trust.

    They hold no outputs, so nothing in them can run by itself. JupyterLab signs what it saves
    later on. A notary that cannot work costs a question, never the start.
    """
    fresh = [p for p in (course.root / "notebooks").glob("lab*.ipynb") if is_as_built(p)]
    home = env.get("JUPYTER_DATA_DIR") or env.get("HOME", "")
    state = json.dumps([home, *((p.name, p.stat().st_mtime_ns) for p in sorted(fresh))])
    signed = course.work / "signed.json"
    if not fresh or (signed.is_file() and signed.read_text("utf-8") == state):
        return
    from jupyter_core.paths import jupyter_data_dir  # slow to load, like the notary
    from nbformat import read
    from nbformat.sign import NotebookNotary

    folder = Path(env.get("JUPYTER_DATA_DIR") or jupyter_data_dir())
    with suppress(OSError, ValueError, sqlite3.Error):
        folder.mkdir(parents=True, exist_ok=True)
        notary: Any = NotebookNotary(data_dir=str(folder))  # type: ignore[no-untyped-call]
        for path in fresh:
            notary.sign(read(path, as_version=4))  # type: ignore[no-untyped-call]
        notary.store.close()
        course.work.mkdir(parents=True, exist_ok=True)
        signed.write_text(state, "utf-8")


def is_as_built(path: Path) -> bool:
    """Tell whether a notebook carries the build's own seal and no outputs."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        found = json.loads(path.read_text(encoding="utf-8"))
        outputs = any(cell.get("outputs") for cell in found["cells"])
        return not outputs and found["metadata"]["beyond"]["seal"] == seal(found)
    return False


def notebook(course: Course) -> str:
    """Return the notebook of the lab last worked on, else the first; empty if none is built."""
    labs = course.labs()
    progress = course.work / "progress"
    used = {lab: (progress / f"{lab}.json").stat().st_mtime for lab in labs
            if (progress / f"{lab}.json").is_file()}  # fmt: skip
    chosen = max(used, key=used.__getitem__) if used else next(iter(labs), "")
    return f"notebooks/{chosen}.ipynb" if chosen else ""


def environment(course: Course, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of JupyterLab, its kernels and its terminals.

    The course's settings stand before the learner's own, and `python` is the course's. Where the
    home folder cannot be written to, Jupyter and IPython get one inside the course.
    """
    env = {**given, "BEYOND_ROOT": str(course.root), "JUPYTER_PREFER_ENV_PATH": "1"}
    paths = [str(SETTINGS), given.get("JUPYTER_CONFIG_PATH", "")]
    env["JUPYTER_CONFIG_PATH"] = os.pathsep.join(p for p in paths if p)
    programs = str(Path(sys.executable).parent)
    env["PATH"] = os.pathsep.join([programs, given.get("PATH", os.defpath)])
    env["VIRTUAL_ENV"] = sys.prefix
    home = Path(given.get("HOME") or "~").expanduser()
    if not (home.is_dir() and os.access(home, os.W_OK)):
        inner = course.work / "home"
        inner.mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(inner)
    return env


def has_browser(env: Mapping[str, str]) -> bool:
    """Say whether a window can be opened: elsewhere only the link is printed."""
    return sys.platform == "darwin" or any(
        env.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
