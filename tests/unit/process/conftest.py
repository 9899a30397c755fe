"""Give each test a folder with a submission in it, and a zygote at a chosen level."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_kit.process import Student, Zygote, zygote

Start = Callable[..., Student]


@pytest.fixture
def submit(tmp_path: Path) -> Callable[..., Path]:
    """Write a submission: submit("def f(): ...") is its work.py; keywords are further files."""

    def write(source: str = "", **files: str) -> Path:
        folder = tmp_path / "submission"
        folder.mkdir(exist_ok=True)
        (folder / "work.py").write_text(source)
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
        return folder

    return write


@pytest.fixture
def start(submit: Callable[..., Path]) -> Iterator[Start]:
    """Start a student process of a submission; it ends with the test."""
    students: list[Student] = []

    def run(source: str = "", **options: object) -> Student:
        students.append(zygote().student(submit(source), **options))  # type: ignore[arg-type]
        return students[-1]

    yield run
    for student in students:
        student.close()


@pytest.fixture(params=["", "degraded"], ids=["full", "degraded"], scope="module")
def any_zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    """Hold a zygote of its own at level full, then one without namespaces."""
    with Zygote(force=request.param) as own:
        yield own
