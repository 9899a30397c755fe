from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.course import Course
from lab_kit.errors import UsageError
from lab_kit.notebook.where import locate
from tests.unit.notebook.conftest import LAB


def test_jupyterlab_names_the_notebook(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    found = locate()
    assert (found.course, found.lab, found.authoring) == (course, LAB, False)
    assert found.folder == course.root / "exercises" / LAB


def test_vs_code_names_it_in_the_namespace(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.chdir("/")
    path = course.root / "notebooks" / f"{LAB}.ipynb"
    assert locate({"__vsc_ipynb_file__": str(path)}).lab == LAB


def test_elsewhere_the_folder_of_work_names_the_lab(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.chdir(course.root / "exercises" / LAB)
    assert locate().lab == LAB


def test_a_story_is_the_authors(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(course.root / "solutions" / LAB / "story.md"))
    found = locate()
    assert found.authoring
    assert found.folder == course.root / "solutions" / LAB


def test_a_lab_given_by_name_wins(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(course.root / "scratch.ipynb"))
    assert locate(lab="toy").lab == LAB
    assert locate(lab=LAB).folder == course.root / "exercises" / LAB


def test_beyond_root_wins_over_the_notebooks_place(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEYOND_ROOT", str(course.root))
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "notebooks" / f"{LAB}.ipynb"))
    assert locate().folder == course.root / "exercises" / LAB


def test_a_notebook_of_no_lab_says_where_the_labs_are(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(course.root / "scratch.ipynb"))
    monkeypatch.chdir(course.root)
    with pytest.raises(UsageError, match="belongs to no lab") as caught:
        locate()
    assert "notebooks/lab01_serverless.ipynb" in caught.value.next


def test_the_stub_is_what_the_build_handed_out(course: Course) -> None:
    found = locate()
    assert str(found.stub("answer.py")).startswith("def one():")
    assert found.stub("other.py") is None


def test_where_nothing_else_tells_the_lab_that_was_named_counts(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.chdir(course.root / "notebooks")  # as nbconvert does
    with pytest.raises(UsageError):
        locate()
    assert locate(lab=LAB).lab == LAB
    assert locate().lab == LAB
