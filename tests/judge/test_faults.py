"""Whatever a submission does, each check gets a verdict and a message that names the place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_kit.judge import LabJudge, LabSpec, Result

LABS = Path(__file__).parent / "labs"
HERE = "exercises/lab00_faults/work.py"
ECHO = "def echo(word):\n    return word\n\n\n"


@dataclass
class Case:
    """Hold a submission's fault and what the student must read; `echo` says if that still works."""

    source: str
    what: str
    why: str
    next: str
    echo: str = "passed"


def body(*lines: str) -> str:
    return "def answer(n):\n" + "".join(f"    {line}\n" for line in lines)


CASES = {
    "not written yet": Case(
        body('raise NotImplementedError("give back n")'),
        "TODO: give back n",
        "",
        f"write it at {HERE}:6.",
    ),
    "not written yet, without words": Case(
        body("raise NotImplementedError"),
        "TODO: answer is empty.",
        "",
        f"write it at {HERE}:6.",
    ),
    "syntax error": Case(
        "def answer(n:\n    return n\n",
        "Python could not read work.py.",
        f"SyntaxError: '(' was never closed\n{HERE}:5: def answer(n:",
        f"correct {HERE}:5, or the line above it.",
        echo="failed",
    ),
    "function missing": Case(
        "def anwser(n):\n    return n\n",
        "work.py has no function called answer.",
        "work.py defines no function answer. It does define anwser.",
        f"define answer in {HERE}.",
    ),
    "wrong signature": Case(
        "def answer():\n    return 41\n",
        "answer does not take the arguments that it was given.",
        "It was called as answer(41).\n"
        "answer() does not fit the call: too many positional arguments.",
        f"give it these parameters at {HERE}:5.",
    ),
    "raises": Case(
        body('print("about to look")', 'return {}["n"]'),
        "answer raised KeyError.",
        f"KeyError: 'n'\n{HERE}:7: return {{}}[\"n\"]\nIt was called as answer(41).\n"
        "The last that it printed:\nabout to look",
        f"look at {HERE}:7.",
    ),
    "raises in a function that it calls": Case(
        body("return halve(n)") + "\n\ndef halve(n):\n    return n / 0\n",
        "answer raised ZeroDivisionError.",
        f"ZeroDivisionError: division by zero\n{HERE}:10: return n / 0\n"
        "It was called as answer(41).",
        f"look at {HERE}:10.",
    ),
    "raises while it is imported": Case(
        "total = 1 / 0\n",
        "work.py could not be imported.",
        f"ZeroDivisionError: division by zero\n{HERE}:5: total = 1 / 0",
        f"look at {HERE}:5; it runs as soon as the file is imported.",
        echo="failed",
    ),
    "imports what is not there": Case(
        "import numpy\n",
        "work.py could not be imported.",
        f"ModuleNotFoundError: No module named 'numpy'\n{HERE}:5: import numpy",
        f"import only Python's own library and your own files: {HERE}:5.",
        echo="failed",
    ),
    "never ends": Case(
        body("while True:", "    n += 1"),
        "answer ran longer than 3 s and was stopped.",
        "It was called as answer(41).",
        f"look for a loop or a wait that does not end: {HERE}:",
    ),
    "never ends while it is imported": Case(
        "while True:\n    pass\n",
        "Importing work.py ran longer than 3 s and was stopped.",
        "",
        f"look for a loop or a wait that does not end: {HERE}:",
        echo="failed",
    ),
    "exits": Case(
        "import sys\n" + body("sys.exit(0)"),
        "answer ended its whole process instead of returning.",
        "It called exit(0).\nIt was called as answer(41).",
        f"look for exit(), os._exit() or a crash, and return a value: {HERE}:7.",
    ),
    "exits at once": Case(
        "import os\n" + body("os._exit(0)"),
        "answer ended its whole process instead of returning.",
        "It exited with status 0.",
        f"look for exit(), os._exit() or a crash, and return a value: {HERE}:6.",
    ),
    "prints a gigabyte": Case(
        body('line = "x" * (1 << 20)', "for _ in range(1024): print(line)", "return n + 1"),
        "The answer is not the expected one.",
        "given:    41\nexpected: 41\ngot:      42",
        "",
    ),
    "takes all memory": Case(
        body("return len(bytearray(1 << 33))"),
        "answer used more memory than it has.",
        "It was called as answer(41).",
        f"keep less at a time: {HERE}:",
    ),
    "forks": Case(
        "import os\n" + body("os.fork()", "return n + 1"),
        "answer raised PermissionError.",
        "Operation not permitted",
        f"look at {HERE}:7: work that is checked may start no process, open no connection,",
    ),
    "not plain": Case(
        body("return {n}"),
        "answer returned something that is not plain data.",
        "It was called as answer(41) and returned a value of type set.",
        f"return only dict, list, str, int, float, bool or None: {HERE}:5.",
    ),
    "too large": Case(
        body('return "x" * (40 << 20)'),
        "answer returned more than can be taken.",
        "It was called as answer(41).",
        f"return only what is asked for: {HERE}:",
    ),
    "terminal codes": Case(
        body(r'raise ValueError("\x1b[2J passed \x07 \ud800")'),
        "answer raised ValueError.",
        r"ValueError: \x1b[2J passed \x07 \ud800",
        f"look at {HERE}:6.",
    ),
}


