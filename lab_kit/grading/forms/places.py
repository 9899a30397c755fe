"""Find the file and line that a message names, and the student's own lines around it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lab_kit.grading.forms.marks import Row
from lab_kit.grading.forms.text import one_line, plain
from lab_kit.grading.model import Grade

AROUND = 3
MOST_BYTES = 1 << 20
MOST_FILES = 20  # of which lines are kept
Code = Callable[[str], str | None]  # the text of a file of the submission, by its path inside


@dataclass(frozen=True)
class Place:
    """Name a file of the submission, as the student has it, and perhaps a line."""

    lab: str
    file: str
    line: int | None = None

    @property
    def path(self) -> str:
        return f"exercises/{self.lab}/{self.file}"


def place(row: Row, lab: str) -> Place:
    """Return what the message points at, else the exercise's own file."""
    pattern = re.compile(rf"exercises/{re.escape(lab)}/([^\s:]{{1,200}}):(\d{{1,6}})(?!\d)")
    for part in ("next", "why", "what"):
        for hit in pattern.finditer(str(row.get(part) or "")):
            if inside(hit[1]) and int(hit[2]):
                return Place(lab, hit[1], int(hit[2]))
    return Place(lab, one_line(row.get("exercise") or "", 200))


def inside(file: str) -> bool:
    """Tell whether a path stays where it is read: a message holds what a stranger wrote."""
    parts = PurePosixPath(file).parts
    return bool(parts) and not file.startswith("/") and ".." not in parts and "\0" not in file


def snippet(spot: Place, code: Code | None) -> list[tuple[int, str, bool]]:
    """Return (number, line, whether it is the one) around a place, or nothing."""
    if code is None or spot.line is None or not inside(spot.file):
        return []
    lines = (code(spot.file) or "").splitlines()
    if spot.line > len(lines):
        return []
    first = max(spot.line - AROUND, 1)
    window = enumerate(lines[first - 1 : spot.line + AROUND], start=first)
    return [(n, plain(line, 200).replace("\n", " "), n == spot.line) for n, line in window]


def quoted(report: Mapping[str, Any], lab: str, folder: Path) -> dict[str, dict[str, str]]:
    """Return the lines of the submission in `folder` that a report's messages point at:
    file -> line, as text -> text.
    """
    code, found = code_in(folder), dict[str, dict[str, str]]()
    for row in report.get("results", []):
        spot = place(row, lab)
        if row.get("verdict") != "passed" and len(found) <= MOST_FILES:
            lines = {str(number): text for number, text, _ in snippet(spot, code)}
            if lines:
                found.setdefault(spot.file, {}).update(lines)
    return found


def code_of(grade: Grade) -> Code:
    """Return a reader of the lines that were kept of a grade's files; others are empty."""

    def read(file: str) -> str | None:
        kept = grade.code.get(file)
        if not kept:
            return None
        last = max(map(int, kept))
        return "\n".join(kept.get(str(number), "") for number in range(1, last + 1))

    return read


def code_in(folder: Path) -> Code:
    """Return a reader of the regular files below `folder` that follows no link."""

    def read(file: str) -> str | None:
        if not inside(file):
            return None
        handle = -1
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            for part in PurePosixPath(file).parts:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                below = os.open(part, flags, dir_fd=handle)
                os.close(handle)
                handle = below
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            return os.read(handle, MOST_BYTES).decode("utf-8", "replace")
        except (OSError, ValueError):
            return None
        finally:
            if handle >= 0:
                os.close(handle)

    return read
