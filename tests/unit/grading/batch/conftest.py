"""Give the batch's tests a course with one toy lab, a store, and a class that handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_kit.course import Course
from lab_kit.grading.model import Incoming
from lab_kit.grading.store import Store
from lab_kit.judge.sealed import copy
from tests.judge.toys import SQUARE, add_lab

LAB = "lab01_shapes"
HandIn = Callable[..., Incoming]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "course.toml").write_text('name = "Toy"\n')
    add_lab(root, LAB, "shapes")
    return Course(root)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "grades.sqlite") as opened:
        yield opened


@pytest.fixture
def hand_in(tmp_path: Path) -> HandIn:
    def make(student: str, text: str = SQUARE, lab: str = LAB) -> Incoming:
        folder = tmp_path / "in" / student
        folder.mkdir(parents=True)
        (folder / "shapes.py").write_text(text)
        scratch = tmp_path / "digested" / student
        return Incoming(student, lab, folder, f"{student}.zip", None, (), copy(folder, scratch))

    return make
