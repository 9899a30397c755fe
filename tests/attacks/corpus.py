"""Try the corpus: lay each case out, have it judged, and note what it earned and what it touched.

A case is a folder in submissions/: expected.txt holds its verdict and one sentence about it. A
case that holds `submission.*` or `make.py` is handed in to one `./lab grade` over the whole
class; every other is a folder of files for the judge itself, with `honest.py`, right answers to
borrow, laid beside them, and for an attack `attacker.py` and `targets.json`: it knows where
everything is.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_kit.judge import LabJudge, LabSpec
from lab_kit.judge.seeds import graded_seed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKS = HERE / "assignment"
SUBMISSIONS = HERE / "submissions"
HONEST = SUBMISSIONS / "h_plain"
LAB = "lab00_attacks"
ASSIGNMENT = LabSpec(LAB, "Attacks", [{"file": "answers.py", "core": True}])
CANARY = "CANARY-7f3a"
VERDICTS = ("no credit", "full credit", "not judged")
LANES = 6  # most of them wait for a time limit
BESIDE = ("aa_neighbour", "zz_neighbour")


@dataclass(frozen=True)
class Case:
    """Be one folder of the corpus."""

    folder: Path
    expected: str
    why: str

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def group(self) -> str:
        return self.name[0].upper()

    @property
    def handed_in(self) -> list[Path]:
        """Return what is handed in to `./lab grade`; nothing where the files are judged as such."""
        return sorted([*self.folder.glob("submission*"), *self.folder.glob("make.py")])


@dataclass
class Outcome:
    """Hold what a case earned, in the corpus's words, and what it did beside that."""

    verdict: str
    report: dict[str, Any]
    damage: list[str] = field(default_factory=list)


def cases() -> list[Case]:
    """Return the corpus by name."""
    found = []
    for folder in sorted(p for p in SUBMISSIONS.iterdir() if p.is_dir()):
        expected, why = (folder / "expected.txt").read_text().splitlines()
        found.append(Case(folder, expected, why))
    return found


def earned(report: Mapping[str, Any]) -> str:
    """Say what a report gives: no credit, full credit, some credit or not judged."""
    verdicts = {row["verdict"] for row in report.get("results", [])}
    if "error" in report or not verdicts or "not_judged" in verdicts:
        return "not judged"
    if "passed" not in verdicts:
        return "no credit"
    return "full credit" if verdicts == {"passed"} else "some credit"


@contextmanager
def trial(wanted: Sequence[Case], place: Path) -> Iterator[Callable[[Case], Outcome]]:
    """Start judging the wanted cases, several at once; give what waits for a case's outcome."""
    before = sorted(CHECKS.glob("[!_.]*"))
    code = [case for case in wanted if not case.handed_in]
    handed_in = [case for case in wanted if case.handed_in]
    os.environ["COURSE_SECRET"] = CANARY
    try:
        with (
            LabJudge(CHECKS, lab=ASSIGNMENT) as judge,
            ThreadPoolExecutor(1) as clerk,
            ThreadPoolExecutor(LANES) as lanes,
        ):
            graded = clerk.submit(grade, handed_in, place / "class") if handed_in else None
            tried = {c.name: lanes.submit(attempt, judge, c, place / c.name) for c in code}

            def outcome(case: Case) -> Outcome:
                if graded and case.handed_in:
                    return graded.result()[case.name]
                return tried[case.name].result()

            yield outcome
            lanes.shutdown(cancel_futures=True)
    finally:
        del os.environ["COURSE_SECRET"]
    assert sorted(CHECKS.glob("[!_.]*")) == before, "something was added to the checks"


# -- code --------------------------------------------------------------------------------


