"""What a class is judged by: the released checks with the private ones laid over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.course import Course
from lab_kit.errors import AuthorError, UsageError
from lab_kit.grading.edition import fix
from lab_kit.judge.lab_judge import version
from tests.unit.grading.batch.conftest import LAB

HIDDEN = '''

import lab_kit.judge as judge


@judge.check(hint="Zero has an area, too.")
def zero_is_measured(submission):
    """`area` gives 0 for 0."""
    judge.expect_equal(submission.call("shapes.py", "area", 0), 0, "It was wrong.", 0, "look.")
'''


@pytest.fixture
def private(course: Course, tmp_path: Path) -> Path:
    folder = tmp_path / "private" / LAB
    folder.mkdir(parents=True)
    released = (course.checks(LAB) / "check_shapes.py").read_text()
    (folder / "check_shapes.py").write_text(released + HIDDEN)
    return folder.parent


def test_the_copy_is_what_was_released(course: Course, tmp_path: Path) -> None:
    (course.checks(LAB) / "wrong" / "one").mkdir(parents=True)
    (course.checks(LAB) / "wrong" / "one" / "shapes.py").write_text("1")
    (edition,) = fix(course, [LAB], None, tmp_path / "fixed")
    assert edition.checks_version == version(course.checks(LAB))
    assert edition.hidden == ()
    assert not (edition.folder / "wrong").exists()
    assert edition.encode()["exercises"] == [{"file": "shapes.py", "core": True}]


@pytest.mark.parametrize("deeper", [True, False])
def test_private_checks_are_laid_over_and_known_as_hidden(
    course: Course, private: Path, tmp_path: Path, deeper: bool
) -> None:
    place = private if deeper else private / LAB
    (edition,) = fix(course, [LAB], place, tmp_path / "fixed")
    assert edition.hidden == ("zero_is_measured",)
    assert edition.checks_version != version(course.checks(LAB))
    assert "zero_is_measured" in (edition.folder / "check_shapes.py").read_text()


def test_an_overlay_without_checks_is_told(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        fix(course, [LAB], tmp_path, tmp_path / "fixed")
    assert caught.value.what == f"{tmp_path} holds no checks of lab01_shapes."
    assert "DIR/lab01_serverless/check_bill.py" in caught.value.why
    assert caught.value.next == "check the path of --checks, or leave it out."


def test_an_overlay_that_is_no_python_is_told(
    course: Course, private: Path, tmp_path: Path
) -> None:
    (private / LAB / "check_shapes.py").write_text("def (:\n")
    with pytest.raises(AuthorError) as caught:
        fix(course, [LAB], private, tmp_path / "fixed")
    assert caught.value.what == "check_shapes.py is not a file of checks."
    assert "line 1" in caught.value.why
    assert caught.value.next == "mend it, then grade again."
