"""Grade a class of 1,000 on a real lab, as an instructor would, and kill the grader on the way.

    .venv/bin/python benchmarks/thousand.py [SUBMISSIONS, 1000] [FOLDER to keep it in]

Everyone is somewhere: the first few exercises are done, the rest are stubs; some of what is done
holds one of the mistakes of tests/labs, some is written in another style, and three in a hundred
cannot be read at all. Each is drawn from a fixed seed. The grader is killed with SIGKILL three
times while it works; the last run must finish what is left, and its gradebook must hold everyone.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lab_kit.course import Course
from lab_kit.process import level

COURSE = Course(Path(__file__).parents[1])
LAB = "lab01_serverless"
KILLS = 3
BROKEN = {
    "work.zip": b"PK\x03\x04 cut off",
    "notebook.ipynb": b'{"cells": [',
    "handler.docx": b"\xd0\xcf\x11\xe0",
}


def make_class(folder: Path, count: int) -> None:
    draw = random.Random(2026)
    exercises = [e.file for e in COURSE.info(LAB).exercises]
    answers = [a for kind in ("wrong", "right") for a in (COURSE.checks(LAB) / kind).iterdir()]
    for number in range(count):
        own = folder / f"student{number:04}"
        if number % 33 == 7:
            own.mkdir(parents=True)
            name = draw.choice(sorted(BROKEN))
            (own / name).write_bytes(BROKEN[name])
            continue
        shutil.copytree(COURSE.exercises(LAB), own)
        done = exercises[: draw.choice((0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7))]
        for file in done:
            shutil.copy(COURSE.solutions(LAB) / file, own / file)
        if done and draw.random() < 0.6:
            fitting = [a for a in answers if (a / done[-1]).is_file()]
            shutil.copy(draw.choice(sorted(fitting)) / done[-1], own / done[-1])
        with (own / exercises[0]).open("a") as file:
            file.write(f"# by student{number:04}\n")


def graded(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Grade until a run ends by itself; the first ones are killed."""
    command = [COURSE.root / "lab", "grade", place / "in", "--lab", LAB, "--store",
               place / "grades.sqlite", "--html", place / "gradebook", "--csv",
               place / "grades.csv"]  # fmt: skip
    (place / "gradebook").mkdir(exist_ok=True)
    while True:
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield run
        if run.wait() != -signal.SIGKILL:
            return


def count(store: Path) -> int:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as base:
        return int(base.execute("SELECT count(*) FROM reports").fetchone()[0])


def main(size: int, place: Path) -> int:
    """Print what came of it; return 1 when somebody is missing."""
    make_class(place / "in", size)
    began, kills, finished = time.perf_counter(), 0, []
    for run in graded(place):
        goal = (kills + 1) * size // (KILLS + 1)
        while kills < KILLS and run.poll() is None:
            time.sleep(0.2)
            store = place / "grades.sqlite"
            if store.exists() and count(store) >= goal:
                finished.append(count(store))
                run.send_signal(signal.SIGKILL)
                kills += 1
                break
    spent = time.perf_counter() - began
    with sqlite3.connect(place / "grades.sqlite") as base:
        rows = base.execute("SELECT report, refusal FROM gradebook").fetchall()
        twice = base.execute("SELECT count(*) - count(DISTINCT student) FROM reports").fetchone()[0]
    kinds = Counter("graded" if report else json.loads(refusal)["what"] for report, refusal in rows)
    print(f"level {level().name}, {os.cpu_count()} cores; killed after {finished} of {size}")
    print(f"{spent:.0f} s, {60 * size / spent:.0f} a minute; graded twice: {twice}")
    for kind, number in kinds.most_common():
        print(f"{number:6}  {kind}")
    print(f"the gradebook: {place / 'gradebook' / 'index.html'}")
    return int(len(rows) != size or twice != 0)


if __name__ == "__main__":
    SIZE = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    if len(sys.argv) > 2:
        sys.exit(main(SIZE, Path(sys.argv[2])))
    with tempfile.TemporaryDirectory() as name:
        sys.exit(main(SIZE, Path(name)))
