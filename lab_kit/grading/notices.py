"""Tell the instructor what is odd about a class, which would else pass unseen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from lab_kit.grading.edition import Edition
from lab_kit.grading.intake.roster import Roster
from lab_kit.grading.model import Incoming, Refused

MOST_NAMED = 8
FOREIGN = "its {file} is of another variant than it is judged by"
Work = Sequence[Incoming | Refused]


def notices(
    work: Work, editions: Iterable[Edition], *, roster: Roster | None, timed: bool
) -> Iterator[str]:
    """Give a line for each thing that an instructor would want to know now."""
    for edition in editions:
        if edition.dropped:
            yield (
                f"{edition.lab.name}: a private file takes the place of a released one, so "
                f"{named(edition.dropped)} {verb(edition.dropped)} not judged. A file called "
                "check_X_mine.py is judged beside check_X.py."
            )
    foreign = [w.student for w in work if isinstance(w, Incoming) and is_foreign(w)]
    if foreign:
        yield (
            f"{named(foreign)} handed in another variant than they are judged by: give the "
            "--secret and the --roster of their release."
        )
    untimed = [w.student for w in work if isinstance(w, Incoming) and w.submitted is None]
    if timed and untimed:
        yield (
            f"--times says nothing of {named(untimed)}: an id there is the student's, or the "
            "name of what was handed in."
        )
    if roster is not None:
        here = {w.student for w in work}
        missing = [student for student in roster.students if student not in here]
        strange = sorted(here - set(roster.students))
        if missing:
            yield f"On the roster, and nothing handed in: {named(missing)}."
        if strange:
            yield f"Not on the roster: {named(strange)}."


def named(names: Sequence[str]) -> str:
    """Return a few names, and how many more there are."""
    told = list(dict.fromkeys(names))
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more


def verb(names: Sequence[str]) -> str:
    """Return the verb for one or for several."""
    return "is" if len(set(names)) == 1 else "are"


def is_foreign(work: Incoming) -> bool:
    """Tell whether a submission was flagged for its variant."""
    return any(flag.endswith("of another variant than it is judged by") for flag in work.flags)


def foreign_flag(work: Incoming, file: str, *expected: object) -> tuple[str, ...]:
    """Return a flag when a submission holds another variant than one of those, else nothing."""
    try:
        with (work.folder / file).open("rb") as opened:
            held = json.loads(opened.read(1 << 20))
    except (OSError, ValueError, RecursionError):
        return ()
    return () if held in expected else (FOREIGN.format(file=file),)
