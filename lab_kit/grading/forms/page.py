"""Write one student's page on one lab: promise, what, why, next, and their own code at the line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from lab_kit.grading.forms.marks import Row, marks, number, points, rows, verdict
from lab_kit.grading.forms.places import Code, place, snippet
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden, redact
from lab_kit.grading.forms.sheet import sheet
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import markup, one_line, slug
from lab_kit.grading.late import Late, Policies
from lab_kit.grading.model import Grade
from lab_kit.judge.render import SIGNS, WORDS


def name(grade: Grade) -> str:
    """Return the page's file name: readable, unique, and safe whatever a student is called."""
    whole = f"{grade.student}\0{grade.lab}".encode("utf-8", "surrogatepass")
    own = hashlib.sha256(whole).hexdigest()[:12]
    return f"{slug(grade.student)}-{slug(grade.lab)}-{own}.html"


def write(
    grade: Grade,
    target: Target,
    *,
    hidden: Hidden | None = NOTHING_HIDDEN,
    code: Code | None = None,
    policies: Policies | None = None,
    back: str = "",
) -> None:
    """Write the page as its student may see it.

    `hidden` of None and `back`, a link, are for the instructor's copy.
    """
    late = (policies or Policies()).of(grade.lab).late(grade.submitted)
    seen = redact(grade, hidden)
    title = f"{seen.report.get('title') or seen.lab}: {seen.student}"
    with opened(target) as stream:
        for line in sheet(title, body(seen, late, code, back)):
            stream.write(f"{line}\n")


def body(grade: Grade, late: Late, code: Code | None, back: str) -> Iterator[str]:
    """Give the page's content."""
    found = marks(grade)
    if back:
        yield f'<p><a href="{markup(back)}">All grades</a></p>'
    yield f"<h1>{markup(one_line(grade.report.get('title') or grade.lab))}</h1>"
    yield f"<p>{markup(one_line(grade.student))} · {markup(one_line(grade.lab))}</p>"
    if found.error:
        yield "<h2>Nothing was judged</h2><p>This is no zero.</p>"
        yield from message(found.error)
        return
    for title, share in (("Core", found.core), ("Extension", found.extension)):
        if share.of:
            yield f"<p>{title}: {earned(share.got, share.of, share.judged, late)}</p>"
    if str(late):
        yield f"<p>Handed in: {markup(late)}.</p>"
    for exercise in dict.fromkeys(str(row.get("exercise") or "") for row in rows(grade)):
        yield f"<h2>{markup(one_line(exercise))}</h2>"
        for row in rows(grade):
            if str(row.get("exercise") or "") == exercise:
                yield from check(grade, row, code)
    when = f"Graded {grade.graded:%Y-%m-%d %H:%M %Z}"
    digest = markup(str(grade.report.get("submission", ""))[:12])
    yield f'<p class="faint">{when}, submission {digest}</p>'


def earned(got: float, of: float, judged: bool, late: Late) -> str:
    """Say in words what was earned; the raw score stays beside what lateness leaves of it."""
    if not judged:
        return f"{points(got)} of {points(of)} points so far; the rest was not judged"
    raw = f"{points(got)} of {points(of)} points"
    return (
        f"{points(late.applied(got))} of {points(of)} points ({raw} on time)" if late.days else raw
    )


def check(grade: Grade, row: Row, code: Code | None) -> Iterator[str]:
    """Give one check."""
    kind = verdict(row)
    yield f'<article class="{kind}">'
    worth = f"{points(number(row.get('points')))} p"
    promise = markup(one_line(row.get("promise") or ""))
    yield f"<h3>{SIGNS[kind]} {WORDS[kind]}: {promise}</h3>"
    yield f'<p class="faint">{markup(one_line(row.get("check")))} · {worth}</p>'
    if kind != "passed":
        yield from message(row)
        yield from lines(grade, row, code)
    yield "</article>"


def message(said: Row) -> Iterator[str]:
    """Give what, why and next."""
    if said.get("what"):
        yield f"<p>{markup(said['what'])}</p>"
    if said.get("why"):
        yield f"<pre>{markup(said['why'])}</pre>"
    if said.get("next"):
        yield f"<p>Next: {markup(said['next'])}</p>"


def lines(grade: Grade, row: Row, code: Code | None) -> Iterator[str]:
    """Give the student's own lines around the one that the message names."""
    spot = place(row, grade.lab)
    found = snippet(spot, code)
    if found:
        shown = PurePosixPath(spot.file).as_posix()
        yield f'<p class="faint">{markup(one_line(shown))}, line {spot.line}</p>'
        yield "<pre>" + "".join(code_line(*part) for part in found) + "</pre>"


def code_line(number: int, text: str, here: bool) -> str:
    """Return one numbered line of code, the one that is meant with a sign and a mark."""
    whole = f"<i>{'▶' if here else ' '}{number:>5}  </i>{markup(text, 220)}"
    return f"<b>{whole}</b>" if here else f"{whole}\n"
