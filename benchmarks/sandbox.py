"""Measure what the sandbox costs beside a bare fork of the same process.

    python benchmarks/sandbox.py [ROUNDS]

One student is: start, load its file, one call, end, confirmed. The arrangements take turns within
each round, so that load on the machine meets them all alike; read the ratios, not the figures.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lab_kit.process import Zygote

WORK = "def mean(values):\n    return sum(values) / len(values)\n"
TEST = "from work import mean\ndef test_mean():\n    assert mean([1, 2, 3]) == 2\n"
TARGET = 1.3


def students(zygote: Zygote, folder: Path) -> Callable[[], None]:
    """Return one round of a student of this zygote."""

    def once() -> None:
        with zygote.student(folder) as student:
            assert student.call("work.py", "mean", [1, 2, 3]).value == 2

    return once


def calls(zygote: Zygote, folder: Path) -> Callable[[], None]:
    """Return one call of a student that already runs."""
    student = zygote.student(folder)

    def once() -> None:
        assert student.call("work.py", "mean", [1, 2, 3]).value == 2

    once()
    return once


def programs(zygote: Zygote, folder: Path) -> Callable[[], None]:
    """Return one round of the smallest program, /bin/true."""

    def once() -> None:
        with zygote.program(["/bin/true"], cwd=folder) as program:
            assert program.wait(20).code == 0

    return once


def bare_program(folder: Path) -> None:
    """Run the smallest program with nothing around it."""
    subprocess.run(["/bin/true"], check=True, cwd=folder)


def bare_pytest(folder: Path) -> None:
    """Check the same function as a plain pytest process would."""
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_work.py"]
    subprocess.run(argv, check=True, cwd=folder, stdout=subprocess.DEVNULL)


def measure(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Return milliseconds for each way; within a round they take turns, now forth, now back."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 3):
        order = list(ways) if number % 2 else list(ways)[::-1]
        for name in order:
            start = time.perf_counter()
            ways[name]()
            if number >= 3:  # the first rounds warm the caches
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def table(times: dict[str, list[float]]) -> float:
    """Print medians and ratios to the first row, paired round by round; return the second's."""
    first = next(iter(times.values()))
    ratios = []
    print(f"{'':38}{'p50 ms':>9}{'p95 ms':>9}{'ratio':>8}")
    for name, values in times.items():
        ratios.append(statistics.median(a / b for a, b in zip(values, first, strict=True)))
        p95 = sorted(values)[int(len(values) * 0.95)]
        print(f"{name:38}{statistics.median(values):9.2f}{p95:9.2f}{ratios[-1]:7.2f}x")
    print()
    return ratios[1]


def starts(count: int) -> list[float]:
    """Return how long a zygote takes from nothing to its first answer."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        with Zygote() as zygote:
            assert zygote.features
            times.append((time.perf_counter() - start) * 1000)
    return times


def main() -> int:
    """Print the tables; exit 1 if the layers cost more than TARGET."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work.py").write_text(WORK)
        (folder / "test_work.py").write_text(TEST)
        with Zygote(force="none") as none, Zygote(force="degraded") as some, Zygote() as full:
            print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f}, layers {full.features}\n")
            three = {"bare fork": none, "all layers": full, "all but namespaces": some}
            ratio = table(measure({k: students(z, folder) for k, z in three.items()}, rounds))
            names = ("call, bare", "call, all layers")
            table(measure({n: calls(z, folder) for n, z in zip(names, (none, full), strict=True)},
                          rounds))  # fmt: skip
            table(
                measure(
                    {
                        "/bin/true, subprocess": lambda: bare_program(folder),
                        "/bin/true, program, no layer": programs(none, folder),
                        "/bin/true, program, all layers": programs(full, folder),
                    },
                    rounds,
                )
            )
            table(
                measure(
                    {
                        "one student, all layers": students(full, folder),
                        "the same check, a pytest process": lambda: bare_pytest(folder),
                    },
                    max(3, rounds // 20),
                )
            )
    print(f"zygote, from nothing to its first answer: {statistics.median(starts(10)):.0f} ms")
    print(f"all layers / bare fork = {ratio:.2f} (target {TARGET})")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
