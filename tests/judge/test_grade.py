"""`./lab grade` as an instructor meets it: a small class, what is said of it, and resuming."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab_kit.errors import UsageError
from lab_kit.grading.store import Store
from lab_kit.process import level, wait_until
from tests.judge.conftest import Ran
from tests.judge.toys import SQUARE, STUB, children, environment, exists

Lab = Callable[..., Ran]
LAB = "lab01_shapes"
GRADE = ("grade", "--require-isolation", "any")
HELD = f"isolation {level().name}."
WRONG = "def area(side):\n    return side\n"
SLOW = SQUARE.replace("    return", "    import time; time.sleep(1)\n    return")
POINTS = {"ada": 3, "bob": 0, "cy": 0, "di": 3}


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """Return a folder of four submissions, one of them a zip."""
    folder = tmp_path / "handed_in"
    for student, text in {"ada": SQUARE, "bob": WRONG, "cy": STUB}.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "shapes.py").write_text(text)
    with zipfile.ZipFile(folder / "di.zip", "w") as file:
        file.writestr("shapes.py", SQUARE)
    return folder


def points(grades: list[dict[str, Any]]) -> dict[str, float]:
    return {row["student"]: row["report"]["points"]["core"][0] for row in grades}


def graded(path: Path) -> int:
    """Return how many grades are kept, also while the file is being made."""
    try:
        with Store(path, write=False) as store:
            return sum(1 for _ in store.grades())
    except UsageError:
        return 0


def test_a_class_is_graded_and_then_known(lab: Lab, course: Path, handed_in: Path) -> None:
    ran = lab(*GRADE, str(handed_in), "--lab", "shapes", "--json", "-")
    data = json.loads(ran.out)
    assert points(data["grades"]) == POINTS
    assert ran.code == 0
    assert ran.err.startswith(f"4 judged, 0 not judged; {HELD}\n")
    again = lab(*GRADE, str(handed_in), "--lab", "shapes")
    assert again.code == 0
    assert again.err == ""
    assert again.out.splitlines() == [
        f"4 judged (4 of them before), 0 not judged; {HELD}",
        f"Grades: {course}/.beyond/grades.sqlite",
    ]


def test_what_is_malformed_is_told_and_stops_nobody(lab: Lab, handed_in: Path) -> None:
    (handed_in / "eve.zip").write_bytes(b"PK\x03\x04 not at all")
    (handed_in / "flo").mkdir()
    (handed_in / "flo" / "notes.txt").write_text("I was ill.")
    ran = lab(*GRADE, str(handed_in), "--lab", "1", "--json", "all.json")
    assert ran.code == 3
    assert ran.out.startswith(f"4 judged, 2 not judged; {HELD}\n")
    assert "? eve" in ran.out
    assert "? flo" in ran.out
    assert ran.out.count("  Next: ") == 2
    rows = json.loads((handed_in.parent / "course" / "all.json").read_text())["grades"]
    errors = {row["student"]: row["report"].get("error") for row in rows}
    assert sorted(name for name, error in errors.items() if error) == ["eve", "flo"]
    assert all(error["what"] and error["next"] for error in errors.values() if error)


def test_every_form_is_written(lab: Lab, course: Path, handed_in: Path) -> None:
    forms = {"--junit": "a.xml", "--csv": "a.csv", "--gradescope": "a.json", "--html": "pages"}
    words = [word for pair in forms.items() for word in pair]
    summary = course / "summary.md"
    summary.write_text("before\n")
    ran = lab(
        *GRADE, str(handed_in / "cy"), "--lab", "1", *words, "--github",
        GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "cy" in (course / "a.xml").read_text()
    assert "cy" in (course / "a.csv").read_text()
    assert json.loads((course / "a.json").read_text())["tests"]
    assert (
        "raise NotImplementedError" in next((course / "pages" / "students").iterdir()).read_text()
    )
    assert summary.read_text().startswith("before\n")
    assert ran.out.startswith("::error ")
    assert "1 judged" in ran.err


def test_private_checks_count_and_stay_private(lab: Lab, course: Path, handed_in: Path) -> None:
    private = course / "private"
    private.mkdir()
    text = (course / "tests" / "labs" / LAB / "check_shapes.py").read_text()
    hidden = '\n\n@check(hint="Zero.")\ndef zero_canary(submission: Submission) -> None:\n'
    hidden += (
        '    """A promise."""\n    expect(submission.call("shapes.py", "area", 0) == 1, "No.")\n'
    )
    (private / "check_shapes.py").write_text(text + hidden)
    words = ("--lab", "1", "--checks", "private", "--json", "all.json", "--junit", "a.xml")
    assert lab(*GRADE, str(handed_in / "ada"), *words).code == 0
    (row,) = json.loads((course / "all.json").read_text())["grades"]
    assert [(r["check"], r["verdict"], r["hidden"]) for r in row["report"]["results"]] == [
        ("squares_are_measured", "passed", False),
        ("negative_sides_are_refused", "passed", False),
        ("zero_canary", "failed", True),
    ]
    assert "canary" not in (course / "a.xml").read_text()


def test_kill_9_of_the_grader_then_the_same_command(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    (handed_in / "gus").mkdir()
    (handed_in / "gus" / "shapes.py").write_text(SLOW)
    store = course / ".beyond" / "grades.sqlite"
    words = [sys.executable, "-P", "-m", "lab_kit", *GRADE, str(handed_in), "--lab", "1"]
    with subprocess.Popen(
        [*words, "--jobs", "2"], cwd=course, env=environment(BEYOND_ROOT=str(course)),
        stdout=subprocess.DEVNULL,
    ) as grader:  # fmt: skip
        try:
            alive = lambda: grader.poll() is None  # noqa: E731
            wait_until(lambda: graded(store), timeout=60, poll=0.005, alive=alive)
            family = children(grader.pid)
        finally:
            grader.kill()
    wait_until(lambda: not any(map(exists, family)), timeout=30, what="the workers' end")
    with Store(store) as reader:
        kept = {g.student: (g.graded, g.report) for g in reader.grades()}
    assert kept
    ran = lab(*GRADE, str(handed_in), "--lab", "1", "--json", "-")
    assert ran.code == 0
    assert f"5 judged ({len(kept)} of them before), 0 not judged" in ran.err
    assert points(json.loads(ran.out)["grades"]) == {**POINTS, "gus": 3}
    with Store(store) as reader:
        after = {g.student: (g.graded, g.report) for g in reader.grades()}
    assert {name: after[name] for name in kept} == kept


def test_nothing_is_graded_without_isolation(lab: Lab, handed_in: Path) -> None:
    ran = lab("grade", str(handed_in), BEYOND_LEVEL="none")
    assert ran.code == 3
    assert ran.out == ""
    assert "This machine's level is 'none', and 'full' is required." in ran.err
    assert "--require-isolation any accepts the risk" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "There is no nowhere."),
        ([], "the following arguments are required: SUBMISSION"),
        ([".", "--json", "/no/such/file"], "--json cannot be written to /no/such/file."),
        ([".", "--store", "/no/such/file"], "/no/such/file cannot hold the grades."),
        ([".", "--pick", "best"], "invalid choice"),
    ],
)
def test_wrong_usage_is_told(lab: Lab, words: list[str], said: str) -> None:
    ran = lab("grade", *words)
    assert ran.code == 2
    assert said in ran.err
    assert "Next: " in ran.err
