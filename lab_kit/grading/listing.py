"""Write the whole gradebook as JSON, one grade at a time, for programs to read.

    {"schema": "beyond/gradebook/1", "grades": [{"student", "lab", "source", "submitted",
     "flags", "graded", "report"}, ...]}

`report` is the judge's report, or only its `error`; times are ISO 8601, `submitted` may be null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.model import Grade

SCHEMA = "beyond/gradebook/1"


def write(grades: Iterable[Grade], target: Target) -> None:
    """Write the grades; any JSON reader understands what comes out, whatever is in them."""
    with opened(target) as stream:
        stream.write(f'{{"schema": "{SCHEMA}", "grades": [')
        for number, grade in enumerate(grades):
            stream.write(",\n" if number else "\n")
            stream.write(json.dumps(row(grade), ensure_ascii=True, allow_nan=False))
        stream.write("\n]}\n")


def row(grade: Grade) -> dict[str, Any]:
    """Return a grade as JSON values."""
    return {
        "student": grade.student,
        "lab": grade.lab,
        "source": grade.source,
        "submitted": grade.submitted.isoformat() if grade.submitted else None,
        "flags": list(grade.flags),
        "graded": grade.graded.isoformat(),
        "report": grade.report,
    }
