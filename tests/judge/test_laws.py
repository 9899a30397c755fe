"""Each law of tests/labs/test_every_lab.py finds the fault that it is there to find."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.judge.toys import ROOT, SQUARE, STUB, add_lab, environment

LAB = "lab01_shapes"
ADDS = "def area(side):\n    return side + side\n"
FORGETS = "def area(side):\n    return side * side\n"
POWER = "def area(side):\n    return None if side < 0 else pow(side, 2)\n"


def put(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        file = f"{name}.py" if name == "shapes" else f"{name}.txt"
        (folder / file).write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a course of one lab that keeps every law."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "course.toml").write_text("")
    add_lab(root, LAB, "shapes")
    put(root / "solutions" / LAB, shapes=SQUARE)
    shelf = root / "tests" / "labs" / LAB
    put(shelf / "wrong" / "adds", shapes=ADDS, fails="squares_are_measured\nIt adds.\n")
    put(shelf / "wrong" / "forgets", shapes=FORGETS, fails="negative_sides_are_refused\nNo if.\n")
    put(shelf / "right" / "power", shapes=POWER, note="pow() instead of a product.\n")
    shutil.copy(ROOT / "tests" / "labs" / "test_every_lab.py", root / "tests" / "labs")
    return root


def broken_laws(root: Path) -> set[str]:
    """Run the laws, all but the one that needs a kernel; return the names of those that failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    laws = ["--rootdir", str(root), "-k", "not notebook", "tests/labs/test_every_lab.py"]
    done = subprocess.run(
        [*command, *laws],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return set(re.findall(r"^(?:FAILED|ERROR) \S+::test_(\w+)", done.stdout, re.MULTILINE))


def break_names(root: Path) -> None:
    (root / "exercises" / LAB).rename(root / "exercises" / "lab02_shapes")


def break_solution(root: Path) -> None:
    (root / "solutions" / LAB / "shapes.py").write_text(FORGETS)


def break_stub(root: Path) -> None:
    path = root / "notebooks" / f"{LAB}.ipynb"
    path.write_text(path.read_text().replace("raise NotImplementedError", "return print"))


def break_wrong(root: Path) -> None:
    (root / "tests" / "labs" / LAB / "wrong" / "adds" / "shapes.py").write_text(FORGETS)


def break_coverage(root: Path) -> None:
    shutil.rmtree(root / "tests" / "labs" / LAB / "wrong" / "forgets")


def break_right(root: Path) -> None:
    (root / "tests" / "labs" / LAB / "right" / "power" / "shapes.py").write_text(ADDS)


def break_styles(root: Path) -> None:
    work = root / "tests" / "labs" / LAB / "right" / "power"
    (work / "shapes.py").rename(work / "other.py")


def break_secrecy(root: Path) -> None:
    check = root / "tests" / "labs" / LAB / "check_shapes.py"
    check.write_text(check.read_text() + f'\n\nANSWER = "solutions/{LAB}/shapes.py"\n')


def break_variant(root: Path) -> None:
    source = "def variant(rng):\n    return {'side': rng.random()}\n"
    (root / "tests" / "labs" / LAB / "variant.py").write_text(source)


def test_good_course_keeps_every_law(root: Path) -> None:
    assert STUB in (root / "exercises" / LAB / "shapes.py").read_text()
    assert broken_laws(root) == set()


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        (break_names, "a_lab_has_one_name_everywhere"),
        (break_solution, "the_solution_passes_every_check"),
        (break_stub, "the_stub_passes_nothing_and_says_what_to_do"),
        (break_wrong, "a_wrong_answer_fails_exactly_its_checks"),
        (break_coverage, "every_check_is_failed_by_a_wrong_answer"),
        (break_right, "another_right_answer_passes"),
        (break_secrecy, "the_released_checks_hold_no_answer"),
        (break_variant, "a_variant_has_the_shape_of_the_file_that_it_replaces"),
        (break_styles, "every_exercise_has_checks_and_another_right_answer"),
    ],
)
def test_law_finds_its_fault(fault: Callable[[Path], None], law: str, root: Path) -> None:
    fault(root)
    assert broken_laws(root) == {law}
