"""Write grades as a CTRF report (ctrf.io, draft-07 schema), a test a check.

`failed` is the work's doing, `skipped` waits for an earlier check, and what could not be judged is
`other`. Points are labels. The summary stands last, so that nothing is kept in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lab_kit.grading.forms.marks import Row, marks, number, rows, verdict
from lab_kit.grading.forms.places import place
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden, redact
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import one_line, plain
from lab_kit.grading.model import Grade

STATUS = {"passed": "passed", "failed": "failed", "blocked": "skipped", "not_judged": "other"}
TOOL = {"name": "beyond-the-api"}


def write(grades: Iterable[Grade], target: Target, *, hidden: Hidden = NOTHING_HIDDEN) -> None:
    """Write all grades to a file or stream, one at a time."""
    counts = dict.fromkeys(("passed", "failed", "skipped", "pending", "other"), 0)
    times: list[int] = []
    between = ""
    with opened(target) as stream:
        stream.write('{"reportFormat": "CTRF", "specVersion": "1.0.0", "results": {"tests": [')
        for grade in grades:
            moment = int(grade.graded.timestamp() * 1000)
            times = [min([moment, *times]), max([moment, *times])]
            for test in tests(redact(grade, hidden)):
                counts[test["status"]] += 1
                stream.write(f"{between}\n{encode(test)}")
                between = ","
        start, stop = times or [0, 0]
        summary = {"tests": sum(counts.values()), **counts, "start": start, "stop": stop}
        stream.write(f'\n], "tool": {encode(TOOL)}, "summary": {encode(summary)}}}}}\n')


def encode(data: Any) -> str:
    """Return JSON text that any parser reads."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False)


def tests(grade: Grade) -> Iterator[dict[str, Any]]:
    """Give the tests of one grade; one that was not judged at all is a test of its own."""
    for row in rows(grade):
        yield test(grade, row)
    if not rows(grade):
        yield test(grade, {**marks(grade).error, "check": "submission"})


def test(grade: Grade, row: Row) -> dict[str, Any]:
    """Return one check as a CTRF test."""
    kind, spot = verdict(row), place(row, grade.lab)
    made: dict[str, Any] = {
        "name": one_line(row.get("check")) or "check",
        "status": STATUS[kind],
        "rawStatus": kind,
        "duration": round(number(row.get("ms"))),
        "suite": [one_line(grade.lab) or "lab", spot.file or "submission"],
        "labels": {
            "student": one_line(grade.student),
            "points": number(row.get("points")),
            "core": bool(row.get("core", True)),
            "promise": one_line(row.get("promise") or ""),
        },
    }
    if spot.file:
        made["filePath"] = one_line(spot.path)
    if spot.line:
        made["line"] = spot.line
    if kind != "passed":
        made["message"] = plain(row.get("what") or "")
        made["trace"] = plain("\n".join(str(row.get(part) or "") for part in ("why", "next")))
    return made