def attempt(judge: LabJudge, case: Case, place: Path) -> Outcome:
    """Judge one case and then an honest neighbour, and look around."""
    folder = place / "submission"
    shutil.copytree(case.folder, folder)
    shutil.copy(HONEST / "answers.py", folder / "honest.py")
    seed = graded_seed(CANARY.encode(), case.name, LAB)
    with ExitStack() as stack:
        listeners = [stack.enter_context(each) for each in listen(case.name)]
        targets = bait(place) | {"port": listeners[0].getsockname()[1]}
        targets["abstract"] = listeners[1].getsockname()[1:].decode()
        if case.expected != "full credit":
            shutil.copy(HERE / "attacker.py", folder)
            (folder / "targets.json").write_text(json.dumps(targets))
        report = dict(judge.judge(folder, seed=seed))
        neighbour = earned(judge.judge(HONEST, seed=seed))
        damage = [] if neighbour == "full credit" else [f"the next submission: {neighbour}"]
        damage += [f"{each.getsockname()!r} was called" for each in listeners if called(each)]
    if CANARY in json.dumps(report):
        damage.append("a secret came out in the report")
    if {name: (place / name).read_text() for name in BAIT} != BAIT:
        damage.append("a file outside was changed")
    if sorted(p.name for p in place.iterdir()) != sorted([*BAIT, "submission"]):
        damage.append(f"something was added to {list(place.iterdir())}")
    return Outcome(earned(report), report, damage)


BAIT = {"canary.txt": CANARY, "grades.sqlite": f"SQLite format 3 {CANARY}"}


def bait(place: Path) -> dict[str, Any]:
    """Write what nobody may read or change, and return where all targets are."""
    for name, text in BAIT.items():
        (place / name).write_text(text)
    return {
        "checks": str(CHECKS),
        "neighbour": str(HONEST),
        "canary": str(place / "canary.txt"),
        "store": str(place / "grades.sqlite"),
        "work": str(place),
        "lab_kit": str(ROOT),
        "judge": os.getpid(),
    }


def listen(name: str) -> Iterator[socket.socket]:
    """Open what an attack might call: a port, and an abstract socket."""
    yield socket.create_server(("127.0.0.1", 0))
    local = socket.socket(socket.AF_UNIX)
    local.bind(f"\0beyond-{os.getpid()}-{name}")
    local.listen()
    yield local


def called(listener: socket.socket) -> bool:
    """Tell whether somebody connected."""
    listener.setblocking(False)
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


# -- what is handed in -------------------------------------------------------------------


def grade(handed_in: Sequence[Case], place: Path) -> dict[str, Outcome]:
    """Grade a class, of which each case is one student, with `./lab grade`."""
    course, room = place / "course", place / "handed_in"
    room.mkdir(parents=True)
    make_course(course)
    for case in handed_in:
        hand_in(case, room)
    for name in BESIDE:
        shutil.copytree(HONEST, room / name)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lab_kit", "grade", str(room), "--lab", LAB,
         "--require-isolation", "any", "--json", str(place / "grades.json")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "BEYOND_ROOT": str(course)},
        capture_output=True, encoding="utf-8", timeout=300,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    grades = json.loads((place / "grades.json").read_text())["grades"]
    reports = {row["student"]: row["report"] for row in grades}
    assert len(reports) == len(grades)
    damage = [
        f"{name}: {earned(reports[name])}"
        for name in BESIDE
        if earned(reports[name]) != "full credit"
    ]
    damage += ["a file came out of an archive"] if len(list(place.iterdir())) != 3 else []
    return {
        case.name: Outcome(earned(reports[case.name]), reports[case.name], damage)
        for case in handed_in
    }


def hand_in(case: Case, room: Path) -> None:
    """Put one student's submission into the class's folder."""
    for path in case.handed_in:
        if path.name == "make.py":
            honest = (HONEST / "answers.py").read_text()
            runpy.run_path(str(path))["make"](room / case.name, honest)
        elif path.is_dir():
            shutil.copytree(path, room / case.name, symlinks=True)
        else:
            shutil.copy(path, room / f"{case.name}{path.suffix}")


def make_course(root: Path) -> None:
    """Make a course with the one assignment."""
    about = {"title": "Attacks", "minutes": 5, "exercises": ASSIGNMENT.encode()["exercises"]}
    notebook = {"cells": [], "metadata": {"beyond": about}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks").mkdir(parents=True)
    (root / "course.toml").write_text('name = "Attacks"\n')
    (root / "notebooks" / f"{LAB}.ipynb").write_text(json.dumps(notebook))
    shutil.copytree(CHECKS, root / "tests" / "labs" / LAB, ignore=shutil.ignore_patterns("_*"))
