"""Tell GitHub Actions: annotations on the student's files and lines, and a job summary.

GitHub shows ten annotations of a kind and step, and drops a summary over 1 MiB. A stranger's text
stands on one line behind a command, or escaped in a block of HTML without an empty line, in which
Markdown means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from lab_kit.grading.forms.marks import Row, marks, points, rows, said, verdict
from lab_kit.grading.forms.places import place
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden, redact
from lab_kit.grading.forms.text import command, markup, setting
from lab_kit.grading.model import Grade
from lab_kit.judge.render import SIGNS, WORDS

MOST_SHOWN = 10
MOST_BYTES = 900_000
KINDS = {"failed": "error", "not_judged": "warning"}
LEFT_OUT = "<p>More grades are left out: a summary holds 1 MiB at most.</p>\n\n"


def write(
    grades: Iterable[Grade],
    output: TextIO,
    summary: TextIO | None = None,
    *,
    hidden: Hidden = NOTHING_HIDDEN,
) -> None:
    """Write annotations to the step's output, and the summary to a stream that appends to it."""
    left = dict.fromkeys(KINDS.values(), MOST_SHOWN)
    size = 0
    for grade in grades:
        seen = redact(grade, hidden)
        for kind, line in commands(seen):
            left[kind] -= 1
            if left[kind] >= 0:
                output.write(f"{line}\n")
        if summary is not None and size <= MOST_BYTES:
            block = "".join(f"{line}\n" for line in table(seen)) + "\n"
            size += len(block.encode())
            summary.write(block if size <= MOST_BYTES else LEFT_OUT)


def commands(grade: Grade) -> Iterator[tuple[str, str]]:
    """Give the commands for what failed and for what could not be judged."""
    for row in rows(grade):
        if kind := KINDS.get(verdict(row)):
            yield kind, annotation(grade, row, kind)
    if not rows(grade):
        error = said(grade.report.get("error"))
        text = command("\n".join(part for part in error.values() if part))
        title = setting(f"{grade.lab} was not judged")
        yield "warning", f"::warning title={title}::{text}"


def annotation(grade: Grade, row: Row, kind: str) -> str:
    """Return one command, on the line that the message names."""
    spot = place(row, grade.lab)
    where = f"file={setting(spot.path)}" + (f",line={spot.line}" if spot.line else "")
    text = "\n".join(str(row.get(part) or "") for part in ("what", "why"))
    if row.get("next"):
        text += f"\nNext: {row['next']}"
    return f"::{kind} {where},title={setting(row.get('promise') or '')}::{command(text.strip())}"


def table(grade: Grade) -> Iterator[str]:
    """Give the lines of one grade's block of HTML."""
    found = marks(grade)
    yield f"<h3>{markup(line(grade.lab))} <code>{markup(line(grade.student))}</code></h3>"
    if found.error:
        yield f"<p>Nothing was judged. <code>{markup(line(found.error['what']))}</code></p>"
        return
    for name, share in (("Core", found.core), ("Extension", found.extension)):
        if share.of:
            got = points(share.got) if share.judged else "not all judged, so far "
            got += "" if share.judged else points(share.got)
            yield f"<p>{name}: {got} of {points(share.of)} points</p>"
    yield "<table><tr><th>Verdict</th><th>Promise</th><th>What to know</th></tr>"
    for row in rows(grade):
        kind = verdict(row)
        parts = (row.get("what"), row.get("why"), row.get("next"))
        words = "<br>".join(f"<code>{markup(line(part))}</code>" for part in parts if part)
        sign = f"{SIGNS[kind]} {WORDS[kind]}"
        promise = f"<code>{markup(line(row.get('promise') or ''))}</code>"
        yield f"<tr><td>{sign}</td><td>{promise}</td><td>{words}</td></tr>"
    yield "</table>"


def line(value: object) -> str:
    """Return text on one line: an empty one would end the block of HTML."""
    return " ".join(str(value).split())
