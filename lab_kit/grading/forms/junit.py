"""Write grades as JUnit XML, as Jenkins' `junit-10.xsd` has it: a suite a grade, a case a check.

What the work did is a `failure`; what could not be judged is an `error`; what waits is `skipped`.
That schema knows no points, so they are the suite's properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab_kit.grading.forms.marks import Marks, Row, marks, number, points, rows, verdict
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden, redact
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import attribute, markup
from lab_kit.grading.model import Grade

ELEMENTS = {"failed": "failure", "blocked": "skipped", "not_judged": "error"}


def write(grades: Iterable[Grade], target: Target, *, hidden: Hidden = NOTHING_HIDDEN) -> None:
    """Write all grades to a file or stream, one at a time."""
    with opened(target) as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="beyond-the-api">\n')
        for grade in grades:
            stream.writelines(f"{line}\n" for line in suite(redact(grade, hidden)))
        stream.write("</testsuites>\n")


def suite(grade: Grade) -> Iterator[str]:
    """Give the lines of one grade."""
    found, every = marks(grade), rows(grade)
    counts = {
        "tests": len(every) or 1,
        "failures": found.counts["failed"],
        "errors": found.counts["not_judged"] if every else 1,
        "skipped": found.counts["blocked"],
    }
    told = " ".join(f'{name}="{count}"' for name, count in counts.items())
    time = f'time="{sum(seconds(row) for row in every):.3f}"'
    stamp = f'timestamp="{grade.graded:%Y-%m-%dT%H:%M:%S}"'
    name = attribute(f"{grade.lab} {grade.student}", 300)
    yield f"  <testsuite name={name} {told} {time} {stamp}>"
    yield from properties(grade, found)
    for row in every:
        yield from case(grade.lab, row)
    if not every:
        yield from case(grade.lab, {**found.error, "check": "submission"})
    yield "  </testsuite>"


def properties(grade: Grade, found: Marks) -> Iterator[str]:
    """Give what is known of a grade as a whole."""
    known = {
        "student": grade.student,
        "lab": grade.lab,
        "submitted": grade.submitted.isoformat() if grade.submitted else "",
        "submission": grade.report.get("submission", ""),
        "checks_version": grade.report.get("checks_version", ""),
        "isolation": grade.report.get("level", ""),
        "state": found.state,
    }
    for name, share in (("core", found.core), ("extension", found.extension)):
        known[name] = f"{points(share.got)} of {points(share.of)}" if share.judged else ""
    known |= {f"flag {n}": flag for n, flag in enumerate(grade.flags, start=1)}
    yield "    <properties>"
    for name, value in known.items():
        yield f"      <property name={attribute(name)} value={attribute(value)}/>"
    for row in rows(grade):
        got = number(row.get("points")) if verdict(row) == "passed" else 0
        value = f"{points(got)} of {points(number(row.get('points')))}"
        name = attribute(f"points {row.get('check')}")
        yield f"      <property name={name} value={attribute(value)}/>"
    yield "    </properties>"


def case(lab: str, row: Row) -> Iterator[str]:
    """Give the lines of one check."""
    exercise = str(row.get("exercise") or "")
    owner = attribute(f"{lab}.{exercise.replace('.', '_')}" if exercise else lab)
    head = f"    <testcase name={attribute(row.get('check'))} classname={owner}"
    head += f' time="{seconds(row):.3f}"'
    element = ELEMENTS.get(verdict(row))
    if element is None:
        yield f"{head}/>"
        return
    body = "\n".join(str(row.get(part) or "") for part in ("promise", "what", "why", "next"))
    yield f"{head}>"
    yield f'      <{element} type="{verdict(row)}" message={attribute(row.get("what") or "")}>'
    yield f"{markup(body, 6000)}</{element}>"
    yield "    </testcase>"


def seconds(row: Row) -> float:
    """Return how long a check took."""
    return number(row.get("ms")) / 1000
