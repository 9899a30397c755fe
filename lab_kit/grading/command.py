"""Do what `./lab grade` says: take in, choose, judge, and write down."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TextIO

from lab_kit.course import Course
from lab_kit.errors import UsageError
from lab_kit.grading.batch import Grader
from lab_kit.grading.desk import Desk
from lab_kit.grading.model import Grade, Incoming, Refused
from lab_kit.grading.progress import Bar
from lab_kit.grading.store import Store, judged
from lab_kit.judge.report import clean
from lab_kit.judge.sealed import runtime_folder
from lab_kit.judge.variants import read_secret

STORE = "grades.sqlite"
MOST_SHOWN = 50


def grade(course: Course, args: argparse.Namespace) -> int:
    """Grade what was handed in; return 0 when all is judged and 3 when something is not."""
    desk = Desk(args)
    labs = list(dict.fromkeys(map(course.resolve, args.lab))) or course.labs()
    place = runtime_folder()
    try:
        with (
            Store(store_path(course, args.store)) as store,
            Grader(
                course,
                store,
                labs=labs,
                jobs=args.jobs,
                checks=Path(args.checks) if args.checks else None,
                require=args.require_isolation,
                secret=read_secret(Path(args.secret)) if args.secret else None,
                cluster=args.cluster,
            ) as grader,
        ):
            work = take_in(course, args, labs, place)
            with closing(Bar(sys.stderr, len(work))) as bar:
                bar.draw()
                for step in grader.run(work):
                    bar(step)
            desk.write(partial(store.grades, grader.number), partial(store.changes, grader.number))
            print_safely(sys.stderr if desk.quiet else sys.stdout, summary(store, grader))
            return grader.exit_code
    finally:
        shutil.rmtree(place, ignore_errors=True)


def store_path(course: Course, name: str | None) -> Path:
    """Return the file for the grades: the one that is named, else the course's own."""
    if name:
        return Path(name)
    course.work.mkdir(parents=True, exist_ok=True)
    return course.work / STORE


def take_in(
    course: Course, args: argparse.Namespace, labs: Sequence[str], place: Path
) -> list[Incoming | Refused]:
    """Copy the submissions and keep one for each student and lab; UsageError when there is none."""
    from lab_kit.grading.intake import Roster, choose, collect, read_times

    found = collect(
        [Path(name) for name in args.submissions],
        labs={lab: frozenset(e.file for e in course.info(lab).exercises) for lab in labs},
        roster=Roster.read(Path(args.roster)) if args.roster else None,
        times=read_times(Path(args.times)) if args.times else {},
        into=place / "in",
        given={lab: given(course, lab, place / "given" / lab) for lab in labs},
    )
    work = list(choose(found, rule=args.pick))
    if not work:
        raise UsageError(
            "No submission was found.",
            f"Nothing lies in {', '.join(args.submissions)}.",
            "name folders, archives, repositories or notebooks that hold exercise files.",
        )
    return work


def given(course: Course, lab: str, folder: Path) -> Path:
    """Write the files that the lab hands out complete, as its notebook has them."""
    data = json.loads((course.root / "notebooks" / f"{lab}.ipynb").read_text(encoding="utf-8"))
    about = data.get("metadata", {}).get("beyond", {})
    folder.mkdir(parents=True)
    for name in about.get("given", []):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(about["stubs"][name], encoding="utf-8")
    return folder


# -- what is told ----------------------------------------------------------------------


def summary(store: Store, grader: Grader) -> Iterator[str]:
    """Say how it went, and of what was not judged why and what to do."""
    counts = grader.counts
    done = counts["judged"] + counts["kept"]
    missed = counts["not_judged"] + counts["refused"]
    before = f" ({counts['kept']:,} of them before)" if counts["kept"] else ""
    yield f"{done:,} judged{before}, {missed:,} not judged; isolation {grader.level}."
    shown = 0
    for grade in store.grades(grader.number) if missed else ():
        if judged(grade.report):
            continue
        shown += 1
        if shown > MOST_SHOWN:
            yield f"… and {missed - MOST_SHOWN:,} more: --json or --csv lists all."
            break
        yield from reasons(grade)
    yield f"Grades: {store.path}"


def reasons(grade: Grade) -> Iterator[str]:
    """Say of one grade what was not judged."""
    lab = f", {grade.lab}" if grade.lab else ""
    yield f"? {grade.student}{lab} ({grade.source})"
    rows = [r for r in grade.report.get("results", []) if r["verdict"] == "not_judged"]
    nothing = {"what": "It has no checks.", "why": "", "next": ""}
    error = grade.report.get("error") or (rows[0] if rows else nothing)
    name = f"{rows[0]['check']}: " if rows else ""
    yield f"  {name}{error['what']} {error['why']}"
    if error["next"]:
        yield f"  Next: {error['next']}"


def print_safely(stream: TextIO, lines: Iterable[str]) -> None:
    """Print lines that may hold a stranger's text, each of them one line."""
    encoding = stream.encoding or "utf-8"
    for line in lines:
        indent = line[: len(line) - len(line.lstrip(" "))]
        text = indent + " ".join(clean(line, 1000).split())
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
