"""Add up a grade: core and extension apart, and never a zero for what was not judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab_kit.grading.model import Grade
from lab_kit.judge.report import LENGTHS

VERDICTS = ("passed", "failed", "blocked", "not_judged")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Share:
    """Hold points earned of points there are; `judged` is false while any is undecided."""

    got: float
    of: float
    judged: bool

    @property
    def percent(self) -> float:
        return 100 * self.got / self.of if self.of else 0.0


@dataclass(frozen=True)
class Marks:
    """Hold what one grade comes to."""

    core: Share
    extension: Share
    counts: Mapping[str, int]
    error: Mapping[str, str]

    @property
    def judged(self) -> bool:
        return self.core.judged and self.extension.judged

    @property
    def total(self) -> Share:
        """Return core and extension together, for forms that know one number only."""
        both = self.core, self.extension
        return Share(sum(s.got for s in both), sum(s.of for s in both), self.judged)

    @property
    def state(self) -> str:
        """Say in words how much was judged."""
        if self.error or not any(self.counts.values()):
            return "not judged"
        left = self.counts["not_judged"]
        return f"{left} of {sum(self.counts.values())} not judged" if left else "judged"


def marks(grade: Grade) -> Marks:
    """Return what a grade comes to; without results nothing is judged."""
    found = rows(grade)
    counts = dict.fromkeys(VERDICTS, 0)
    for row in found:
        counts[verdict(row)] += 1
    error = said(grade.report.get("error")) if "error" in grade.report or not found else {}
    halves = [[r for r in found if bool(r.get("core", True)) is core] for core in (True, False)]
    core, extension = (share(half, not error) for half in halves)
    return Marks(core, extension, counts, error)


def share(half: list[Row], judged: bool) -> Share:
    """Add up the core or the extension."""
    got = sum(number(r.get("points")) for r in half if verdict(r) == "passed")
    decided = judged and all(verdict(r) != "not_judged" for r in half)
    return Share(got, sum(number(r.get("points")) for r in half), decided)


def rows(grade: Grade) -> list[Row]:
    """Return what each check said; none when nothing was judged."""
    found = grade.report.get("results")
    return list(found) if isinstance(found, list) and "error" not in grade.report else []


def verdict(row: Row) -> str:
    """Return a check's verdict; one that is unknown is not judged."""
    found = row.get("verdict")
    return found if found in VERDICTS else "not_judged"


def said(error: Any) -> dict[str, str]:
    """Return what, why and next of a grade without results."""
    told = error if isinstance(error, Mapping) else {}
    message = {part: str(told.get(part) or "") for part in LENGTHS}
    return {**message, "what": message["what"] or "Nothing was judged."}


def number(value: Any) -> float:
    """Return a finite number that is not negative; anything else counts nothing."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good and math.isfinite(value) and value >= 0 else 0.0


def points(value: float) -> str:
    """Return points without a needless decimal point."""
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")
