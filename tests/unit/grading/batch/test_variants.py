"""What each student's own problem is when a class is graded, here and on another machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_kit.course import Course
from lab_kit.grading import outpost
from lab_kit.grading.batch import Grader
from lab_kit.grading.crew import Task
from lab_kit.grading.store import Store
from lab_kit.judge.variants import derive

from .conftest import LAB, HandIn

SECRET = b"a secret of the course"
SOURCE = "def variant(rng):\n    return {'side': rng.randint(10, 10**6)}\n"
CHECK = """
from lab_kit.judge import check, expect_equal


@check(hint="Look.")
def your_own_square_is_measured(submission, variant):
    \"\"\"mine() is the area of your own square.\"\"\"
    expect_equal(submission.call("shapes.py", "mine"), variant["side"] ** 2)
"""


@pytest.fixture
def varied(course: Course) -> Course:
    """Give every student of the toy lab a square of their own."""
    checks = course.checks(LAB)
    (checks / "variant.py").write_text(SOURCE)
    (checks / "check_shapes.py").write_text(CHECK)
    path = course.root / "notebooks" / f"{LAB}.ipynb"
    notebook = json.loads(path.read_text())
    about = notebook["metadata"]["beyond"]
    about["variant"] = "square.json"
    about["stubs"]["square.json"] = '{"side": 3}'
    path.write_text(json.dumps(notebook))
    return course


def literal(side: int) -> str:
    return f"def mine():\n    return {side * side}\n"


def side_of(course: Course, student: str) -> int:
    values = derive(course.checks(LAB), SECRET, student, LAB)
    assert values is not None
    return int(values["side"])


def verdicts(grader: Grader, store: Store, work: list) -> dict[str, str]:
    list(grader.run(work))
    found = {}
    for grade in store.grades(grader.number):
        error = grade.report.get("error")
        rows = grade.report.get("results")
        found[grade.student] = error["what"] if error else rows[0]["verdict"]
    return found


def test_a_neighbours_literal_fails(varied: Course, store: Store, hand_in: HandIn) -> None:
    ada = literal(side_of(varied, "ada"))
    work = [hand_in("ada", ada), hand_in("bob", ada), hand_in("eve", literal(3))]
    with Grader(varied, store, require="any", secret=SECRET) as grader:
        found = verdicts(grader, store, work)
    assert found == {"ada": "passed", "bob": "failed", "eve": "failed"}


def test_without_a_secret_all_have_the_courses_own(
    varied: Course, store: Store, hand_in: HandIn
) -> None:
    work = [hand_in("ada", literal(3)), hand_in("bob", literal(4))]
    with Grader(varied, store, require="any") as grader:
        assert verdicts(grader, store, work) == {"ada": "passed", "bob": "failed"}


def test_a_variant_that_cannot_be_drawn_is_nobodys_zero(
    varied: Course, store: Store, hand_in: HandIn
) -> None:
    (varied.checks(LAB) / "variant.py").write_text("def variant(rng):\n    return 7\n")
    with Grader(varied, store, require="any", secret=SECRET) as grader:
        found = verdicts(grader, store, [hand_in("ada", literal(3))])
        assert found == {"ada": f"The variants of {LAB} cannot be drawn."}
        assert grader.exit_code == 3


def test_a_variant_travels_with_its_task(varied: Course, store: Store, hand_in: HandIn) -> None:
    work = hand_in("ada", literal(side_of(varied, "ada")))
    with Grader(varied, store, require="any", secret=SECRET) as grader:
        packed = outpost.pack_edition(grader.editions[LAB].encode())
    files: outpost.Files = outpost.pack_work(Path(work.folder))
    for values, verdict in (
        (derive(varied.checks(LAB), SECRET, "ada", LAB), "passed"),
        ({"side": 3}, "failed"),
    ):
        told = outpost.settings(Task(work, 7, values))
        report = outpost.judge(packed, files, told, 60)["report"]
        assert [row["verdict"] for row in report["results"]] == [verdict]
    outpost.leave("")
