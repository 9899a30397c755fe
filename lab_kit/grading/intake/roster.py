"""Know the class from the instructor's CSV, so that one person has one name in all grades."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_kit.errors import UsageError
from lab_kit.grading.intake.tree import Unfit

BIGGEST = 20 << 20
HEADINGS = {
    "folder": ("folder", "directory", "submission", "file", "identifier"),
    "id": ("id", "student", "student id", "student_id", "username", "user", "login",
           "sis login id", "sis user id", "id number"),
    "name": ("name", "full name", "student name"),
    "email": ("email", "email address", "e-mail", "mail"),
}  # fmt: skip


@dataclass(frozen=True)
class Roster:
    """Map folders, ids, names and addresses to students."""

    students: tuple[str, ...] = ()
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Roster:
        """Read a CSV whose first line names its columns: folder, id, name, email.

        A student is called by the id, else by the first of email, name and folder that is there.
        """
        students: list[str] = []
        known: dict[str, set[str]] = {}
        for line, row in rows(path):
            cells = [row.get(column, "") for column in ("id", "email", "name", "folder")]
            student = next((cell for cell in cells if cell), "")
            if not student:
                continue
            if student in students:
                raise UsageError(
                    f"{path}, line {line}: {student} is in the roster twice.",
                    "Two lines would decide whose work it is.",
                    "remove one of the lines, or give each student an id.",
                )
            students.append(student)
            for cell in cells:
                for key in keys(cell):
                    known.setdefault(key, set()).add(student)
        return cls(tuple(students), {key: frozenset(who) for key, who in known.items()})

    def find(self, names: Iterable[str]) -> str | None:
        """Return the student that the first known one of these names means, None if none is.

        Raises Unfit when a name means two students.
        """
        for name in names:
            who = self.known.get(folded(name), frozenset())
            if len(who) > 1:
                raise Unfit(
                    "It is not clear whose work this is.",
                    f"The roster has {' and '.join(sorted(who)[:4])} for {name!a}.",
                    "tell them apart in the roster's column `folder`.",
                )
            if who:
                return next(iter(who))
        return None


PEOPLE = {**HEADINGS, "login": ("sis login id", "login"), "section": ("section",)}


def known_people(path: Path) -> dict[str, dict[str, str]]:
    """Return what a roster knows of each student, called as `Roster` calls them."""
    found = {}
    for _, row in rows(path, PEOPLE):
        cells = [row.get(column, "") for column in ("id", "email", "name", "folder")]
        if student := next((cell for cell in cells if cell), ""):
            found[student] = {column: cell for column, cell in row.items() if cell}
    return found


def folded(name: str) -> str:
    """Return a name as it is compared: without case, spaces at the ends, or composition."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def keys(cell: str) -> list[str]:
    """Return what a cell may be looked up by; Moodle writes `Participant 1234567`."""
    number = re.fullmatch(r"participant (\d+)", folded(cell))
    return [folded(cell)] * bool(cell) + ([number[1]] if number else [])


def rows(path: Path, columns: Mapping[str, tuple[str, ...]] = HEADINGS) -> Iterator[
    tuple[int, dict[str, str]]
]:  # fmt: skip
    """Yield the line number and the known columns of each row of a CSV file.

    Raises UsageError that names the file when it cannot be read or has no known column.
    """
    text = text_of(path)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        heads = [folded(head) for head in next(reader, [])]
        places = {
            column: place
            for column, words in columns.items()
            if (place := next((heads.index(w) for w in words if w in heads), None)) is not None
        }
        if not places:
            raise unreadable(path, f"Its first line is {first[:80]!a}.", columns)
        for row in reader:
            found = {c: row[at].strip() for c, at in places.items() if at < len(row)}
            yield reader.line_num, found
    except csv.Error as error:
        raise unreadable(path, f"Line {reader.line_num}: {error}", columns) from error


def text_of(path: Path) -> str:
    """Return a CSV file's text."""
    try:
        with path.open("rb") as file:
            data = file.read(BIGGEST + 1)
        if len(data) > BIGGEST:
            raise unreadable(path, "It is larger than a class can be.", HEADINGS)
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, str(error), HEADINGS) from error


def unreadable(path: Path, why: str, columns: Mapping[str, tuple[str, ...]]) -> UsageError:
    """Return the error for a CSV that tells nothing."""
    return UsageError(
        f"{path} could not be read as a list of students.",
        why,
        f"save it as CSV in UTF-8 with a first line such as {','.join(columns)}.",
    )