LOOPS = {
    "a loop in the function that calls": (
        body("while half(n) < 50:", "    n -= 1", "return n") + "\n\n"
        "def half(n):\n    for _ in range(20000): n = n * 1\n    return n // 2\n",
        6,
    ),
    "a long count in the function that calls": (
        body("for n in range(10**12):", "    half(n)")
        + "\n\ndef half(n):\n    return sum(range(9999))\n",
        6,
    ),
    "a loop in the function that is called": (
        body("for n in range(9):", "    half(n)")
        + "\n\ndef half(n):\n    if n < 9:\n        while True:\n            n += 1\n",
        12,
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_the_loop_is_named_and_not_where_it_happened_to_stop(
    name: str, judge: LabJudge, tmp_path: Path
) -> None:
    source, line = LOOPS[name]
    (tmp_path / "work.py").write_text(ECHO + source)
    row = judged(judge, tmp_path)["a_number_comes_back"]
    assert row["what"] == "answer ran longer than 3 s and was stopped."
    assert row["next"] == f"look for a loop or a wait that does not end: {HERE}:{line}."
    assert row["why"].startswith("It was called as answer(41).")


@pytest.fixture(scope="module")
def judge() -> Iterator[LabJudge]:
    spec = LabSpec("lab00_faults", "Faults", [{"file": "work.py", "core": True}])
    with LabJudge(LABS / "faults", lab=spec) as running:
        yield running


def judged(judge: LabJudge, folder: Path) -> dict[str, Result]:
    report = judge.judge(folder)
    assert "error" not in report, report["error"]
    return {row["check"]: row for row in report["results"]}


@pytest.mark.parametrize("name", CASES)
def test_fault_is_told_when_a_submission(name: str, judge: LabJudge, tmp_path: Path) -> None:
    case = CASES[name]
    (tmp_path / "work.py").write_text(ECHO + case.source)
    began = time.monotonic()
    rows = judged(judge, tmp_path)
    row = rows["a_number_comes_back"]
    assert row["verdict"] == "failed"
    assert row["what"] == case.what
    assert case.why in row["why"]
    assert row["next"].startswith(case.next)
    assert rows["a_word_comes_back"]["verdict"] == case.echo
    told = "".join(r["what"] + r["why"] + r["next"] for r in rows.values())
    assert "Traceback" not in told
    assert str(tmp_path) not in told
    assert "beyond-judge" not in told
    assert time.monotonic() - began < 15


def test_fault_is_told_when_the_file_is_missing(judge: LabJudge, tmp_path: Path) -> None:
    row = judged(judge, tmp_path)["a_number_comes_back"]
    assert row["verdict"] == "failed"
    assert row["what"] == "work.py is missing."
    assert (
        row["next"] == "run `./lab reset lab00_faults work.py` to get it back as it was handed out."
    )


def test_fault_names_the_other_file_when_that_one_is_broken(
    judge: LabJudge, tmp_path: Path
) -> None:
    (tmp_path / "work.py").write_text("from shelf import answer\n")
    (tmp_path / "shelf.py").write_text("\ndef answer(n)\n    return n\n")
    row = judged(judge, tmp_path)["a_number_comes_back"]
    assert row["what"] == "Python could not read shelf.py."
    assert row["next"] == "correct exercises/lab00_faults/shelf.py:2, or the line above it."
