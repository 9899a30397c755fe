"""Write the gradebook as one page that opens offline: grades, their distribution, and for each
check how many fail it, which shows what is hard or broken. It is for instructors only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab_kit.grading.forms import page
from lab_kit.grading.forms.csv_form import People
from lab_kit.grading.forms.marks import VERDICTS, Marks, Share, marks, points, rows, verdict
from lab_kit.grading.forms.places import Code
from lab_kit.grading.forms.redaction import NOTHING_HIDDEN, Hidden
from lab_kit.grading.forms.sheet import asset, sheet
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import markup, one_line
from lab_kit.grading.late import Policies
from lab_kit.grading.model import Grade

TITLE = "Gradebook"
BINS = 10
ENOUGH = 5  # so many judged before a rate says anything about a check
COLUMNS = (
    *(("Student", ""), ("Lab", ""), ("Core", "number"), ("Extension", "number")),
    *(("Late", ""), ("Total", "number"), ("Passed", "number"), ("State", "")),
    *(("Submitted", ""), ("Notes", "")),
)


@dataclass
class Check:
    """Count one check's verdicts."""

    promise: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def judged(self) -> int:
        return self.counts["passed"] + self.counts["failed"] + self.counts["blocked"]

    @property
    def rate(self) -> float:
        """Return the percentage that failed, of those whose work got as far as this check."""
        reached = self.counts["passed"] + self.counts["failed"]
        return 100 * self.counts["failed"] / reached if reached else 0.0

    @property
    def remark(self) -> str:
        if self.judged >= ENOUGH and not self.counts["passed"]:
            return "nobody passes: is the check right?"
        if self.counts["not_judged"]:
            return "not always judged: see the notes"
        return ""


