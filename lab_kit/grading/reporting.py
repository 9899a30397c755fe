"""Do what `./lab report` and `./lab pull` say."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab_kit.course import Course
from lab_kit.errors import UsageError
from lab_kit.grading.command import print_safely, store_path
from lab_kit.grading.desk import Desk
from lab_kit.grading.forms.marks import Share, marks, points
from lab_kit.grading.model import Grade
from lab_kit.grading.store import Store

WIDE = 32


def report(course: Course, args: argparse.Namespace) -> int:
    """Write the grades that are kept; without any form, show them as a table."""
    desk = Desk(args)
    labs = set(map(course.resolve, args.lab))
    path = store_path(course, args.store)
    if not path.exists():
        raise UsageError(
            "Nothing is graded yet.",
            f"There is no {path}.",
            "run `./lab grade SUBMISSIONS` first, or name the file with --store.",
        )
    with Store(path, write=False) as store:
        if not desk.targets and not desk.github:
            print_safely(sys.stdout, table(of(labs, store.grades())))
            return 0
        desk.write(
            lambda: of(labs, store.grades()),
            lambda: (c for c in store.changes() if not labs or c.lab in labs),
        )
    return 0


def of(labs: set[str], grades: Iterable[Grade]) -> Iterator[Grade]:
    """Give the grades of some labs, or all of them."""
    return (grade for grade in grades if not labs or grade.lab in labs)


def table(grades: Iterable[Grade]) -> Iterator[str]:
    """Give a line for each grade, under a heading."""
    yield f"{'student':{WIDE}} {'lab':18} {'core':>9} {'extension':>9}  state"
    for grade in grades:
        found = marks(grade)
        core, extension = score(found.core), score(found.extension)
        who = grade.student[: WIDE - 1]
        yield f"{who:{WIDE}} {grade.lab:18} {core:>9} {extension:>9}  {found.state}"


def score(share: Share) -> str:
    """Return points of points, or a dash where nothing is decided."""
    return f"{points(share.got)}/{points(share.of)}" if share.judged else "-"


def pull(course: Course, args: argparse.Namespace) -> int:
    """Fetch the repositories of a roster; return 0 when all came, 3 when one did not."""
    from lab_kit.grading.pull import pull as fetch_all

    new = known = 0
    missed = []
    for one in fetch_all(Path(args.roster), Path(args.folder)):
        new, known = new + (one.new and not one.why), known + (not one.new and not one.why)
        if one.why:
            missed.append(f"? {one.student}: {one.why}")
    print_safely(sys.stdout, [f"{new} new, {known} as before, {len(missed)} not pulled."])
    print_safely(sys.stderr, missed)
    return 3 if missed else 0
