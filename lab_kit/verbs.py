"""Do what the learner's verbs say: check, hint, list and reset."""

from __future__ import annotations

import argparse
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from lab_kit.course import Course
from lab_kit.errors import UsageError
from lab_kit.judge import LabJudge, LabSpec
from lab_kit.judge.render import SIGNS, number, render
from lab_kit.judge.report import Report, Result, encode, exit_code
from lab_kit.notebook.progress import Progress
from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import WorkFile, tidy


def check_lab(course: Course, args: argparse.Namespace) -> int:
    """Judge a lab's work, print the report, and remember how far the learner is."""
    lab = course.resolve(args.lab)
    own = course.exercises(lab)
    folder = Path(args.submission) if args.submission else own
    target = json_target(args.json)
    counter = Counter(sys.stderr)
    only = [bare(lab, part) for part in [*args.part, *(args.only or [])]]
    with open_judge(course, lab) as judge:
        report = judge.judge(folder, only=only, seed=args.seed, on_result=counter)
    counter.done()
    if folder.resolve() == own.resolve():
        remember(Progress(Where(course, lab)), report)
    if args.json != "-":
        print_safely(render(report, colour=colourful(sys.stdout)))
    if target is not None:
        write_json(target, report)
    return exit_code(report)


def hint_lab(course: Course, args: argparse.Namespace) -> int:
    """Show one more hint of a check, below those that were shown before."""
    lab = course.resolve(args.lab)
    progress = Progress(Where(course, lab))
    seen = {name: str(row.get("verdict")) for name, row in progress.read()["checks"].items()}
    with open_judge(course, lab) as judge:
        check = judge.hinted(bare(lab, args.check), seen)
    name, hints = check.name, check.hints
    shown = progress.hints(name)
    last = min(shown + 1, len(hints)) if args.number is None else args.number
    if not 1 <= last <= len(hints):
        raise UsageError(
            f"{name} has no hint {last}.",
            f"It has {len(hints)}.",
            f"run `./lab hint {lab} {name}`.",
        )
    progress.hinted(name, max(shown, last))
    if args.check != name:
        print_safely(f"{name}: {check.promise}\n")
    for count in range(1 if args.number is None else last, last + 1):
        print_safely(f"Hint {count} of {len(hints)}: {hints[count - 1]}\n")
    if last < len(hints):
        print_safely(f"Another: ./lab hint {lab} {name}\n")
    elif args.number is None:
        print_safely("That was the last one.\n")
    return 0


def list_labs(course: Course, args: argparse.Namespace) -> int:
    """Show the labs, their minutes and checks, and where the learner stands."""
    if not course.labs():
        print_safely("No lab is built yet. Authors run `./lab build`.\n")
    for lab in course.labs():
        info = course.info(lab)
        count = sum(count_checks(p) for p in course.checks(lab).glob("check_*.py"))
        seen = Progress(Where(course, lab)).read()["checks"]
        passed = sum(row.get("verdict") == "passed" for row in seen.values())
        stand = f"{passed} of {count} checks passed" if seen else f"{count} checks, none tried yet"
        sign = SIGNS["passed"] if count and passed >= count else " "
        print_safely(f"{sign} {lab:<18} {info.title}\n")
        print_safely(f"  {'':<18} {info.minutes} min, {stand}\n")
    return 0


def reset_lab(course: Course, args: argparse.Namespace) -> int:
    """Put a file back as it was handed out, keeping what the student had."""
    where = Where(course, course.resolve(args.lab))
    name = bare(where.lab, args.file)
    stub = where.stub(name)
    if stub is None:
        names = ", ".join(e.file for e in course.info(where.lab).exercises) or "none"
        raise UsageError(
            f"{where.lab} hands out no file called {name!r}.",
            f"Its exercises are: {names}.",
            f"run `./lab reset {where.lab} FILE` with one of them.",
        )
    work = WorkFile(where, name)
    mine = work.read()
    work.save(stub)
    if mine == tidy(stub):
        print_safely(f"{work.shown} is as it was handed out; nothing was changed.\n")
        return 0
    kept = "" if mine is None else "; your version is kept in .history"
    print_safely(f"{work.shown} is put back as it was handed out{kept}.\n")
    print_safely(
        "  Next: the notebook's cell may still hold your version. Begin it with\n"
        f"  `%%exercise {name} --keep-file` and run it once to see the file there.\n"
    )
    return 0


# -- parts -----------------------------------------------------------------------------


def open_judge(course: Course, lab: str) -> LabJudge:
    return LabJudge(course.checks(lab), lab=LabSpec.of(course.info(lab)))


def bare(lab: str, name: str) -> str:
    """Return a name as the lab knows it, for whoever typed a path from the course's root."""
    return name.removeprefix("./").removeprefix(f"exercises/{lab}/")


def count_checks(path: Path) -> int:
    """Count the checks in a file by its text: loading them would take a second."""
    return len(re.findall(r"^@check\b", path.read_text("utf-8"), re.MULTILINE))


def remember(progress: Progress, report: Report) -> None:
    """Keep each verdict, so that `list` and the notebook know it tomorrow."""
    for row in report.get("results", []):
        progress.checked(row)


def colourful(stream: TextIO) -> bool:
    """Tell whether colour is wanted: on a terminal, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_safely(text: str) -> None:
    """Print to stdout whatever its encoding can hold."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def json_target(name: str | None) -> Path | None:
    """Return where the JSON goes, refusing at once what could not be written at the end."""
    if not name or name == "-":
        return Path("-") if name else None
    path = Path(name)
    if path.is_dir():
        raise cannot_write(path, "It is a folder.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise cannot_write(path, "There is no such place, or you may not write there.")
    return path


def write_json(target: Path, report: Report) -> None:
    """Write the report whole or not at all."""
    if str(target) == "-":
        print_safely(encode(report))
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists() and not target.is_file():
            target.write_text(encode(report), encoding="utf-8")  # a pipe or /dev/stdout
            return
        draft.write_text(encode(report), encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise cannot_write(target, str(error)) from error


def cannot_write(path: Path, why: str) -> UsageError:
    return UsageError(
        f"The report could not be written to {path}.",
        why,
        "name a file in a folder that exists and is yours, or '-' for the terminal.",
    )


class Counter:
    """Say on a terminal how many checks are done, on one line that is wiped at the end."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self.count = 0
        self.write("starting the judge")

    def __call__(self, row: Result) -> None:
        self.count += 1
        self.write(f"{self.count} checked, last {SIGNS[row['verdict']]} {row['check']}")

    def write(self, text: str) -> None:
        if self.live:
            self.stream.write(f"\r\x1b[K{text[:78]}")
            self.stream.flush()

    def done(self) -> None:
        self.write("")


__all__ = ["check_lab", "hint_lab", "list_labs", "number", "reset_lab"]
