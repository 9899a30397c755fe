"""Give the judge's own tests warm judges, and a course to run the command line in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_kit.judge import LabJudge
from tests.judge.toys import BEHAVIOURS, LABS, SHAPES, SQUARE, add_lab, environment


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """Return a submission that keeps both promises of the shapes lab."""
    folder = tmp_path / "square"
    folder.mkdir()
    (folder / "shapes.py").write_text(SQUARE)
    return folder


@pytest.fixture(scope="session")
def behaviours() -> Iterator[LabJudge]:
    """Return a judge of checks that end in every possible way."""
    with LabJudge(LABS / "behaviours", lab=BEHAVIOURS) as running:
        yield running


@pytest.fixture(scope="session")
def shapes() -> Iterator[LabJudge]:
    """Return a judge of two plain checks."""
    with LabJudge(LABS / "shapes", lab=SHAPES) as running:
        yield running


@pytest.fixture
def own_checks(tmp_path: Path) -> Path:
    """Return a copy of the shapes lab's checks that a test may change."""
    return Path(shutil.copytree(LABS / "shapes", tmp_path / "checks"))


@dataclass
class Ran:
    """Hold what one run of the command line left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with two toy labs."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "course.toml").write_text('name = "Toy"\n')
    add_lab(root, "lab00_behaviours", "behaviours")
    add_lab(root, "lab01_shapes", "shapes")
    return root


@pytest.fixture
def lab(course: Path) -> Callable[..., Ran]:
    """Return a function that runs `./lab` with some words, as a shell would."""

    def run(*words: str, **env: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "lab_kit", *words],
            cwd=course,
            env=environment(**{"BEYOND_ROOT": str(course), **env}),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
