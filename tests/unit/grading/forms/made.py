"""Make grades to write down, calm ones and nasty ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from lab_kit.grading.model import Grade

LAB = "lab01_toy"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CANARY = "canary_7f3a"
FAST = settings(max_examples=40, deadline=None, derandomize=True, database=None)
NASTY = (
    *("=1+1", "+1", "-1", "@x", "＝1", "\t=1", "a;=1", "b\t-1", "c\n=1", "d|@e", '",=1', " =1"),
    *(
        "<script>alert(1)</script>",
        "</script>",
        "]]>",
        "<!--",
        "&lt;",
        "' onload='x",
        '"><img src=x>',
    ),
    *(
        "\n::error::x",
        "\r\n::set-output name=a::b",
        "%0A::stop-commands::x",
        "##[error]",
        "#####vso[",
    ),
    *("\n\n# head\n", "|a|b|", "![x](http://e.x)", "@everyone", "`", "\\", "javascript:x"),
    *(
        "\x00",
        "\x1b[31m",
        "\x85",
        "\u2028",
        "\u202e",
        "\ud800",
        "\ufffe",
        "\uffff",
        "\ufeff",
        "\u061c",
    ),
)
texts = st.lists(st.sampled_from(NASTY) | st.text(st.characters(), max_size=8), max_size=4).map(
    "".join
)


def row(check: str = "adds", verdict: str = "passed", **more: Any) -> dict[str, Any]:
    words = {"what": "", "why": "", "next": ""}
    if verdict != "passed":
        place = f"exercises/{LAB}/a.py:2"
        words = {"what": "It broke.", "why": f"{place}: return 1\ngot 1", "next": f"mend {place}."}
    return {
        "check": check, "exercise": "a.py", "core": True, "promise": "It holds.", "points": 2,
        "verdict": verdict, "hints": 1, "ms": 12.5, **words, **more,
    }  # fmt: skip


def grade(*rows: dict[str, Any], student: str = "Ada", **more: Any) -> Grade:
    report = {
        "schema": "beyond/report/1", "lab": LAB, "title": "Toys", "seed": 7, "level": "full",
        "layers": {"network": "held"}, "submission": "ab" * 32, "checks_version": "cd" * 32,
        "results": list(rows),
    }  # fmt: skip
    known: dict[str, Any] = {
        "student": student, "lab": LAB, "source": "in/ada", "submitted": NOON, "flags": (),
        "report": report, "graded": NOON, **more,
    }  # fmt: skip
    return Grade(**known)


def class_of_four() -> list[Grade]:
    """Return a student of each kind: whole, failing, partly judged, not judged."""
    extension = row("twice", core=False, exercise="b.py", points=1)
    unsure = row("twice", "not_judged", core=False, exercise="b.py", points=1)
    error = {"error": {"what": "It is empty.", "why": "No file.", "next": "hand in again."}}
    return [
        grade(row(), row("takes"), extension),
        grade(row(verdict="failed"), row("takes", "blocked"), extension, student="Bob"),
        grade(row(), row("takes", "failed"), unsure, student="Cleo", flags=("from notebook",)),
        grade(student="Dan", report=error, submitted=None),
    ]


def secretive() -> Grade:
    """Return a grade with one hidden check whose every text is a canary; others mention it."""
    told = {part: f"{CANARY} {part}" for part in ("what", "why", "next")}
    hidden = row(f"{CANARY}_check", "failed", ms=987.125, **told)
    blocked = row("later", "blocked", what=f"This builds on {CANARY}_check.", why="", next="go.")
    broken = row("ours", "not_judged", why=f"KeyError at /private/{CANARY}.py:3")
    return grade(row(), hidden, blocked, broken)


HIDDEN = {LAB: [f"{CANARY}_check"]}


def soaked() -> Iterator[Grade]:
    """Give grades that have one nasty text everywhere, alone and amid words."""
    for text in (*NASTY, *(f"so {nasty} it" for nasty in NASTY)):
        words = dict.fromkeys(("check", "exercise", "promise", "what", "why", "next"), text)
        rows = [row(verdict=verdict, **words) for verdict in ("failed", "blocked", "not_judged")]
        yield grade(*rows, student=text, lab=text, source=text, flags=(text, text))
        error = {"what": text, "why": text, "next": text}
        yield grade(student=text, lab=text, report={"error": error})


@st.composite
def nasty_grades(draw: st.DrawFn) -> Grade:
    """Draw a grade in which every text is a stranger's."""
    verdicts = st.sampled_from(["passed", "failed", "blocked", "not_judged", "odd"])
    parts = ("check", "exercise", "promise", "what", "why", "next")
    rows = draw(st.lists(st.tuples(verdicts, *(texts for _ in parts)), max_size=3))
    made = [row(verdict=v, **dict(zip(parts, told, strict=True))) for v, *told in rows]
    return grade(
        *made, student=draw(texts), lab=draw(texts), source=draw(texts), flags=(draw(texts),)
    )
