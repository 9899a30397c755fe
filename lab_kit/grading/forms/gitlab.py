"""Tell GitLab, as a Code Quality report: what failed, on the student's files and lines.

GitLab reads description, check_name, fingerprint, severity and location from it (the Code Climate
format, https://docs.gitlab.com/ci/testing/code_quality/) and shows them in a merge request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from lab_kit.grading.forms.marks import Row, rows, said, verdict
from lab_kit.grading.forms.places import place
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden, redact
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import one_line
from lab_kit.grading.model import Grade

SEVERITIES = {"failed": "major", "not_judged": "info"}


def write(grades: Iterable[Grade], target: Target, *, hidden: Hidden = NOTHING_HIDDEN) -> None:
    """Write what failed and what could not be judged of all grades."""
    found = [issue for grade in grades for issue in issues(redact(grade, hidden))]
    with opened(target) as stream:
        stream.write(json.dumps(found, indent=1, ensure_ascii=True, allow_nan=False) + "\n")


def issues(grade: Grade) -> list[dict[str, Any]]:
    """Return a grade's issues."""
    found = [issue(grade, row) for row in rows(grade) if verdict(row) in SEVERITIES]
    if rows(grade):
        return found
    words = " ".join(part for part in said(grade.report.get("error")).values() if part)
    return [entry(grade, "not_judged", words, "info", f"exercises/{grade.lab}", 1)]


def issue(grade: Grade, row: Row) -> dict[str, Any]:
    """Return one check's issue."""
    spot = place(row, grade.lab)
    words = ". ".join(one_line(row.get(part)).rstrip(".") for part in ("promise", "what"))
    if row.get("next"):
        words += f". Next: {row['next']}"
    return entry(
        grade, str(row.get("check")), words, SEVERITIES[verdict(row)], spot.path, spot.line or 1
    )


def entry(
    grade: Grade, check: str, words: str, severity: str, path: str, line: int
) -> dict[str, Any]:
    """Return an issue in GitLab's own form; the same trouble keeps its fingerprint."""
    whole = "\0".join((grade.student, grade.lab, check)).encode("utf-8", "surrogatepass")
    return {
        "description": one_line(words, 1000),
        "check_name": one_line(f"{grade.lab} {check}"),
        "fingerprint": hashlib.sha256(whole).hexdigest(),
        "severity": severity,
        "location": {"path": one_line(path), "lines": {"begin": line}},
    }
