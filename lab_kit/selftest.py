"""Run the project's own test suite: `./lab test`, and nothing else in continuous integration."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab_kit import setup
from lab_kit.components.toolchain import LANGUAGES, Toolchain
from lab_kit.course import Course
from lab_kit.errors import LabError, Unavailable
from lab_kit.packages import Stopped
from lab_kit.process import start_trusted

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")  # with no font a page is all boxes
LEFT_OUT = (
    "The browser tests are left out: there is no Chromium here. To run them, "
    "`sudo apt install chromium`, or name one with BEYOND_CHROMIUM=/path, then ./lab test again."
)


def run(course: Course, args: Sequence[str]) -> int:
    """Run linters, type checks, the build's check and pytest; return the exit code.

    With `args`, which go to pytest, only pytest runs. The first thing that fails ends it.
    """
    try:
        setup.ensure(course.root, "requirements-test.lock")
    except Stopped as stopped:
        raise Unavailable("The tests could not be set up.", str(stopped)) from None
    env = environment(os.environ)
    if not args:
        for name, argv in inspections().items():
            print(f"-- {name}", flush=True)
            if code := call(argv, course.root, env):
                print(f"{name} found what is said above; nothing was tested.", file=sys.stderr)
                return 1 if code > 0 else code
    browser = chromium(env) or installed(course.root, env)
    if browser:
        env["BEYOND_CHROMIUM"] = browser
    elif env.get("CI") == "true":
        raise LabError("The browser tests cannot be left out here, where CI=true.", LEFT_OUT)
    else:
        print(LEFT_OUT, flush=True)
    without = [] if browser else ["not browser"]
    without += [] if compilers(course.root, env) else ["not compilers"]
    left_out = ["-m", " and ".join(without)] if without else []
    return call([sys.executable, "-P", "-m", "pytest", *left_out, *args], course.root, env)


def compilers(root: Path, env: Mapping[str, str]) -> bool:
    """Get the compilers of all languages, once; say whether they are there."""
    try:
        for language in LANGUAGES:
            Toolchain(language, root / ".beyond").fetch(lambda line: print(line, flush=True))
    except Unavailable as missing:
        if env.get("CI") == "true":
            raise LabError(
                "The compilers cannot be left out here, where CI=true.", str(missing)
            ) from None
        print(f"The tests of compilers are left out.\n{missing}", flush=True)
        return False
    return True


def inspections() -> dict[str, list[str]]:
    """Return the command of each inspection that comes before the tests."""
    python = [sys.executable, "-P", "-m"]
    return {
        "ruff check": [*python, "ruff", "check"],
        "ruff format": [*python, "ruff", "format", "--check"],
        "mypy": [*python, "mypy"],
        "import contracts": [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        "build --check": [*python, "lab_kit", "build", "--check"],
    }


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the tests: they find their courses by themselves."""
    return {k: v for k, v in given.items() if k != "BEYOND_ROOT"}


def chromium(env: Mapping[str, str]) -> str:
    """Return the path of a Chromium that answers, or nothing.

    On some systems the name belongs to a script that only says how to get the program.
    """
    named = env.get("BEYOND_CHROMIUM", "")
    for name in [named] if named else BROWSERS:
        path = shutil.which(name, path=env.get("PATH"))
        if path and answers(path):
            return path
    return ""


def answers(path: str) -> bool:
    """Say whether the program tells its version within ten seconds."""
    try:
        with start_trusted([path, "--version"]) as program:
            return program.wait(10).code == 0
    except Unavailable:
        return False


def installed(root: Path, env: Mapping[str, str]) -> str:
    """Install Debian's Chromium where that is allowed; return its path, or nothing."""
    apt = shutil.which("apt-get", path=env.get("PATH"))
    if apt is None or os.geteuid() != 0 or env.get("BEYOND_CHROMIUM"):
        return ""
    print(f"Installing {' and '.join(PACKAGES)} for the browser tests.", flush=True)
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    for argv in (
        [apt, "-qq", "update"],
        [apt, "-qq", "-y", "--no-install-recommends", "install", *PACKAGES],
    ):
        with start_trusted(argv, env=quiet, cwd=root) as program:
            end = program.wait(900)
            if end.code != 0:
                last = (program.output().strip() or end.reason).splitlines()[-1]
                print(f"apt-get did not do that: {last}", flush=True)
                return ""
    return chromium(env)


def call(argv: Sequence[str], root: Path, env: Mapping[str, str]) -> int:
    """Run a program on our terminal and return its exit code, 1 for one that was killed."""
    with start_trusted(argv, cwd=root, env=env, capture=False, session=False) as program:
        end = program.wait(None)
    return 1 if end.code is None else end.code
