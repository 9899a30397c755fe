"""See how grading grows: with the cores it may use, and in memory with the size of the class.

    .venv/bin/python benchmarks/scale.py [SUBMISSIONS, 400] [LARGE CLASS, 10000]

Each arm is a grader of its own, held to so many cores; its memory is the highest proportional set
size (PSS) of the grader alone and of it with its workers, judges and students, seen every second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assignment import grade, make_class, make_course
from memory import pss_mb, tree

from lab_kit.course import Course
from lab_kit.grading.batch import cores

AT_LEAST = 0.8  # of the cores that are added


def arm(root: Path, handed_in: Path, use: int) -> tuple[float, float, float]:
    """Grade with `use` cores; return seconds and the two memory peaks in MB."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "arm", str(root), str(handed_in), str(use)]
    grader = subprocess.Popen(command)
    own = whole = 0.0
    while grader.poll() is None:
        seen = {}
        for pid in tree(grader.pid):
            try:
                seen[pid] = pss_mb(pid)
            except (OSError, ProcessLookupError):
                continue
        own, whole = max(own, seen.get(grader.pid, 0.0)), max(whole, sum(seen.values()))
        time.sleep(1)
    assert grader.returncode == 0
    return time.perf_counter() - began, own, whole


def main(count: int, large: int) -> int:
    """Print the tables; return 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make_course(root / "course")
        small = make_class(root / "small", count)
        print(f"{'':24}{'n':>7}{'s':>8}{'a minute':>10}{'to one':>9}{'grader MB':>11}{'all MB':>8}")
        rates = {}
        for use in range(1, cores() + 1):
            spent, own, whole = arm(root / "course", small, use)
            rates[use] = 60 * count / spent
            print(row(f"{use} core{'s' * (use > 1)}", count, spent, rates[1], own, whole))
        spent, own, whole = arm(root / "course", make_class(root / "large", large), cores())
        print(row("a large class", large, spent, rates[1], own, whole))
    missed = [use for use, rate in rates.items() if rate < AT_LEAST * use * rates[1]]
    print(f"at least {AT_LEAST} N with N cores: {'missed' if missed else 'held'}")
    return int(bool(missed))


def row(label: str, count: int, spent: float, one: float, own: float, whole: float) -> str:
    rate = 60 * count / spent
    return f"{label:24}{count:7}{spent:8.1f}{rate:10.0f}{rate / one:7.2f} x{own:11.0f}{whole:8.0f}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["arm"]:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[4])])
        grade(Course(Path(sys.argv[2])), Path(sys.argv[3]))
        sys.exit(0)
    small, large = [*map(int, sys.argv[1:]), *(400, 10_000)[len(sys.argv) - 1 :]]
    sys.exit(main(small, large))