class Gradebook:
    """Take in grades one at a time, keeping a table row of each, and draw the page."""

    def __init__(self, policies: Policies | None = None, people: People | None = None) -> None:
        self.policies, self.people = policies or Policies(), people or {}
        self.lines: list[str] = []
        self.bins: dict[str, list[int]] = {}
        self.unjudged: Counter[str] = Counter()
        self.checks: dict[tuple[str, str, str], Check] = {}

    def add(self, grade: Grade, link: str = "") -> None:
        found = marks(grade)
        name = self.people.get(grade.student, {}).get("name", "")
        self.lines.append(row(grade, found, self.policies, link, name))
        bins = self.bins.setdefault(grade.lab, [0] * BINS)
        if found.core.judged and found.core.of:
            bins[min(int(found.core.percent * BINS // 100), BINS - 1)] += 1
        else:
            self.unjudged[grade.lab] += 1
        for said in rows(grade):
            key = grade.lab, str(said.get("exercise") or ""), str(said.get("check"))
            known = self.checks.setdefault(key, Check(str(said.get("promise") or "")))
            known.counts[verdict(said)] += 1

    def write(self, target: Target) -> None:
        with opened(target) as stream:
            for line in sheet(TITLE, self.body(), asset("grades.js")):
                stream.write(f"{line}\n")

    def body(self) -> Iterator[str]:
        yield f"<h1>{TITLE}</h1>"
        yield '<p><label>Find <input id="find" type="search" autocomplete="off"></label> '
        yield f'<span id="shown" class="faint" role="status">{len(self.lines)} grades</span></p>'
        yield '<div class="wide"><table id="grades"><thead><tr>'
        for title, kind in COLUMNS:
            yield f'<th scope="col" class="{kind}"><button type="button">{title}</button></th>'
        yield "</tr></thead><tbody>"
        yield from self.lines
        yield "</tbody></table></div>"
        for lab in sorted(self.bins):
            yield f"<h2>{markup(one_line(lab))}: core points</h2>"
            yield distribution(self.bins[lab])
            if self.unjudged[lab]:
                yield f"<p>Not in it, because not fully judged: {self.unjudged[lab]}.</p>"
        yield "<h2>How often each check fails</h2>"
        yield from failures(self.checks)


def write(
    grades: Iterable[Grade],
    target: Target,
    *,
    policies: Policies | None = None,
    people: People | None = None,
    link: Callable[[Grade], str] = lambda grade: "",
) -> None:
    """Write the gradebook; `link` gives the address of a grade's own page, or ''."""
    book = Gradebook(policies, people)
    for grade in grades:
        book.add(grade, link(grade))
    book.write(target)


def write_site(
    grades: Iterable[Grade],
    folder: Path,
    *,
    policies: Policies | None = None,
    people: People | None = None,
    code: Callable[[Grade], Code | None] = lambda grade: None,
) -> None:
    """Write the instructor's copy: `index.html`, and in `students` all that is known of each."""
    book = Gradebook(policies, people)
    for grade in grades:
        own = page.name(grade)
        place = folder / "students" / own
        own_code, back = code(grade), "../index.html"
        page.write(grade, place, hidden=None, code=own_code, policies=policies, back=back)
        book.add(grade, f"students/{own}")
    book.write(folder / "index.html")


def write_feedback(
    grades: Iterable[Grade],
    folder: Path,
    *,
    hidden: Hidden = NOTHING_HIDDEN,
    policies: Policies | None = None,
    code: Callable[[Grade], Code | None] = lambda grade: None,
) -> list[tuple[Grade, Path]]:
    """Write the pages to hand back, one a grade, without what is hidden or another's name."""
    made = []
    for grade in grades:
        place = folder / page.name(grade)
        page.write(grade, place, hidden=hidden, code=code(grade), policies=policies)
        made.append((grade, place))
    return made


def row(grade: Grade, found: Marks, policies: Policies, link: str, name: str = "") -> str:
    """Return a grade's table row; `name` is what the roster calls the student."""
    late = policies.of(grade.lab).late(grade.submitted)
    who = markup(one_line(grade.student))
    left = late.applied(found.total.got) if found.judged else None
    notes = [*grade.flags, found.error.get("what", "")]
    if link:
        who = f'<a href="{markup(link)}">{who}</a>'
    if name and name != grade.student:
        who += f' <span class="faint">{markup(one_line(name))}</span>'
    cells = [
        f"<td>{who}</td>",
        f"<td>{markup(one_line(grade.lab))}</td>",
        score(found.core),
        score(found.extension),
        f"<td>{markup(late)}</td>",
        numeric(left, "" if left is None else points(left)),
        numeric(found.counts["passed"], f"{found.counts['passed']}/{sum(found.counts.values())}"),
        f"<td>{markup(found.state)}</td>",
        f"<td>{f'{grade.submitted:%Y-%m-%d %H:%M %Z}' if grade.submitted else ''}</td>",
        f"<td>{markup('; '.join(one_line(note) for note in notes if note))}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def score(share: Share) -> str:
    """Return the cell of a score; what was not judged is empty and sorts last."""
    if not share.judged:
        return numeric(None, "")
    return numeric(share.got, f"{points(share.got)}/{points(share.of)}" if share.of else "")


def numeric(value: float | None, shown: str) -> str:
    """Return a cell that sorts as a number."""
    known = "" if value is None or not shown else points(value)
    return f'<td class="number" data-value="{known}">{shown}</td>'


def distribution(bins: list[int]) -> str:
    """Return the bars of how many reached which tenth of the core's points."""
    top, wide, high = max([*bins, 1]), 60, 120
    parts = []
    for place, count in enumerate(bins):
        tall, x = round(high * count / top), place * wide
        first, last = place * 10, place * 10 + 10
        parts.append(
            f"<g><title>{first} to {last} %: {count}</title>"
            f'<rect class="bar" x="{x + 4}" y="{20 + high - tall}" width="{wide - 8}"'
            f' height="{tall}"/><text x="{x + wide / 2:g}" y="{14 + high - tall}"'
            f' text-anchor="middle">{count or ""}</text><text x="{x + wide / 2:g}"'
            f' y="{high + 36}" text-anchor="middle">{first}–{last} %</text></g>'
        )
    told = ", ".join(f"{n * 10} to {n * 10 + 10} %: {count}" for n, count in enumerate(bins))
    head = f'<svg role="img" aria-label="{told}" viewBox="0 0 {BINS * wide} {high + 44}"'
    return f'{head} width="{BINS * wide}">{"".join(parts)}</svg>'


def failures(checks: dict[tuple[str, str, str], Check]) -> Iterator[str]:
    """Give the table of checks, in the lab's order."""
    heads = "".join(f'<th scope="col" class="number">{v.replace("_", " ")}</th>' for v in VERDICTS)
    yield '<div class="wide"><table><thead><tr><th scope="col">Lab</th><th scope="col">Check</th>'
    yield f'{heads}<th scope="col">Rate</th><th scope="col">Remark</th></tr></thead><tbody>'
    for (lab, exercise, name), known in checks.items():
        counts = "".join(f'<td class="number">{known.counts[v]}</td>' for v in VERDICTS)
        rate = f"{known.rate:.0f} %"
        bar = '<svg aria-hidden="true" viewBox="0 0 100 10" width="100" height="10">'
        bar += '<rect class="track" width="100" height="10"/>'
        bar += f'<rect class="fail" width="{known.rate:.0f}" height="10"/></svg>'
        label = f"{markup(one_line(exercise))} · {markup(one_line(name))}"
        promise = f'<br><span class="faint">{markup(one_line(known.promise))}</span>'
        yield f"<tr><td>{markup(one_line(lab))}</td><td>{label}{promise}</td>{counts}"
        yield f'<td class="rate">{bar} {rate}</td><td>{known.remark}</td></tr>'
    yield "</tbody></table></div>"
