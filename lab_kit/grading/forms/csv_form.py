"""Write grades as CSV: a row a grade for people, or a row a student as Canvas and Moodle import.

A cell for what was not judged is empty, which both take for no grade rather than for a zero. No
cell is a formula, whichever separator a spreadsheet splits at.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from lab_kit.grading.forms.marks import Marks, Share, marks, points
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import cell
from lab_kit.grading.late import Policies
from lab_kit.grading.model import Grade

Style = Literal["plain", "canvas", "moodle"]
# What the roster knows of a student: "id", "name", "email", "login", "section".
People = Mapping[str, Mapping[str, str]]
HEAD = (
    *("student", "lab", "state", "core", "core of", "core after lateness"),
    *("extension", "extension of", "extension after lateness", "late", "passed", "failed"),
    *("blocked", "not judged", "submitted", "graded", "isolation", "submission", "flags", "error"),
)
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("ID number", "Email address")


def write(
    grades: Iterable[Grade],
    target: Target,
    *,
    style: Style = "plain",
    people: People | None = None,
    policies: Policies | None = None,
) -> None:
    """Write all grades; `canvas` and `moodle` have a column for each lab's core and extension."""
    rule = policies or Policies()
    with opened(target) as stream:
        out = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        if style == "plain":
            out.writerow(HEAD)
            for grade in grades:
                out.writerow(map(cell, line(grade, rule)))
        else:
            for row in imported(grades, style, people or {}, rule):
                out.writerow(row)


def line(grade: Grade, rule: Policies) -> list[str]:
    """Return the cells of one grade, as many as `HEAD`."""
    found, late = marks(grade), rule.of(grade.lab).late(grade.submitted)
    cells = [grade.student, grade.lab, found.state]
    for share in (found.core, found.extension):
        left = points(late.applied(share.got)) if share.judged else ""
        cells += [points(share.got) if share.judged else "", points(share.of), left]
    cells.append(str(late))
    cells += [str(count) for count in found.counts.values()]
    cells += [grade.submitted.isoformat() if grade.submitted else "", grade.graded.isoformat()]
    cells += [str(grade.report.get(part, "")) for part in ("level", "submission")]
    return [*cells, "; ".join(grade.flags), found.error.get("what", "")]


def imported(
    grades: Iterable[Grade], style: Style, people: People, rule: Policies
) -> Iterable[list[str]]:
    """Give the rows for a learning platform; what is kept is one number for each column."""
    scores: dict[str, dict[str, str]] = {}
    worth: dict[str, float] = {}
    for grade in grades:
        if not grade.lab or (people and grade.student not in people):
            continue  # no column or no row of the platform's
        mine = scores.setdefault(grade.student, {})
        for name, share in columns(marks(grade)):
            column = f"{grade.lab} {name}"
            if share.of or name == "core":
                worth[column] = max(worth.get(column, 0.0), share.of)
            late = rule.of(grade.lab).late(grade.submitted)
            mine[column] = points(late.applied(share.got)) if share.judged else ""
    names = sorted(worth)
    head, who = (CANVAS, canvas) if style == "canvas" else (MOODLE, moodle)
    yield [*head, *map(cell, names)]
    if style == "canvas":
        yield ["    Points Possible", *[""] * 4, *(points(worth[name]) for name in names)]
    yield from rows(scores, names, people, who)


def rows(
    scores: Mapping[str, Mapping[str, str]],
    names: list[str],
    people: People,
    who: Callable[[str, Mapping[str, str]], list[Any]],
) -> Iterable[list[str]]:
    """Give a row a student; a lab that someone did not hand in is an empty cell."""
    for student in sorted(scores):
        known = who(student, people.get(student, {}))
        yield [*map(cell, known), *(scores[student].get(name, "") for name in names)]


def columns(found: Marks) -> tuple[tuple[str, Share], tuple[str, Share]]:
    """Name the two numbers of a lab."""
    return ("core", found.core), ("extension", found.extension)


def canvas(student: str, known: Mapping[str, str]) -> list[str]:
    """Return who it is in Canvas' columns; its own ID is left for Canvas to find."""
    name, login = known.get("name", student), known.get("login") or known.get("email", "")
    return [name, "", known.get("id", student), login, known.get("section", "")]


def moodle(student: str, known: Mapping[str, str]) -> list[str]:
    """Return who it is in the words that Moodle's import maps by itself."""
    return [known.get("id", student), known.get("email", "")]
