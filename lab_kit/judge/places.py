"""Find places in a submission: its paths as the student has them open, its lines, its functions.

File names may come from a stranger, so nothing outside the submission is ever looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DEEPEST = 32  # folders; no copy of a submission goes deeper
LIBRARIES = (sys.prefix, sys.base_prefix, "/usr", "/opt")
MOST_BYTES = 1 << 18  # of one file; which file and how often, a stranger says
MOST_LINES = 2000  # in which a loop is looked for


@dataclass(frozen=True)
class Places:
    """Know one submission of one lab."""

    lab: str
    folder: Path

    def place(self, file: str, line: int | None = None) -> str:
        """Return where something is, as the student would open it."""
        path = f"exercises/{self.lab}/{self.relative(file)}"
        return f"{path}:{line}" if line else path

    def relative(self, file: str) -> str:
        """Return a file's path inside the submission, wherever it was run from."""
        path = PurePosixPath(file.removeprefix("./"))
        if path.is_absolute() and not any(path.is_relative_to(root) for root in LIBRARIES):
            for start in range(max(1, len(path.parts) - DEEPEST), len(path.parts)):
                inside = PurePosixPath(*path.parts[start:])
                if self.find(str(inside)):
                    return str(inside)
        return str(path)

    def find(self, name: str) -> Path | None:
        """Return a file of the submission, None for any other: names come from strangers."""
        path = self.folder / name
        if ".." in PurePosixPath(name).parts or not path.is_relative_to(self.folder):
            return None
        try:
            return path if path.is_file() else None
        except (OSError, ValueError):  # a name that no file can have
            return None

    def definition(self, file: str, function: str) -> int | None:
        """Return the line on which a function begins; parsing runs nothing of it."""
        path = self.find(self.relative(file))
        return definition(path, function) if path else None

    def source_line(self, file: str, line: int | None) -> str:
        """Return one line of a submitted file, or '' when it cannot be had."""
        path = self.find(self.relative(file))
        try:
            return lines_of(path)[line - 1].strip()[:200] if path and line else ""
        except IndexError:
            return ""

    def loop_around(self, file: str, line: int, keyword: str) -> int | None:
        """Return the line of the nearest `while` or `for` around a line of a submitted file."""
        path = self.find(self.relative(file))
        return loop_around(lines_of(path), line, keyword) if path else None


def lines_of(path: Path) -> list[str]:
    """Return the lines at the beginning of a submitted file; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def definition(path: Path, function: str) -> int | None:
    """Return the line on which a top-level function begins."""
    return dict(outline(path)).get(function)


def outline(path: Path) -> list[tuple[str, int]]:
    """Return the top-level functions of a file and their lines, found by words alone.

    Nothing that a student made is parsed by a C library here: lines are read, not compiled.
    """
    found = []
    for number, line in enumerate(lines_of(path), start=1):
        words = line.removeprefix("async ")
        if words.startswith("def "):
            found.append((words[4:].split("(")[0].strip(), number))
    return found


def loop_around(lines: Sequence[str], line: int, keyword: str) -> int | None:
    """Return the number of the nearest loop around a line, by words and indentation alone."""
    inside: int | None = None
    last = min(line, len(lines))
    for number in range(last, max(0, last - MOST_LINES), -1):
        words = lines[number - 1].lstrip()
        indent = len(lines[number - 1]) - len(words)
        if not words or words.startswith("#") or (inside is not None and indent >= inside):
            continue
        inside = indent
        if words.removeprefix("async ").startswith((f"{keyword} ", f"{keyword}(")):
            return number
        if words.removeprefix("async ").startswith(("def ", "class ")):
            return None
    return None
