"""Take off what a late submission costs: a policy is data, and the raw score is kept.

In TOML, once for all labs and again for those that differ:

    [late]
    due = 2026-03-01T23:59:00+01:00     always with its zone
    grace_minutes = 15                  costs nothing
    per_day_percent = 10                of what was earned, for each day begun after `due`
    cap_percent = 50                    never more than this

    [late.labs.lab02_containers]
    due = 2026-03-15T23:59:00+01:00
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from lab_kit.errors import UsageError

NUMBERS = ("grace_minutes", "per_day_percent", "cap_percent")
DAY = timedelta(days=1)
EXAMPLE = "write it as in `due = 2026-03-01T23:59:00+01:00`; `per_day_percent = 10` is a number."


@dataclass(frozen=True)
class Late:
    """Hold how late something was, in days begun, and what share that costs."""

    days: int = 0
    percent: float = 0.0
    known: bool = True

    def applied(self, raw: float) -> float:
        """Return the score that is left, rounded half up to hundredths."""
        left = Decimal(str(raw)) * (100 - Decimal(str(self.percent))) / 100
        return float(left.quantize(Decimal("0.01"), ROUND_HALF_UP))

    def __str__(self) -> str:
        if not self.known:
            return "time unknown"
        if not self.days:
            return ""
        days = "1 day" if self.days == 1 else f"{self.days} days"
        return f"{days} late, {self.percent:g} % off"


@dataclass(frozen=True)
class Policy:
    """Say when work is due and what lateness costs; without `due` nothing is ever late."""

    due: datetime | None = None
    grace_minutes: float = 0.0
    per_day_percent: float = 0.0
    cap_percent: float = 100.0

    def late(self, submitted: datetime | None) -> Late:
        """Return how late a submission was; one without a known time costs nothing and says so."""
        if self.due is None:
            return Late()
        if submitted is None or submitted.tzinfo is None:
            return Late(known=False)
        over = submitted - self.due
        if over <= timedelta(minutes=self.grace_minutes):
            return Late()
        days = max(math.ceil(over / DAY), 1)
        return Late(days, min(days * self.per_day_percent, self.cap_percent))


@dataclass(frozen=True)
class Policies:
    """Hold the policy of each lab and that of all others."""

    default: Policy = field(default=Policy())
    labs: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, lab: str) -> Policy:
        return self.labs.get(lab, self.default)


def read(path: Path) -> Policies:
    """Read the policies from a TOML file; raise UsageError that says what is wrong in it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            "The late policy could not be read.", f"{path}: {error}", EXAMPLE
        ) from None
    return policies(data.get("late", {}))


def policies(data: Any) -> Policies:
    """Make the policies of what TOML or JSON says; what a lab leaves out is as for all labs."""
    whole = table(data, "late")
    labs = {name: table(own, f"late.labs.{name}") for name, own in table_of(whole).items()}
    default = {key: value for key, value in whole.items() if key != "labs"}
    return Policies(
        policy(default, "late"),
        {name: policy({**default, **own}, f"late.labs.{name}") for name, own in labs.items()},
    )


def table_of(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of single labs."""
    return table(whole.get("labs", {}), "late.labs")


def table(data: Any, where: str) -> dict[str, Any]:
    """Return a table, or raise UsageError."""
    if not isinstance(data, Mapping):
        raise wrong(where, f"It is {data!r} and not a table.")
    return dict(data)


def policy(data: Mapping[str, Any], where: str) -> Policy:
    """Make one policy; raise UsageError for whatever could be misread."""
    for key in data.keys() - {"due", *NUMBERS}:
        raise wrong(where, f"There is no setting called {key!r}: only due, {', '.join(NUMBERS)}.")
    found = {key: amount(data[key], f"{where}.{key}") for key in NUMBERS if key in data}
    return Policy(moment(data.get("due"), f"{where}.due"), **found)


def moment(value: Any, where: str) -> datetime | None:
    """Return a time with its zone, or raise UsageError."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise wrong(where, f"{value!r} is no date and time.") from None
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise wrong(where, f"{value} is not a date and time with a zone.")
    return value


def amount(value: Any, where: str) -> float:
    """Return a number that makes sense, or raise UsageError."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    most = math.inf if where.endswith("minutes") else 100
    if not number or not math.isfinite(value) or not 0 <= value <= most:
        raise wrong(
            where, f"{value!r} is no {'number of minutes' if most > 100 else 'percentage'}."
        )
    return float(value)


def wrong(where: str, why: str) -> UsageError:
    """Return the error for one place in a policy."""
    return UsageError(f"The late policy is wrong at {where}.", why, EXAMPLE)
