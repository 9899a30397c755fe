from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from lab_kit.course import Course
from lab_kit.notebook.cells import cells
from lab_kit.notebook.where import Where, named

LAB = "lab01_toy"
STUB = 'def one():\n    raise NotImplementedError("give back 1")\n'


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course with one lab of one exercise, and a kernel that sits in its notebook."""
    root = tmp_path.resolve() / "course"
    for folder in ("notebooks", f"exercises/{LAB}", f"solutions/{LAB}", f"tests/labs/{LAB}"):
        (root / folder).mkdir(parents=True)
    (root / "course.toml").write_text('name = "Toy"\n')
    (root / "exercises" / LAB / "answer.py").write_text(STUB)
    (root / "solutions" / LAB / "answer.py").write_text("def one():\n    return 1\n")
    about = {
        "title": "Toy",
        "exercises": [{"file": "answer.py", "core": True}],
        "stubs": {"answer.py": STUB},
    }
    notebook = {"cells": [], "metadata": {"beyond": about}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / f"{LAB}.ipynb").write_text(json.dumps(notebook))
    monkeypatch.delenv("BEYOND_ROOT", raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", str(root / "notebooks" / f"{LAB}.ipynb"))
    monkeypatch.chdir(root / "notebooks")
    return Course(root)


@pytest.fixture
def where(course: Course) -> Where:
    return Where(course, LAB)


@pytest.fixture
def answer(where: Where) -> Path:
    return where.folder / "answer.py"


@pytest.fixture
def shell(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real IPython with the extension loaded; its run_cell returns IPython's own result."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=config)
    made.run_line_magic("load_ext", "lab_kit.notebook.extension")
    yield made
    made.run_line_magic("unload_ext", "lab_kit.notebook.extension")
    made.reset(new_session=False)
    InteractiveShell.clear_instance()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    cells.close_all()
    cells.current = None
    named.clear()


def run(shell: Any, text: str, cell_id: str | None = None) -> Any:
    """Run one cell; a cell that raises is the test's failure."""
    result = shell.run_cell(text, cell_id=cell_id)
    assert result.success, result.error_in_exec or result.error_before_exec
    return result


def put_in(shell: Any) -> str:
    """Return what the magic wants to stand in the cell, '' for nothing."""
    text, shell.rl_next_input = getattr(shell, "rl_next_input", None), None
    return str(text or "")


class FakeJudge:
    """Answer as LabJudge does, from a list of results."""

    def __init__(self, results: list[dict[str, Any]], error: dict[str, str] | None = None) -> None:
        self.results, self.error = results, error
        self.closed = 0
        self.before: Any = None

    def list_checks(self) -> list[Any]:
        keys = ("exercise", "core", "promise", "points")
        return [
            SimpleNamespace(
                name=r["check"],
                hints=("look here", "then there"),
                needs=(),
                **{k: r[k] for k in keys},
            )
            for r in self.results
        ]

    def hinted(self, name: str, verdicts: Any = None) -> Any:
        return next(c for c in self.list_checks() if name in (c.name, c.exercise))

    def judge(self, folder: Path, *, only: Any = None, on_result: Any = None) -> dict[str, Any]:
        if self.error:
            return {"error": self.error}
        for result in self.results:
            if self.before:
                self.before(result)
            on_result(result)
        return {"results": self.results}

    def close(self) -> None:
        self.closed += 1


def result(check: str, verdict: str, **more: Any) -> dict[str, Any]:
    said = {"what": "", "why": "", "next": ""}
    if verdict == "failed":
        said = {"what": "one gave 2.", "why": "Expected 1, got 2.", "next": "look at answer.py."}
    base = {"check": check, "exercise": "answer.py", "core": True, "promise": f"It {check}s."}
    return {**base, "points": 1, "verdict": verdict, "hints": 2, "ms": 1.0, **said, **more}
