"""Turn everything that was handed in into clean copies or refusals, one after the other.

Nothing that a student hands in stops the iteration; a machine that has no room left does.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lab_kit.errors import LabError, Unavailable, UsageError
from lab_kit.grading.intake.layout import Labs, Work, works
from lab_kit.grading.intake.names import printable
from lab_kit.grading.intake.naming import Named
from lab_kit.grading.intake.roster import Roster, folded
from lab_kit.grading.intake.tree import folder_tree
from lab_kit.grading.intake.units import Unit, units
from lab_kit.grading.model import Incoming, Refused

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}
Files = dict[str, tuple[bytes, bool]]


def collect(
    paths: Sequence[Path],
    *,
    labs: Labs,
    roster: Roster | None = None,
    times: Mapping[str, datetime] | None = None,
    into: Path,
    given: Mapping[str, Path] | None = None,
) -> Iterator[Incoming | Refused]:
    """Yield each student's work on each lab, as a clean copy below `into`, or why there is none.

    `labs` maps a lab to its exercise files. `given` maps a lab to the folder from which files
    that are no exercise are added where a submission lacks them. Raises UsageError for a path
    that does not exist, and Unavailable while iterating when `into` has no room.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"There is no {path}.",
                "Submissions are folders, archives, repositories or notebooks.",
                "check the path.",
            )
    into.mkdir(parents=True, exist_ok=True)
    clock = {folded(key): when for key, when in (times or {}).items()}
    intake = Intake(labs, roster or Roster(), clock, into, with_given(labs, given or {}))
    return intake.all(paths)


class NoRoom(Unavailable):
    """Say that this machine cannot hold the copies: the one trouble that ends the intake."""


@dataclass(frozen=True)
class Intake:
    """Hold what stays the same over all submissions."""

    labs: Labs
    roster: Roster
    times: Mapping[str, datetime]
    into: Path
    given: Mapping[str, Files]

    def all(self, paths: Iterable[Path]) -> Iterator[Incoming | Refused]:
        """Yield what is in each path."""
        paths = list(paths)
        for path in paths:
            named_lab = path.resolve().name
            labs = {named_lab: self.labs[named_lab]} if named_lab in self.labs else self.labs
            with tempfile.TemporaryDirectory(prefix="download-", dir=self.into) as desk:
                try:
                    for unit in units(path, self.labs, self.may_be_class(paths), Path(desk)):
                        yield from self.take(unit, labs)
                except OSError as error:
                    yield refused("", path.name, str(path), unread(error))

    def may_be_class(self, paths: Sequence[Path]) -> bool:
        """Tell whether folders inside a path may name students: of several paths, none may.

        Else `grade class/*` would let each student hand in under any name.
        """
        return len(paths) == 1 and folded(paths[0].resolve().name) not in self.roster.known

    def take(self, unit: Unit, labs: Labs) -> list[Incoming | Refused]:
        """Return one submission's labs; whatever is wrong with it is its own trouble."""
        student, flags = printable(unit.named.label), list(unit.named.flags)
        try:
            found = self.roster.find(unit.named.known_as)
            student = found or student
            if self.roster.students and not found:
                flags.append("not on the roster")
            when = self.when(unit.named, student)
            with tempfile.TemporaryDirectory(prefix="desk-", dir=self.into) as desk:
                with unit.open(Path(desk)) as tree:
                    return [
                        self.one(unit, student, work, when, tuple(flags))
                        for work in works(tree, labs)
                    ]
        except LabError as error:
            if isinstance(error, NoRoom):
                raise
            return [refused("", student, unit.source, error)]
        except Exception as error:  # noqa: BLE001 - one broken submission must not stop a class
            return [refused("", student, unit.source, unread(error))]

    def when(self, named: Named, student: str) -> datetime | None:
        """Return when it was handed in: this submission's time, else its student's."""
        keys = [*named.known_as[:1], *named.known_as, student]
        told = (self.times.get(folded(key)) for key in keys)
        return next((time for time in told if time), named.submitted)

    def one(
        self, unit: Unit, student: str, work: Work, when: datetime | None, flags: tuple[str, ...]
    ) -> Incoming | Refused:
        """Write one lab's files and return where they are."""
        if work.trouble:
            return refused(work.lab, student, unit.source, work.trouble)
        files = {**self.given.get(work.lab, {}), **work.files}
        folder = Path(tempfile.mkdtemp(prefix="work-", dir=self.into))
        write(folder, files)
        return Incoming(
            student,
            work.lab,
            folder,
            printable(unit.source),
            when,
            (*flags, *work.flags),
            digest(files),
        )


def with_given(labs: Labs, folders: Mapping[str, Path]) -> dict[str, Files]:
    """Read the files that a lab gives to its students, without the exercises themselves."""
    found: dict[str, Files] = {}
    for lab in labs.keys() & folders.keys():
        with folder_tree(folders[lab]) as tree:
            paths = [path for path in tree.files if path not in labs[lab]]
            found[lab] = {path: (tree.read(path), tree.files[path].executable) for path in paths}
    return found


def write(folder: Path, files: Files) -> None:
    """Write the clean copy."""
    try:
        for name, (data, executable) in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o700 if executable else 0o600)
    except OSError as error:
        raise no_room(error) from error


def digest(files: Files) -> str:
    """Return the sha256 over names and contents that the judge will find in the copy."""
    made = hashlib.sha256()
    for name in sorted(files, key=by_folder):
        data = files[name][0]
        made.update(os.fsencode(name) + b"\0%d\0" % len(data) + data)
    return made.hexdigest()


def by_folder(name: str) -> list[tuple[bool, str]]:
    """Order as the judge walks: a folder's files first, then its folders."""
    *folders, file = name.split("/")
    return [*((True, folder) for folder in folders), (False, file)]


def unread(error: Exception) -> LabError:
    """Return the error for a submission that broke our reading of it; raise if it was not that."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        raise no_room(error) from error
    return LabError(
        "The submission could not be read.",
        f"{type(error).__name__}: {ascii(str(error))[1:200]}",
        "hand in the exercise files alone, in a plain folder or a zip.",
    )


def no_room(error: OSError) -> NoRoom:
    """Return the error for a machine that cannot hold the copies."""
    return NoRoom(
        "The submissions could not be copied.",
        str(error),
        "free some room or choose another folder, then grade again: finished work is kept.",
    )


def refused(lab: str, student: str, source: str, error: LabError) -> Refused:
    """Return the refusal for one submission."""
    return Refused(student, lab, printable(source), error.what, error.why, error.next)
