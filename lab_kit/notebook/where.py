"""Tell which course, which lab and which folder of work a kernel belongs to.

JupyterLab names the notebook in `JPY_SESSION_NAME`, VS Code in a variable of the namespace; plain
IPython and nbconvert name nothing: there it is the lab that `Lab("...")` named, or the working
directory.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from lab_kit.course import LAB_NAME, Course
from lab_kit.errors import LabError, UsageError

named: list[str] = []  # labs that this kernel asked for by name, for where nothing else tells


@dataclass(frozen=True)
class Where:
    """Point at one lab's work: `authoring` is true while its author runs the story itself."""

    course: Course
    lab: str
    authoring: bool = False

    @property
    def folder(self) -> Path:
        """Return the folder whose files are run and judged."""
        found = self.course.solutions if self.authoring else self.course.exercises
        return found(self.lab)

    def shown(self, path: Path) -> str:
        """Return a path as people read it: from the course's root, with forward slashes."""
        try:
            return path.relative_to(self.course.root).as_posix()
        except ValueError:
            return str(path)

    def stub(self, name: str) -> str | None:
        """Return what the build gave the student as file `name`, None if it gave nothing."""
        text = self._stubs().get(name)
        return text if isinstance(text, str) else None

    def doubt(self, name: str) -> str:
        """Return a line on a file that this lab knows nothing of, '' for one that it hands out."""
        known = list(self._stubs())
        if not known or name in known:
            return ""
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        if near:
            return f"This lab hands out no {name}; did you mean `%%exercise {near[0]}`?\n"
        return f"This lab hands out no {name}: it is a file of your own.\n"

    def _stubs(self) -> dict[str, object]:
        path = self.course.root / "notebooks" / f"{self.lab}.ipynb"
        try:
            about = json.loads(path.read_text(encoding="utf-8"))["metadata"]["beyond"]
            return dict(about["stubs"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def locate(names: Mapping[str, object] | None = None, lab: str | None = None) -> Where:
    """Return where this kernel works; `names` is the notebook's namespace, `lab` a lab's name.

    Raises UsageError if no course is found, or the place names no lab and `lab` is not given.
    """
    places = list(_places(names or {}))
    course = _course(places)
    found, authoring = _lab_of(course, places)
    if lab is not None and lab != found:
        found = course.resolve(lab)
        authoring = False
        named.append(found)
    if found is None and named:
        found = named[-1]
    if found is None:
        raise UsageError(
            "This notebook belongs to no lab.",
            f"It was looked for in {', '.join(str(p) for p in places)}.",
            "open a notebook from notebooks/, for example notebooks/lab01_serverless.ipynb.",
        )
    return Where(course, found, authoring)


def _course(places: list[Path]) -> Course:
    try:
        return Course.find(*places)
    except LabError:
        raise
    except OSError as error:
        raise UsageError(
            "The course's folder could not be read.",
            str(error),
            "check that the folder still exists, then restart the kernel.",
        ) from error


def _places(names: Mapping[str, object]) -> Iterator[Path]:
    for text in (names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(text, str) and text:
            yield Path.cwd() / text
    yield Path.cwd()


def _lab_of(course: Course, places: list[Path]) -> tuple[str | None, bool]:
    root = course.root.resolve()
    for place in places:
        try:
            parts = place.resolve().relative_to(root).parts
        except ValueError:
            parts = place.parts[-2:]
        for top, name in pairwise(parts):
            stem = name.removesuffix(".ipynb").removesuffix(".md")
            if top in ("notebooks", "exercises", "solutions") and LAB_NAME.fullmatch(stem):
                return stem, top == "solutions"
    return None, False
