"""Say whose result is another than before, in which checks, and why.

After a check was corrected the same `./lab grade` judges everyone anew; what stood before is kept,
so that nobody's grade changes unseen. A row a check whose verdict changed, or a row without a check
where only the points did:

    student, lab, check, before, after, core before, core after, extension before,
    extension after, why
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lab_kit.grading.forms.marks import Marks, Share, marks, points, rows, verdict
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import cell
from lab_kit.grading.model import Grade
from lab_kit.grading.store import Change

HEAD = (
    *("student", "lab", "check", "before", "after", "core before", "core after"),
    *("extension before", "extension after", "why"),
)
REASONS = {
    "submission": "other work", "checks_version": "other checks", "environment": "another machine",
    "lab_version": "another version of the lab", "seed": "other inputs",
}  # fmt: skip
ABSENT = "absent"


def write(changes: Iterable[Change], target: Target) -> None:
    """Write a row for each difference, as CSV."""
    with opened(target) as stream:
        out = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        out.writerow(HEAD)
        for change in changes:
            out.writerows(map(cell, row) for row in differences(change))


def differences(change: Change) -> Iterator[list[str]]:
    """Give the cells of each difference of one student's lab; none when all is as it was."""
    before, after = (graded(change, report) for report in (change.before, change.after))
    was, now = ({str(r.get("check")): verdict(r) for r in rows(g)} for g in (before, after))
    other = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    sums = [*both(marks(before), marks(after))]
    if not other and sums[0] == sums[1] and sums[2] == sums[3]:
        return
    because = why(change.before, change.after)
    for name in other or [""]:
        pair = [was.get(name, ABSENT), now.get(name, ABSENT)] if name else ["", ""]
        yield [change.student, change.lab, name, *pair, *sums, because]


def both(before: Marks, after: Marks) -> Iterator[str]:
    """Give core before and after, extension before and after."""
    for half in ("core", "extension"):
        for found in (before, after):
            share: Share = getattr(found, half)
            yield f"{points(share.got)}/{points(share.of)}" if share.judged else "not judged"


def why(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Say what else is another than it was: the work, the checks, or where they ran."""
    told = []
    for part, words in REASONS.items():
        was, now = str(before.get(part, "")), str(after.get(part, ""))
        if was != now:
            told.append(f"{words} ({was[:12]} -> {now[:12]})")
    return "; ".join(told) or "nothing else changed: the result is not stable"


def graded(change: Change, report: dict[str, Any]) -> Grade:
    """Return a report as a grade, to be added up like any other."""
    never = datetime.fromtimestamp(0, UTC)
    return replace(Grade(change.student, change.lab, "", None, (), {}, never), report=report)
