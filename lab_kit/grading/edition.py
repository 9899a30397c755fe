"""Fix what a class is judged by: a private copy of each lab's check files, with the
instructor's own laid over them, so that an edit while grading changes no verdict.

The overlay has the shape of `tests/labs`: `DIR/lab01_serverless/check_bill.py` takes the place
of the released file of that name. A check that the released files do not have is hidden.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_kit.course import Course
from lab_kit.errors import AuthorError, UsageError
from lab_kit.judge import LabSpec
from lab_kit.judge.lab_judge import check_files, version


@dataclass(frozen=True)
class Edition:
    """Hold one lab as it is judged now."""

    lab: LabSpec
    folder: Path
    checks_version: str
    hidden: tuple[str, ...]

    def encode(self) -> dict[str, Any]:
        return {
            "checks": str(self.folder),
            "title": self.lab.title,
            "exercises": [dict(e) for e in self.lab.exercises],
            "variant": self.lab.variant,
        }


def fix(course: Course, labs: Sequence[str], overlay: Path | None, into: Path) -> list[Edition]:
    """Copy the labs' check files into `into` and return what is judged by."""
    over = {lab: laid_over(overlay, lab, len(labs) == 1) for lab in labs}
    if overlay is not None and not any(over.values()):
        raise UsageError(
            f"{overlay} holds no checks of {', '.join(labs)}.",
            "Private checks lie in a folder for each lab: DIR/lab01_serverless/check_bill.py.",
            "check the path of --checks, or leave it out.",
        )
    return [fix_one(course, lab, over[lab], into / lab) for lab in labs]


def fix_one(course: Course, lab: str, overlay: Path | None, target: Path) -> Edition:
    """Copy one lab's check files, the released and then the private."""
    released = course.checks(lab)
    lay(released, target)
    names = checks_in(target)
    if overlay:
        lay(overlay, target)
    hidden = tuple(sorted(checks_in(target) - names))
    return Edition(LabSpec.of(course.info(lab)), target, version(target), hidden)


def laid_over(overlay: Path | None, lab: str, only_one: bool) -> Path | None:
    """Return the folder of the overlay that belongs to a lab."""
    if overlay is None:
        return None
    if (overlay / lab).is_dir():
        return overlay / lab
    return overlay if only_one and any(overlay.glob("check_*.py")) else None


def lay(source: Path, target: Path) -> None:
    """Copy check files over what lies there."""
    for path in check_files(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def checks_in(folder: Path) -> set[str]:
    """Return the names of the checks in a folder by their text: nothing is run."""
    found = set()
    for path in folder.glob("check_*.py"):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError) as error:
            raise AuthorError(
                f"{path.name} is not a file of checks.", str(error), "mend it, then grade again."
            ) from error
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and any(map(is_check, node.decorator_list)):
                found.add(node.name)
    return found


def is_check(decorator: ast.expr) -> bool:
    """Tell whether a decorator is `@check`, with arguments or without."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.id if isinstance(named, ast.Name) else getattr(named, "attr", "")) == "check"
