"""Time a class of 40 from what was handed in to the gradebook, beside other ways to grade it.

    .venv/bin/python benchmarks/judge.py [SUBMISSIONS, 40]

The assignment has four plain functions and eight checks. "from nothing" holds everything: taking
the files in, starting the workers, judging, keeping the grades, ending the workers. "ten classes"
is the same with ten times the submissions, so that starting counts less. Then two of the class
are endless loops with a limit of 10 s. Bare pytest runs the same checks on the same files, a
process each, as many at once as there are cores, with no isolation and no loops. nbgrader and
Otter take part where they are installed: see peers.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peers
from assignment import LIMIT_S, grade, make_class, make_course, tests

from lab_kit.grading.batch import cores
from lab_kit.process import level

LOOPS = 2
AT_LEAST = 2000
BARE = "bare pytest"


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
            BARE: (count, lambda: bare(make_class(root / "bare", count))),
        }
        for peer, command in peers.found().items():
            arms[peer] = (count, peers.prepared(peer, command, plain, root / peer))
        times = {label: timed(act) for label, (_, act) in arms.items()}
    rates = {label: 60 * arms[label][0] / spent for label, spent in times.items()}
    print(f"level {level().name}, {cores()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':28}{'n':>6}{'s':>8}{'a minute':>10}{'to pytest':>11}")
    for label, rate in rates.items():
        count, spent, to_bare = arms[label][0], times[label], rate / rates[BARE]
        print(f"{label:28}{count:6}{spent:8.1f}{rate:10.0f}{to_bare:9.1f} x")
    for peer in {"nbgrader", "otter"} - set(rates):
        print(f"{peer:28}  not installed here: see benchmarks/peers.py")
    best = rates["lab grade, ten classes"]
    print(f"ten classes: {best:.0f} a minute (at least {AT_LEAST})")
    print(
        f"two loops: {times[f'lab grade, {LOOPS} endless loops']:.1f} s (their limit {LIMIT_S} s)"
    )
    return int(best < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
