"""Show a report as text, for terminals and logs; the words are those of the report."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from lab_kit.judge.report import BUILDS_ON, Message, Report, Result

WIDTH = 96
SIGNS = {"passed": "✓", "failed": "✗", "blocked": "…", "not_judged": "?"}
WORDS = {"passed": "passed", "failed": "failed", "blocked": "waits", "not_judged": "not judged"}
COLOURS = {"passed": "32", "failed": "31", "blocked": "33", "not_judged": "35"}


def render(report: Report, *, colour: bool = False, hint: bool = True) -> str:
    """Return the report as lines of text; `colour` adds ANSI colours, nothing else changes."""
    paint = Paint(colour)
    lines = [paint.bold(f"{report['title']} ({report['lab']})")]
    if "error" in report:
        lines += ["", paint.say("not_judged", "? Nothing was judged."), *told(report["error"])]
        return "\n".join(lines) + "\n"
    for exercise, rows in groupby(report["results"], key=lambda row: row["exercise"]):
        lines += ["", paint.bold(exercise)]
        lines += listed(list(rows), paint)
    lines += ["", *summary(report)]
    if hint:
        lines += stuck(report)
    return "\n".join(lines) + "\n"


def listed(rows: list[Result], paint: Paint) -> Iterator[str]:
    """Give the lines of one exercise: each check, then one line for all that wait for the same."""
    roots = [waits_for(row) for row in rows]
    for row, root in zip(rows, roots, strict=True):
        if not root:
            yield from shown(row, paint)
    for root, count in Counter(root for root in roots if root).items():
        noun, verb = ("check", "waits") if count == 1 else ("checks", "wait")
        sign = SIGNS["blocked"]
        yield f"  {paint.say('blocked', f'{sign} {count} {noun} {verb}')} for {root}"


def waits_for(row: Result) -> str:
    """Return the check that has to pass before this one can be judged, or ''."""
    said = row["what"]
    if row["verdict"] != "blocked" or not said.startswith(BUILDS_ON):
        return ""
    return said.removeprefix(BUILDS_ON).removesuffix(".")


def shown(row: Result, paint: Paint) -> Iterator[str]:
    """Give the lines of one check."""
    verdict = row["verdict"]
    yield f"  {paint.say(verdict, SIGNS[verdict] + ' ' + WORDS[verdict])}  {row['promise']}"
    if verdict != "passed":
        yield paint.faint(f"      {row['check']}")
        yield from told(row)


def told(said: Message) -> Iterator[str]:
    """Give what, why and next, indented; a line of evidence stays a line."""
    yield from wrap(said["what"], "      ")
    for line in said["why"].splitlines():
        yield from wrap(line, "        ")
    if said["next"]:
        yield from wrap(f"Next: {said['next']}", "      ", "            ")


def wrap(text: str, indent: str, further: str = "") -> list[str]:
    """Fold prose at the page's width; what has its own spacing, such as code, stays."""
    if len(text) <= WIDTH or "  " in text.strip():
        return [indent + text]
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=further or indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def summary(report: Report) -> Iterator[str]:
    """Give the points, and how to have the same inputs again."""
    counts = dict.fromkeys(SIGNS, 0)
    for row in report["results"]:
        counts[row["verdict"]] += 1
    told = [f"{count} {word(verdict, count)}" for verdict, count in counts.items() if count]
    points = [
        f"{name} {number(got)} of {number(of)} points"
        for name, (got, of) in report["points"].items()
        if of
    ]
    yield f"{', '.join(told)}; {', '.join(points)}."
    yield f"Isolation: {report['level'] or 'unknown'}. Same inputs again: --seed {report['seed']}."


def word(verdict: str, count: int) -> str:
    """Return a verdict's word after a number: one check waits, two wait."""
    return "wait" if verdict == "blocked" and count > 1 else WORDS[verdict]


def stuck(report: Report) -> Iterator[str]:
    """Give the command for a hint on the first check that failed."""
    for row in report["results"]:
        if row["verdict"] == "failed" and row["hints"]:
            yield f"Stuck? ./lab hint {report['lab']} {row['check']}"
            return


def number(value: float) -> str:
    """Return points without a needless decimal point."""
    return f"{value:g}"


class Paint:
    """Colour text, or leave it as it is."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def say(self, verdict: str, text: str) -> str:
        return self.wear(COLOURS[verdict], text)

    def bold(self, text: str) -> str:
        return self.wear("1", text)

    def faint(self, text: str) -> str:
        return self.wear("2", text)

    def wear(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text
