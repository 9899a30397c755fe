"""Pick the one submission that counts where a student handed in several for one lab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from lab_kit.errors import UsageError
from lab_kit.grading.model import Incoming, Refused

RULES = ("last", "first")


def choose(
    handed_in: Iterable[Incoming | Refused], rule: str = "last"
) -> Iterator[Incoming | Refused]:
    """Yield one submission per student and lab, and every refusal that nothing else makes up for.

    Work whose time is known goes by it; where it is not, the names of the sources decide, as
    people count (`attempt2` before `attempt10`), and a flag says so. Another flag names what
    was handed in for the same lab and could not be read.
    """
    if rule not in RULES:
        raise UsageError(
            f"There is no rule {rule!r} to choose a submission.",
            f"The rules are {' and '.join(RULES)}.",
            "use one of these.",
        )
    groups: dict[tuple[str, str], list[Incoming]] = {}
    broken: dict[tuple[str, str], list[Refused]] = {}
    for one in handed_in:
        key = one.student, one.lab
        if isinstance(one, Incoming):
            groups.setdefault(key, []).append(one)
        else:
            broken.setdefault(key, []).append(one)
    for key, group in groups.items():
        flags = tuple(f"{no.source} could not be read: {no.what}" for no in broken.pop(key, []))
        best = picked(group, rule)
        yield replace(best, flags=best.flags + flags)
    for refusals in broken.values():
        yield refusals[-1]


def picked(group: list[Incoming], rule: str) -> Incoming:
    """Return the first or the last of one student's submissions for one lab."""
    if len(group) == 1:
        return group[0]
    timed = all(one.submitted for one in group)
    ordered = sorted(group, key=by_time if timed else by_name)
    one = ordered[-1 if rule == "last" else 0]
    flag = f"the {rule} of {len(group)} submissions" + ("" if timed else ", ordered by name")
    return replace(one, flags=(*one.flags, flag))


def by_time(one: Incoming) -> tuple[float, list[tuple[int, str]]]:
    """Order by time, then by name."""
    return (one.submitted.timestamp() if one.submitted else 0.0), by_name(one)


def by_name(one: Incoming) -> list[tuple[int, str]]:
    """Order names as people do: numbers in them by value."""
    parts = re.findall(r"[0-9]+|[^0-9]+", one.source)
    return [(int(part), "") if part[0] in "0123456789" else (-1, part) for part in parts]
