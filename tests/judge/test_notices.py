"""What an instructor is told before a class is judged, and private checks as the docs show them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_kit.course import Course
from lab_kit.grading.edition import fix
from lab_kit.judge import LabJudge
from tests.judge.conftest import Ran
from tests.judge.toys import ROOT, SQUARE

Lab = Callable[..., Ran]
LAB = "lab01_shapes"
GRADE = ("grade", "in", "--require-isolation", "any", "--lab", "1")
MINE = '''
from lab_kit.judge import check, expect


@check({hint})
def zero_is_measured(submission):
    """`area` gives 0 for 0."""
    expect(submission.call("shapes.py", "area", 0) == 0, "It was wrong.")
'''


@pytest.fixture
def handed_in(course: Path) -> Path:
    for student in ("ada", "bob"):
        (course / "in" / student).mkdir(parents=True)
        (course / "in" / student / "shapes.py").write_text(f"{SQUARE}# {student}\n")
    return course / "in"


def private(course: Path, name: str, hint: str = 'hint="Zero."') -> tuple[str, str]:
    place = course / "private" / LAB
    place.mkdir(parents=True)
    (place / name).write_text(MINE.format(hint=hint))
    return "--checks", "private"


def test_a_private_file_with_a_name_of_its_own_is_judged_beside_the_released(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    ran = lab(*GRADE, *private(course, "check_shapes_mine.py"))
    assert (ran.code, ran.err) == (0, "")
    assert "4/4" in lab("report").out


def test_a_private_file_that_replaces_a_released_one_says_what_is_lost(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    ran = lab(*GRADE, *private(course, "check_shapes.py"))
    assert ran.code == 0
    assert ran.err == (
        "! lab01_shapes: a private file takes the place of a released one, so "
        "negative_sides_are_refused, squares_are_measured are not judged. A file called "
        "check_X_mine.py is judged beside check_X.py.\n"
    )


@pytest.mark.parametrize(
    ("name", "hint", "said"),
    [
        (
            "check_hello.py",
            'hint="Zero."',
            "check_hello.py belongs to no exercise of lab01_shapes.",
        ),
        ("check_shapes_mine.py", "", "The check zero_is_measured has no hint."),
    ],
)
def test_a_wrong_private_check_stops_before_anybody_is_judged(
    lab: Lab, course: Path, handed_in: Path, name: str, hint: str, said: str
) -> None:
    ran = lab(*GRADE, *private(course, name, hint))
    assert ran.code == 3
    assert said in ran.err and "INTERNALERROR" not in ran.err
    assert "call it check_X.py" in ran.err or "say where to look" in ran.err
    assert "nothing is wrong with your work" not in ran.err
    assert lab("report").out.count("\n") == 1  # the heading alone


def test_who_is_missing_strange_or_without_a_time_is_told(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    (course / "roster.csv").write_text("id,name\nada,Ada\ncy,Cy\n")
    (course / "times.csv").write_text("id,submitted\nada,2026-03-01T10:00:00Z\neve,2026-03-02\n")
    ran = lab(*GRADE, "--roster", "roster.csv", "--times", "times.csv")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "! --times says nothing of bob: an id there is the student's, or the name of what was "
        "handed in.",
        "! On the roster, and nothing handed in: cy.",
        "! Not on the roster: bob.",
    ]
    canvas = lab("report", "--csv", "-", "--format", "canvas", "--roster", "roster.csv").out
    assert "Ada" in canvas and "bob" not in canvas


def test_what_cannot_be_read_counts_for_the_lab_that_is_graded(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    (handed_in / "cut.zip").write_bytes(b"PK\x03\x04")
    assert lab(*GRADE).code == 3
    assert f"cut                              {LAB}" in lab("report").out
    head = lab("report", "--csv", "-", "--format", "moodle").out.splitlines()[0]
    assert head == f'"ID number","Email address","{LAB} core"'


def test_a_class_is_no_gradescope_form_and_is_told_before_it_is_judged(
    lab: Lab, handed_in: Path
) -> None:
    ran = lab(*GRADE, "--gradescope", "results.json")
    assert ran.code == 2
    assert "Gradescope's results.json tells of one student." in ran.err
    assert lab("report").out.count("\n") == 1


def test_the_private_check_of_the_docs_works(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "teaching.md").read_text()
    name = re.search(r"`private/(lab\w+/check_\w+\.py)`", text)
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert name and code
    place = tmp_path / name[1]
    place.parent.mkdir()
    place.write_text(code[1])
    course, lab = Course(ROOT), name[1].split("/")[0]
    (edition,) = fix(course, [lab], tmp_path, tmp_path / "fixed")
    (own,) = edition.hidden
    with LabJudge(edition.folder, lab=edition.lab) as judge:
        verdicts = [
            judge.judge(folder, only=own)["results"][0]["verdict"]
            for folder in (course.solutions(lab), course.exercises(lab))
        ]
    assert verdicts == ["passed", "failed"]
