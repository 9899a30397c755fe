"""Time a class of 40 from what was handed in to the gradebook, beside a bare pytest process each.

    .venv/bin/python benchmarks/judge.py [SUBMISSIONS, 40]

The assignment has four plain functions and eight checks. "from nothing" holds everything: taking
the files in, starting the workers, judging, keeping the grades, ending the workers. "ten classes"
is the same with ten times the submissions, so that starting counts less. Then two of the class
are endless loops with a limit of 10 s. Bare pytest runs the same checks on the same files, a
process each, as many at once as there are cores, with no isolation and no loops.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab_kit.course import Course
from lab_kit.grading.batch import Grader, cores
from lab_kit.grading.intake import choose, collect
from lab_kit.grading.store import Store
from lab_kit.process import level

LAB = "lab00_four"
LIMIT_S = 10
LOOPS = 2
AT_LEAST = 2000
WORK = """
def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else 0.0


def is_palindrome(text):
    return text == text[::-1]


def word_count(text):
    words = text.lower().split()
    return {word: words.count(word) for word in words}


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
"""
CASES = {
    "mean": ([([2, 4],), 3.0], [([],), 0.0]),
    "is_palindrome": ([("anna",), True], [("anne",), False]),
    "word_count": ([("Tea tea jam",), {"tea": 2, "jam": 1}], [("",), {}]),
    "fib": ([(10,), 55], [(60,), 1548008755920]),
}


def checks() -> str:
    """Return the eight checks for the judge; the second of a function builds on the first."""
    lines = ["from lab_kit.judge import check, expect_equal", ""]
    for name, cases in CASES.items():
        for number, (arguments, expected) in enumerate(cases):
            needs = f', needs="{name}_0"' if number else ""
            lines += [
                f'@check(hint="Try it."{needs})',
                f"def {name}_{number}(submission):",
                f'    """`{name}` is right."""',
                f"    arguments = {arguments!r}",
                f'    got = submission.call("four.py", "{name}", *arguments, timeout={LIMIT_S})',
                f'    expect_equal(got, {expected!r}, "It was wrong.", arguments, "look.")',
                "",
            ]
    return "\n".join(lines)


def tests() -> str:
    """Return the same for bare pytest."""
    lines = ["import four", ""]
    for name, cases in CASES.items():
        for number, (arguments, expected) in enumerate(cases):
            lines += [f"def test_{name}_{number}():"]
            lines += [f"    assert four.{name}(*{arguments!r}) == {expected!r}", ""]
    return "\n".join(lines)


def make_course(root: Path) -> Course:
    about = {"title": "Four", "exercises": [{"file": "four.py", "core": True}]}
    notebook = {"cells": [], "metadata": {"beyond": about}, "nbformat": 4, "nbformat_minor": 5}
    place = root / "tests" / "labs" / LAB
    place.mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "course.toml").write_text('name = "Benchmark"\n')
    (root / "notebooks" / f"{LAB}.ipynb").write_text(json.dumps(notebook))
    (place / "check_four.py").write_text(checks())
    return Course(root)


def make_class(folder: Path, count: int, loops: int = 0) -> Path:
    for number in range(count):
        own = folder / f"student{number:05}"
        own.mkdir(parents=True)
        text = WORK.replace("for _ in range(n)", "while True") if number < loops else WORK
        (own / "four.py").write_text(f"{text}# {number}\n")
    return folder


def grade(course: Course, handed_in: Path, loops: int = 0) -> None:
    """Grade a class into a new store and see that everyone has what they deserve."""
    place = Path(tempfile.mkdtemp(dir=handed_in.parent))
    labs = {LAB: frozenset({"four.py"})}
    with Store(place / "grades.sqlite") as store, Grader(course, store) as grader:
        for _ in grader.run(choose(collect([handed_in], labs=labs, into=place / "in"))):
            pass
        points = [g.report["points"]["core"][0] for g in store.grades()]
    assert sorted(points) == [6] * loops + [8] * (len(points) - loops), points
    shutil.rmtree(place)


def bare(handed_in: Path) -> None:
    """Run bare pytest on each submission."""
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_four.py"]

    def one(folder: Path) -> None:
        (folder / "test_four.py").write_text(tests())
        subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(one, sorted(handed_in.iterdir())))


def timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main(count: int) -> int:
    """Print the table; return 1 when the target is missed."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        course = make_course(root / "course")
        plain, many = make_class(root / "plain", count), make_class(root / "many", 10 * count)
        looping = make_class(root / "looping", count, LOOPS)
        arms = {
            "lab grade, from nothing": (count, lambda: grade(course, plain)),
            "lab grade, ten classes": (10 * count, lambda: grade(course, many)),
            f"lab grade, {LOOPS} endless loops": (count, lambda: grade(course, looping, LOOPS)),
            f"bare pytest, {cores()} at once": (count, lambda: bare(plain)),
        }
        times = {label: timed(act) for label, (_, act) in arms.items()}
    rates = {label: 60 * arms[label][0] / spent for label, spent in times.items()}
    base = rates[f"bare pytest, {cores()} at once"]
    print(f"level {level().name}, {cores()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':28}{'n':>6}{'s':>8}{'a minute':>10}{'to pytest':>11}")
    for label, rate in rates.items():
        print(f"{label:28}{arms[label][0]:6}{times[label]:8.1f}{rate:10.0f}{rate / base:9.1f} x")
    best = rates["lab grade, ten classes"]
    print(f"ten classes: {best:.0f} a minute (at least {AT_LEAST})")
    print(
        f"two loops: {times[f'lab grade, {LOOPS} endless loops']:.1f} s (their limit {LIMIT_S} s)"
    )
    return int(best < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
