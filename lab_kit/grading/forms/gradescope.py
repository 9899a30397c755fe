"""Write one student's grades as Gradescope's `results.json`.

Gradescope shows a score as soon as there is one, so there is none while any check is undecided: the
JudgeError ends the autograder, and what could not be judged never looks like a zero.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from lab_kit.errors import JudgeError, UsageError
from lab_kit.grading.forms.marks import Row, marks, number, points, rows, verdict
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden, redact, secrets
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import one_line, plain
from lab_kit.grading.late import Policies
from lab_kit.grading.model import Grade


def write(
    grades: Iterable[Grade],
    target: Target,
    *,
    hidden: Hidden = NOTHING_HIDDEN,
    policies: Policies | None = None,
) -> None:
    """Write the labs of one student; raise UsageError when there is none or more than one."""
    found = list(grades)
    students = {grade.student for grade in found}
    if len(students) != 1:
        raise of_several(len(students))
    data = results(found, hidden, policies or Policies())
    with opened(target) as stream:
        stream.write(json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n")


def of_several(count: int) -> UsageError:
    """Return the error for a class in a form for one."""
    return UsageError(
        "Gradescope's results.json tells of one student.",
        f"There are grades of {count}.",
        "grade one submission at a time, as Gradescope's own container does.",
    )


def results(grades: list[Grade], hidden: Hidden, policies: Policies) -> dict[str, Any]:
    """Return the whole of results.json."""
    tests, told, score = [], [], 0.0
    for grade in grades:
        found, late = marks(grade), policies.of(grade.lab).late(grade.submitted)
        if not found.judged:
            raise undecided(grade)
        score += late.applied(found.total.got)
        if late.days or not late.known:
            told.append(f"{grade.lab}: {points(found.total.got)} points; {late}")
        names = secrets(grade, hidden)
        for before, row in zip(rows(grade), rows(redact(grade, hidden)), strict=True):
            tests.append(test(grade.lab, row, str(before.get("check")) in names))
    data: dict[str, Any] = {"score": round(score, 2), "tests": tests, "output_format": "text"}
    return {**data, "test_output_format": "text", "output": plain("\n".join(told))}


def undecided(grade: Grade) -> JudgeError:
    """Return the error for a grade that has no score yet."""
    found = marks(grade)
    return JudgeError(
        f"No score was written for {one_line(grade.student, 80)}.",
        f"{grade.lab}: {found.state}. {one_line(found.error.get('what', ''))}".strip(),
        "see to what could not be judged, then grade again; this is no zero.",
    )


def test(lab: str, row: Row, hidden: bool) -> dict[str, Any]:
    """Return one check as Gradescope lists it; a hidden one is seen once grades are published."""
    kind, worth = verdict(row), number(row.get("points"))
    waits = "Waits for an earlier check.\n" if kind == "blocked" else ""
    parts = [str(row.get(part) or "") for part in ("what", "why")]
    if row.get("next"):
        parts.append(f"Next: {row['next']}")
    return {
        "name": one_line(row.get("promise") or row.get("check")),
        "name_format": "text",
        "number": one_line(f"{lab} {row.get('exercise') or ''}"),
        "score": worth if kind == "passed" else 0.0,
        "max_score": worth,
        "status": "passed" if kind == "passed" else "failed",
        "output": plain(waits + "\n".join(part for part in parts if part), 6000),
        "output_format": "text",
        "visibility": "after_published" if hidden else "visible",
        "tags": ["core" if row.get("core", True) else "extension"],
    }
