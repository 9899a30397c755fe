"""Do what `./lab release` says: write a copy beside its place, examine it, then move it there.

A copy that holds an answer is never seen at its place: it is refused, and removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lab_kit.course import Course
from lab_kit.errors import AuthorError, UsageError
from lab_kit.judge.variants import SOURCE
from lab_kit.release import oracle
from lab_kit.release.canaries import Canary, gather, hidden
from lab_kit.release.handout import handout
from lab_kit.release.repository import commit
from lab_kit.release.search import Leak, Search
from lab_kit.release.students import Students

MOST_SHOWN = 10
Copies = Iterable[tuple[str, Mapping[str, bytes]]]


def release(course: Course, args: argparse.Namespace) -> int:
    """Make the copy; raise AuthorError, naming file and place, when an answer is in it."""
    labs = list(dict.fromkeys(map(course.resolve, args.lab))) or course.labs()
    dest = vacant(Path(args.dest), course)
    overlay = private_checks(args.checks)
    for lab in labs:
        oracle.refuse(course.solutions(lab), course.checks(lab))
    varied = [lab for lab in labs if (course.checks(lab) / SOURCE).is_file()]
    students = Students.of(varied, args.variant, args.variants, args.secret)
    search = Search(gather(course, overlay))
    if students.secret:
        search.canaries.append(Canary(students.secret.decode("latin-1"), str(args.secret)))
    copies = students.copies(handout(course, labs), course, varied)
    publish(copies, dest, search, git=args.git)
    print(f"{dest} holds {', '.join(labs)} for {students}.")
    names = hidden(course, overlay) if overlay else []
    beside = f", hidden checks among them: {', '.join(names) or 'none'}" if overlay else ""
    print(f"Searched for {len(search.canaries):,} texts of answers{beside}. None is in it.")
    return 0


def vacant(dest: Path, course: Course) -> Path:
    """Return the place for the copy; UsageError unless it is new or empty, outside the course."""
    place = dest.resolve()
    if place.is_relative_to(course.root):
        raise UsageError(
            f"The copy cannot be made at {dest}.",
            "It lies inside the course.",
            "name a folder beside the course.",
        )
    if os.path.lexists(place) and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(
            f"The copy cannot be made at {dest}.",
            "Something is there already, and nothing is overwritten.",
            "name a folder that is new or empty.",
        )
    return place


def private_checks(name: str | None) -> Path | None:
    """Return the folder of the private checks."""
    if name is None:
        return None
    if not any(Path(name).rglob("check_*.py")):
        raise UsageError(
            f"{name} holds no checks.",
            "Private checks lie in a folder for each lab: DIR/lab01_serverless/check_bill.py.",
            "check the path of --checks, or leave it out.",
        )
    return Path(name)


def publish(copies: Copies, dest: Path, search: Search, *, git: bool) -> None:
    """Write the copies and examine them; only then let them appear at `dest`."""
    draft = dest.with_name(f".{dest.name}.{os.getpid()}")
    try:
        for folder, files in copies:
            write(files, draft / folder)
            if git:
                commit(draft / folder)
        if leaks := list(search.folder(draft)):
            raise leaked(leaks)
        draft.replace(dest)
    except OSError as error:
        raise UsageError(
            f"The copy could not be written to {dest}.",
            str(error),
            "name a folder in a place that is yours, with room on the disk.",
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write one copy."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if name == "lab" else 0o644)


def leaked(leaks: Sequence[Leak]) -> AuthorError:
    """Return the refusal of a copy that holds an answer."""
    rows = [f"{leak.place} holds what stands at {leak.canary.place}" for leak in leaks]
    more = [f"… and {len(rows) - MOST_SHOWN} more"] if len(rows) > MOST_SHOWN else []
    return AuthorError(
        "The copy would have given answers away, so there is none.",
        "\n".join([*rows[:MOST_SHOWN], *more]),
        "take it out at the first place named; a line that students are to read there goes "
        "under `told` in the story's front matter.",
    )
