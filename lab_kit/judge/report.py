"""Hold a report: what every check of a lab said about one submission. Everything else (JUnit,
CSV, HTML, the notebook's panel) is derived from it.

A report is a JSON object:

    schema          "beyond/report/1"; the number grows when a reader would break
    lab, title      the lab's name and title
    seed            the number that makes the fresh inputs; `--seed` replays it
    level, layers   the isolation that held: "full", "degraded" or "none", and each
                    layer with "held", "absent (...)" or "HOLLOW (...)"
    submission      sha256 of the files that were judged
    checks_version  sha256 of the check files
    results         one object a check, in the lab's order:
        check, exercise, core, promise, points
        verdict     "passed", "failed", "blocked" or "not_judged"
        what, why, next   the message; empty when passed
        hints       how many hints there are
        ms          how long it took
    points          {"core": [got, of], "extension": [got, of]} over the results
    error           {what, why, next} instead of results and points when nothing was judged

Text that may come from a student is cut to a length and holds no control characters but
line ends and tabs, nothing invisible that misleads, no lone surrogates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict

from lab_kit.errors import LabError
from lab_kit.judge.spec import CheckInfo

SCHEMA = "beyond/report/1"
Verdict = Literal["passed", "failed", "blocked", "not_judged"]
LENGTHS = {"what": 400, "why": 4000, "next": 600}
BUILDS_ON = "This builds on "  # and the check that has to pass first
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


class Message(TypedDict):
    """Say what happened, why, and what to do next."""

    what: str
    why: str
    next: str


class Result(Message):
    """Hold what one check said."""

    check: str
    exercise: str
    core: bool
    promise: str
    points: float
    verdict: Verdict
    hints: int
    ms: float


class Report(TypedDict):
    """Hold what all checks said of one submission."""

    schema: str
    lab: str
    title: str
    seed: int
    level: str
    layers: dict[str, str]
    submission: str
    checks_version: str
    results: NotRequired[list[Result]]
    points: NotRequired[dict[str, list[float]]]
    error: NotRequired[Message]


def message(error: LabError) -> Message:
    """Return an error's three parts, cut and cleaned."""
    return {
        "what": clean(error.what, LENGTHS["what"]),
        "why": clean(error.why, LENGTHS["why"]),
        "next": clean(error.next, LENGTHS["next"]),
    }


def result(check: CheckInfo, verdict: Verdict, error: LabError | None, ms: float) -> Result:
    """Return one check's entry."""
    said = message(error) if error else Message(what="", why="", next="")
    return Result(
        check=check.name,
        exercise=check.exercise,
        core=check.core,
        promise=check.promise,
        points=check.points,
        verdict=verdict,
        hints=len(check.hints),
        ms=round(ms, 2),
        **said,
    )


def add_points(results: Sequence[Result]) -> dict[str, list[float]]:
    """Add up what was earned and what there was to earn, core and extension apart."""
    totals: dict[str, list[float]] = {"core": [0, 0], "extension": [0, 0]}
    for row in results:
        total = totals["core" if row["core"] else "extension"]
        total[0] += row["points"] if row["verdict"] == "passed" else 0
        total[1] += row["points"]
    return totals


def exit_code(report: Report) -> int:
    """Return 0 when all passed, 1 when the work failed, 3 when something could not be judged."""
    verdicts = {row["verdict"] for row in report.get("results", [])}
    if "error" in report or not verdicts:
        return 3
    if verdicts & {"failed", "blocked"}:
        return 1
    return 3 if "not_judged" in verdicts else 0


def encode(report: Report) -> str:
    """Return the report as JSON text that any parser reads."""
    return json.dumps(report, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def clean(text: Any, longest: int) -> str:
    """Return text that is safe to show: cut, without control characters or lone surrogates."""
    short = str(text)
    if len(short) > longest:
        short = f"{short[:longest]} …"
    short = short.replace("\r\n", "\n").encode("utf-8", "backslashreplace").decode("utf-8")
    return UNPRINTABLE.sub(lambda hit: hit[0].encode("unicode_escape").decode(), short)
