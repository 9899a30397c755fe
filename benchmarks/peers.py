"""Grade the same class with other graders, each in a virtual environment of its own.

    python3 -m venv /tmp/nbgrader && /tmp/nbgrader/bin/pip install nbgrader
    python3 -m venv /tmp/otter && /tmp/otter/bin/pip install otter-grader ipykernel
    BEYOND_NBGRADER=/tmp/nbgrader BEYOND_OTTER=/tmp/otter .venv/bin/python benchmarks/judge.py

nbgrader runs `nbgrader autograde` over the class, as its manual says: one notebook after another.
Otter runs `otter run` for each submission, which needs no Docker, as many at once as there are
cores. Preparing the assignment is not timed.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assignment import CASES

from lab_kit.grading.batch import cores

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "bench"
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
"""


def found() -> dict[str, Path]:
    """Return the peers whose environments are named, by their command."""
    named = {"nbgrader": "BEYOND_NBGRADER", "otter": "BEYOND_OTTER"}
    return {
        peer: Path(os.environ[name]) / "bin" / peer
        for peer, name in named.items()
        if os.environ.get(name)
    }


def prepared(peer: str, command: Path, handed_in: Path, desk: Path) -> Callable[[], None]:
    """Set the assignment and the class up for a peer; return what grades them."""
    desk.mkdir()
    work = {own.name: (own / "four.py").read_text() for own in sorted(handed_in.iterdir())}
    return nbgrader(command, work, desk) if peer == "nbgrader" else otter(command, work, desk)


def nbgrader(command: Path, work: dict[str, str], desk: Path) -> Callable[[], None]:
    (desk / "nbgrader_config.py").write_text(CONFIG)
    write(desk / "source" / "four" / "four.ipynb", [solution(next(iter(work.values()))), *tests()])
    call(command, desk, "generate_assignment", "four", "--force")
    released = json.loads((desk / "release" / "four" / "four.ipynb").read_text())
    for student, text in work.items():
        released["cells"][0]["source"] = text
        place = desk / "submitted" / student / "four" / "four.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(released))

    def grade() -> None:
        call(command, desk, "autograde", "four")
        scores = sqlite3.connect(desk / "gradebook.db").execute("SELECT auto_score FROM grade")
        points = [row[0] for row in scores if row[0] is not None]
        assert sum(points) == len(CASES) * 2 * len(work), points

    return grade


def solution(text: str) -> dict[str, object]:
    marked = f"### BEGIN SOLUTION\n{text}### END SOLUTION"
    return cell(marked, grade=False, solution=True, locked=False, grade_id="four")


def tests() -> list[dict[str, object]]:
    return [
        cell(
            f"assert {name}(*{arguments!r}) == {expected!r}",
            grade=True, solution=False, locked=True, points=1, grade_id=f"{name}{number}",
        )
        for name, cases in CASES.items()
        for number, (arguments, expected) in enumerate(cases)
    ]  # fmt: skip


def cell(source: str, **about: object) -> dict[str, object]:
    about |= {"schema_version": 3, "task": False}
    name = str(about["grade_id"]).replace("_", "-")
    return {
        "cell_type": "code", "execution_count": None, "id": name, "outputs": [],
        "metadata": {"nbgrader": about}, "source": source,
    }  # fmt: skip


def otter(command: Path, work: dict[str, str], desk: Path) -> Callable[[], None]:
    (desk / "tests").mkdir()
    for name, cases in CASES.items():
        rows = [
            {"code": f">>> {name}(*{arguments!r}) == {expected!r}\nTrue", "hidden": False}
            for arguments, expected in cases
        ]
        suites = [{"cases": rows, "scored": True, "setup": "", "teardown": "", "type": "doctest"}]
        test = {"name": name, "points": 2, "suites": suites}
        (desk / "tests" / f"{name}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    (desk / "otter_config.json").write_text("{}")
    call(command, desk, "generate", "-t", "tests", "-o", "grader.zip", "-c", "otter_config.json",
         "--no-environment")  # fmt: skip
    for student, text in work.items():
        own = desk / student
        (own / "out").mkdir(parents=True)
        plain = {"cell_type": "code", "execution_count": None, "id": "four", "metadata": {},
                 "outputs": [], "source": text}  # fmt: skip
        write(own / "four.ipynb", [plain])
        shutil.copy(desk / "grader.zip", own)

    def one(student: str) -> None:
        own = desk / student
        call(command, own, "run", "-a", "grader.zip", "-o", "out", "four.ipynb")
        told = json.loads((own / "out" / "results.json").read_text())
        points = [test["score"] for test in told["tests"] if test.get("max_score")]
        assert sum(points) == 2 * len(CASES), told

    def grade() -> None:
        with ThreadPoolExecutor(cores()) as pool:
            list(pool.map(one, work))

    return grade


def write(place: Path, cells: list[dict[str, object]]) -> None:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4,
                "nbformat_minor": 5}  # fmt: skip
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(notebook))


def call(command: Path, desk: Path, *words: str) -> None:
    env = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(desk)}
    done = subprocess.run([command, *words], cwd=desk, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
