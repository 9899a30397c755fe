"""Toy labs and submissions that the judge's own tests share."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from lab_kit.judge import LabSpec, Report, Result

ROOT = Path(__file__).resolve().parents[2]
LABS = Path(__file__).parent / "labs"
SQUARE = "def area(side):\n    return side * side if side >= 0 else None\n"
STUB = 'def area(side):\n    raise NotImplementedError("multiply the side by itself")\n'
EXERCISES = [{"file": "shapes.py", "core": True}]
BEHAVIOURS = LabSpec("lab00_behaviours", "Behaviours", EXERCISES)
SHAPES = LabSpec("lab01_shapes", "Shapes", EXERCISES)


def by_name(report: Report) -> dict[str, Result]:
    """Return a report's results by check; the report must not be an error."""
    assert "error" not in report, report["error"]
    return {row["check"]: row for row in report["results"]}


def add_lab(root: Path, lab: str, checks: str) -> None:
    """Add a toy lab to a course, as a build would have left it."""
    about = {
        "title": checks.capitalize(),
        "minutes": 5,
        "exercises": [{**e, "minutes": 5} for e in EXERCISES],
        "stubs": {"shapes.py": STUB},
    }
    notebook = {"cells": [], "metadata": {"beyond": about}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / f"{lab}.ipynb").write_text(json.dumps(notebook))
    (root / "exercises" / lab).mkdir(parents=True)
    (root / "exercises" / lab / "shapes.py").write_text(STUB)
    shutil.copytree(LABS / checks, root / "tests" / "labs" / lab)


def children(pid: int) -> list[int]:
    """Return the process numbers of all descendants of a process."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(folder.name)] = int(fields[1])
    found, look = [], [pid]
    while look:
        one = look.pop()
        mine = [child for child, parent in parents.items() if parent == one]
        found += mine
        look += mine
    return found


def exists(pid: int) -> bool:
    """Tell whether a process is there and not just waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment with what a child needs to find lab_kit."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **extra}
