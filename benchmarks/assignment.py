"""Make the class that the benchmarks grade: four plain functions, eight checks, N students."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from lab_kit.course import Course
from lab_kit.grading.batch import Grader
from lab_kit.grading.intake import choose, collect
from lab_kit.grading.store import Store

LAB = "lab00_four"
LIMIT_S = 10
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
