"""Fix what a class is judged by: a private copy of each lab's check files, with the
instructor's own laid over them, so that an edit while grading changes no verdict.

The overlay has the shape of `tests/labs`: `DIR/lab01_serverless/check_bill.py` takes the place
of the released file of that name. What of it students may see is what they have: a check that
stands in the released file, word for word and with all that it names. Any other is hidden, and all
are where the overlay replaces what checks are built of.
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
    lab_version: str

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
    known = texts(target)
    if overlay:
        lay(overlay, target)
    now = texts(target)
    built_of = {name: file for name, file in known.items() if not name.startswith("check_")}
    same = all(now[name] == file for name, file in built_of.items())
    seen = {
        check for name, file in known.items() for check in checks_in(name, file)
        if same and meaning(check, name, now[name]) == meaning(check, name, file)
    }  # fmt: skip
    hidden = {check for name, file in now.items() for check in checks_in(name, file)} - seen
    info = course.info(lab)
    return Edition(LabSpec.of(info), target, version(target), tuple(sorted(hidden)), info.version)


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


def texts(folder: Path) -> dict[str, str]:
    """Return the text of each file that checks are made of, by its path inside."""
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8", errors="replace")
        for path in check_files(folder)
    }


def checks_in(name: str, text: str) -> set[str]:
    """Return the names of the checks in a file, by its text: nothing is run."""
    if not name.startswith("check_"):
        return set()
    nodes = definitions(name, text).values()
    return {n.name for n in nodes if isinstance(n, ast.FunctionDef) and is_check(n)}


def definitions(name: str, text: str) -> dict[str, ast.stmt]:
    """Return what a file's statements define: name -> statement."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise AuthorError(
            f"{name} is not a file of checks.", str(error), "mend it, then grade again."
        ) from error
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found[inner.id] = node
            elif isinstance(inner, ast.alias):
                found[(inner.asname or inner.name).split(".")[0]] = node
    return found


def meaning(check: str, name: str, text: str) -> list[str]:
    """Return a check with all that it names in its file, in a form that can be compared."""
    known = definitions(name, text)
    found, wanted = dict[str, str](), [check]
    while wanted:
        word = wanted.pop()
        if word in found or word not in known:
            continue
        found[word] = ast.dump(known[word])
        names = (n for n in ast.walk(known[word]) if isinstance(n, ast.Name | ast.arg))
        wanted += [n.id if isinstance(n, ast.Name) else n.arg for n in names]
    return sorted(found.values())


def is_check(function: ast.FunctionDef) -> bool:
    """Tell whether a function is decorated with `@check`, with arguments or without."""
    for decorator in function.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = named.id if isinstance(named, ast.Name) else getattr(named, "attr", "")
        if name == "check":
            return True
    return False
