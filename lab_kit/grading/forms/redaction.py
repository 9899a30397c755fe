"""Take out of a grade what a student may not see: hidden checks show promise and verdict alone.

A hidden check's name, messages, inputs and times stay with the instructor, and with them what
the student's own code raised there: an exception may carry an input out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from lab_kit.grading.forms.marks import Row, rows, said, verdict
from lab_kit.grading.model import Grade

Hidden = Mapping[str, Collection[str]]  # the names of the hidden checks of each lab
NOTHING_HIDDEN: Hidden = {}
WHAT = {
    "passed": "",
    "failed": "A check that is not shown did not pass.",
    "blocked": "A check that is not shown waits for an earlier one.",
    "not_judged": "A check that is not shown could not be judged.",
}
NEXT = {
    "passed": "",
    "failed": "read the task again, and try your work on inputs of your own.",
    "blocked": "see to the checks that failed.",
    "not_judged": "nothing: your instructor has been told.",
}


def redact(grade: Grade, hidden: Hidden | None) -> Grade:
    """Return the grade as its student may see it, or all of it where `hidden` is None.

    What the report itself calls hidden is hidden too.
    """
    if hidden is None:
        return grade
    names = secrets(grade, hidden)
    if not names:
        return grade
    report = {**grade.report}
    if "error" in report:  # it may quote the check files that could not be loaded
        report["error"] = {**said(report["error"]), "why": ""}
        report.pop("results", None)
    else:
        places = {name: f"hidden_{n}" for n, name in enumerate(sorted(names), start=1)}
        report["results"] = [covered(row, places) for row in rows(grade)]
    for part in ("seed", "layers", "hidden"):
        report.pop(part, None)
    return replace(grade, report=report)


def secrets(grade: Grade, hidden: Hidden) -> set[str]:
    """Return the names of the checks of this grade's lab that are hidden."""
    marked = {str(row.get("check")) for row in rows(grade) if row.get("hidden")}
    listed = grade.report.get("hidden")
    told = set(map(str, listed)) if isinstance(listed, list) else set()
    return marked | told | set(hidden.get(grade.lab, ()))


def covered(row: Row, places: Mapping[str, str]) -> dict[str, Any]:
    """Return one row as a student may see it."""
    name, kind = str(row.get("check")), verdict(row)
    if name in places:
        words = {"what": WHAT[kind], "why": "", "next": NEXT[kind]}
        return {**row, **words, "check": places[name], "hints": 0, "ms": 0.0}
    seen = dict(row)
    if kind == "not_judged":
        seen["why"] = ""  # our own fault: its place in the check files
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, places))})\b")
    for part in ("what", "why", "next"):
        seen[part] = pattern.sub(lambda hit: places[hit[0]], str(seen.get(part) or ""))
    return seen
