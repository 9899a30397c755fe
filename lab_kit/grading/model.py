"""Name what passes between the parts that grade a class.

A student is whom the roster names, else the name of the folder or file that was handed in;
`source` is where that lies, for people to read. Times always carry their zone. A refusal
becomes `not_judged` and never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Incoming:
    """Hold one student's work on one lab, ready to be judged.

    `folder` is a private clean copy: regular files only, our own. `digest` is the sha256 that
    the judge's report calls `submission`. `flags` are short sentences for the instructor.
    """

    student: str
    lab: str
    folder: Path
    source: str
    submitted: datetime | None
    flags: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class Refused:
    """Say why something that was handed in cannot be judged; `lab` is empty when unknown."""

    student: str
    lab: str
    source: str
    what: str
    why: str
    next: str


@dataclass(frozen=True)
class Grade:
    """Hold what the judge said of one student's work on one lab.

    `report` is a `lab_kit.judge` report, or `{"error": {what, why, next}}` when there is none;
    grading adds `environment`, `lab_version`, `hidden` (the names of the lab's hidden checks), and
    `hidden` in each row. `code` holds the student's lines that messages point at: file -> line
    (as text) -> text.
    """

    student: str
    lab: str
    source: str
    submitted: datetime | None
    flags: tuple[str, ...]
    report: dict[str, Any]
    graded: datetime
    code: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
