"""Find what a person meant by a name: a check, an exercise, or something close to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from lab_kit.errors import UsageError
from lab_kit.judge.spec import CheckInfo, LabSpec, stem_of


def meant(
    name: str, lab: LabSpec, checks: Sequence[CheckInfo], verdicts: Mapping[str, str]
) -> CheckInfo:
    """Return the check of this name, or the first of an exercise that failed.

    Raises UsageError for an unknown name, and for an exercise in which nothing failed yet.
    """
    for one in checks:
        if one.name == name:
            return one
    own = [c for c in checks if name in (c.exercise, stem_of(c.exercise))]
    if not own:
        raise unknown(name, lab, checks)
    for one in own:
        if one.hints and verdicts.get(one.name) == "failed":
            return one
    raise UsageError(
        f"No check of {own[0].exercise} has failed so far, and a hint belongs to one check.",
        f"Its checks are {', '.join(c.name for c in own)}.",
        f"check {own[0].exercise} first, or ask for the hint of one of these checks.",
    )


def unknown(name: str, lab: LabSpec, checks: Sequence[CheckInfo]) -> UsageError:
    """Return the error for a name that is neither a check nor an exercise."""
    exercises = list(dict.fromkeys(c.exercise for c in checks))
    what = f"{lab.name} has no check or exercise called {name!r}."
    near = get_close_matches(name, [c.name for c in checks] + exercises, n=1)
    if not near:
        why = f"Its exercises are {', '.join(exercises)}."
        return UsageError(what, why, "use one of these names, or that of a check in a report.")
    file = next(c.exercise for c in checks if near[0] in (c.name, c.exercise))
    own = [c.name for c in checks if c.exercise == file]
    return UsageError(
        what, f"The checks of {file} are {', '.join(own)}.", f"did you mean {near[0]}?"
    )
