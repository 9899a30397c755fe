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
    (row,) = edition.encode()["exercises"]
    assert (row["file"], row["core"]) == ("shapes.py", True)


def hidden(course: Course, private: Path, into: Path, file: str, old: str, new: str) -> set[str]:
    """Lay a released file over, changed at one place; return what is hidden then."""
    text = (course.checks(LAB) / file).read_text()
    assert old in text
    (private / LAB / file).write_text(text.replace(old, new))
    (edition,) = fix(course, [LAB], private, into)
    return set(edition.hidden)


@pytest.mark.parametrize(
    ("old", "new", "covered"),
    [
        ("-3", "-4", {"negative_sides_are_refused"}),  # the same name, other inputs
        ("SIDE = 7", "SIDE = 8", {"squares_are_measured"}),  # what it names
        ("SIDE = 7", "SIDE = 7\nOTHER = 1", set()),
    ],
)
def test_a_private_check_under_a_released_name_is_hidden(
    course: Course, private: Path, tmp_path: Path, old: str, new: str, covered: set[str]
) -> None:
    path = course.checks(LAB) / "check_shapes.py"
    text = path.read_text().replace("    side = ", "    SIDE\n    side = ")
    path.write_text(text.replace("\n\n\n@check", "\n\nSIDE = 7\n\n\n@check", 1))
    assert hidden(course, private, tmp_path / "fixed", path.name, old, new) == covered


def test_every_check_is_hidden_when_what_they_are_built_of_is_replaced(
    course: Course, private: Path, tmp_path: Path
) -> None:
    (course.checks(LAB) / "shop.py").write_text("PRICE = 1\n")
    found = hidden(course, private, tmp_path / "fixed", "shop.py", "1", "2")
    assert found == {"squares_are_measured", "negative_sides_are_refused", "zero_is_measured"}


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
