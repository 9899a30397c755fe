from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_kit.course import Course, Exercise
from lab_kit.errors import UsageError


@pytest.fixture(autouse=True)
def _no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BEYOND_ROOT", raising=False)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "course.toml").write_text('name = "Kiosk"\n')
    (tmp_path / "notebooks").mkdir()
    about = {"title": "First", "minutes": 7, "exercises": [{"file": "a.py", "minutes": 3}]}
    for name in ("lab01_one", "lab02_two", "Notes", "labX"):
        text = json.dumps({"metadata": {"beyond": about}})
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(text)
    return Course(tmp_path)


def test_the_course_is_found_from_below(course: Course):
    below = course.root / "exercises" / "lab01_one"
    below.mkdir(parents=True)
    assert Course.find(below).root == course.root.resolve()


def test_the_working_directory_counts_too(course: Course, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(course.root / "notebooks")
    assert Course.find(tmp_path_factory.mktemp("elsewhere")).root == course.root.resolve()


def test_the_root_may_be_said(course: Course, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("BEYOND_ROOT", str(course.root))
    assert Course.find(tmp_path_factory.mktemp("elsewhere")).root == course.root.resolve()


def test_a_wrong_root_is_told(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("BEYOND_ROOT", str(tmp_path))
    with pytest.raises(UsageError, match="No course was found at BEYOND_ROOT") as caught:
        Course.find()
    assert f"BEYOND_ROOT is {tmp_path}, which holds no course.toml." == caught.value.why
    assert "unset it" in caught.value.next


def test_no_course_at_all_names_both_ways(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="No course was found") as caught:
        Course.find(tmp_path)
    assert str(tmp_path) in caught.value.why
    assert "open the notebook inside your clone, or set BEYOND_ROOT" in caught.value.next


def test_labs_are_those_of_the_notebooks_in_order(course: Course):
    assert course.labs() == ["lab01_one", "lab02_two"]


@pytest.mark.parametrize(
    "text",
    ["lab02_two", "two", "02", "2", "lab02", "exercises/lab02_two/", "notebooks/lab02_two.ipynb"],
)
def test_a_lab_has_short_names(course: Course, text: str):
    assert course.resolve(text) == "lab02_two"


def test_an_unknown_lab_is_told_with_the_known_ones(course: Course):
    with pytest.raises(UsageError, match="There is no lab called 'three'") as caught:
        course.resolve("three")
    assert caught.value.why == "The labs are: lab01_one, lab02_two."
    assert "./lab list" in caught.value.next


def test_a_lab_tells_its_title_and_exercises(course: Course):
    info = course.info("lab01_one")
    assert (info.title, info.minutes, info.exercises) == ("First", 7, (Exercise("a.py", 3, True),))
