"""Read when work was handed in from a CSV of the platform, never from the dates of files."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from lab_kit.errors import UsageError
from lab_kit.grading.intake.roster import HEADINGS, folded, keys, rows

TIMES = {
    "time": ("submitted", "submitted_at", "submitted at", "submission time", "time", "timestamp",
             "last modified (submission)", "submission date"),
}  # fmt: skip
FORMS = (
    "%A, %d %B %Y, %I:%M %p", "%d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %H:%M",
    "%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S %Z",
)  # fmt: skip
NONE = {"", "-", "none", "never", "n/a"}


def read_times(path: Path, zone: tzinfo = UTC) -> dict[str, datetime]:
    """Return when each folder, id, name or address handed in; times without a zone are in `zone`.

    A name with two different times is left out: the folder tells such submissions apart.
    """
    found: dict[str, datetime] = {}
    doubtful = set()
    for line, row in rows(path, {**HEADINGS, **TIMES}):
        if "time" not in row:
            raise UsageError(
                f"{path} has no column of times.",
                f"Line {line} has {', '.join(row) or 'nothing known'}.",
                "call the column `submitted` and write times like 2026-02-03T15:45:00+01:00.",
            )
        if folded(row["time"]) in NONE:
            continue
        when = parsed(row["time"], zone, f"{path}, line {line}")
        for column in HEADINGS:
            for key in keys(row.get(column, "")):
                if found.setdefault(key, when) != when:
                    doubtful.add(key)
    return {key: when for key, when in found.items() if key not in doubtful}


def parsed(text: str, zone: tzinfo, place: str) -> datetime:
    """Return the time that a cell tells; raise UsageError for one that could be read two ways."""
    short = " ".join(text.split())
    try:
        when = datetime.fromisoformat(short)
        return when if when.tzinfo else when.replace(tzinfo=zone)
    except ValueError:
        pass
    for form in FORMS:
        try:
            when = datetime.strptime(short, form)
        except ValueError:
            continue
        return when.replace(tzinfo=UTC if form.endswith("%Z") else zone)
    raise UsageError(
        f"{place}: the time could not be read.",
        f"It is {text[:60]!a}.",
        "write it like 2026-02-03T15:45:00+01:00.",
    )
