"""Give each student a copy with problems of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_kit.authoring.product import vary
from lab_kit.course import Course
from lab_kit.errors import LabError, UsageError
from lab_kit.grading.intake import Roster, names
from lab_kit.judge.variants import SOURCE, derive, encode, make_secret, read_secret


@dataclass(frozen=True)
class Students:
    """Know for whom copies are made: nobody in particular, one student, or all of a roster."""

    names: tuple[str, ...] = ()
    apart: bool = False
    secret: bytes = b""

    @classmethod
    def of(
        cls, varied: Sequence[str], one: str | None, roster: str | None, secret: str | None
    ) -> Students:
        """Read the options; UsageError when they do not fit together, or no lab is `varied`."""
        if one is None and roster is None:
            return cls()
        if not varied:
            raise UsageError(
                "There are no variants of these labs.",
                f"None of them has a {SOURCE} beside its checks.",
                "leave --variant out: all students get the same copy.",
            )
        if (one is None) == (roster is None) or secret is None:
            raise UsageError(
                "It is not clear whose variants are wanted.",
                "A copy with variants is for one student or for a roster, and needs a secret.",
                "write `--variant STUDENT --secret FILE` or `--variants ROSTER.csv --secret FILE`.",
            )
        who = (one,) if one is not None else folders(Path(roster or ""))
        return cls(who, roster is not None, known(Path(secret)))

    def __str__(self) -> str:
        if not self.names:
            return "students"
        if not self.apart:
            return f"{self.names[0]}, with variants of their own"
        return f"{len(self.names)} students, each with variants of their own"

    def copies(
        self, files: Mapping[str, bytes], course: Course, labs: Sequence[str]
    ) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Give each copy's folder in DEST and its files; they share what is the same in all."""
        if not self.names:
            yield "", files
        for student in self.names:
            made = dict(files)
            for lab in labs:
                values = derive(course.checks(lab), self.secret, student, lab)
                if values is not None:
                    made = vary(made, lab, encode(values))
            yield student if self.apart else "", made


def folders(roster: Path) -> tuple[str, ...]:
    """Return the students of a roster; UsageError unless each can be the name of a folder."""
    found = Roster.read(roster).students
    try:
        for student in found:
            if "/" in student or student.startswith("."):
                raise names.unfit_name("has a name that is no folder's", student)
        names.check(found)
    except LabError as error:
        raise UsageError(
            "A student's name cannot be the name of a folder.",
            error.why,
            "give each student a plain id in the roster.",
        ) from None
    if not found:
        raise UsageError(
            f"{roster} names no student.", "", "give it a line for each, under the headings."
        )
    return found


def known(path: Path) -> bytes:
    """Return the secret in a file; one that does not exist yet is made."""
    if path.exists():
        return read_secret(path)
    made = make_secret(path)
    print(f"{path} is the new secret: keep it, `./lab grade --secret` needs it.")
    return made
