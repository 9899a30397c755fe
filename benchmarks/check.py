"""Time one interactive check of one function, warm, beside its bounds, the arms taking turns.

    .venv/bin/python benchmarks/check.py [ROUNDS, 100]

"One check" is what a notebook does: copy the submission, ask the warm judge, fork, run the check,
call the function in a sandboxed process of its own, and read the report. The bare fork forks this
process, loads the file, calls the function and waits: no judge, no pytest, no protection. The
bare pytest is a process of its own with one test that imports the file; it takes a turn only
every tenth round. The last two rows are one student process, started, called and ended, with all
layers and with none: what the sandbox itself costs.
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

from lab_kit.judge import LabJudge, LabSpec
from lab_kit.process import Zygote, level, zygote

CHECKS = Path(__file__).parents[1] / "tests" / "judge" / "labs" / "shapes"
SPEC = LabSpec("lab01_shapes", "Shapes", [{"file": "shapes.py", "core": True}])
WORK = "def area(side):\n    return side * side if side >= 0 else None\n"
TEST = "from shapes import area\n\ndef test_area():\n    assert area(12) == 144\n"
LIMIT_MS = 50.0
LIMIT_RATIO = 1.3
WARM_UP = 3


def check(judge: LabJudge, folder: Path) -> None:
    report = judge.judge(folder, only="squares_are_measured")
    assert [row["verdict"] for row in report["results"]] == ["passed"], report


def bare_fork(folder: Path) -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        space: dict[str, object] = {}
        exec(compile((folder / "shapes.py").read_text(), "shapes.py", "exec"), space)
        os.write(write, str(space["area"](12)).encode())  # type: ignore[operator]
        os._exit(0)
    os.close(write)
    assert os.read(read, 100) == b"144"
    os.close(read)
    os.waitpid(pid, 0)


def bare_pytest(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shapes.py"]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)


def student(start: Zygote, folder: Path) -> None:
    with start.student(folder) as process:
        assert process.call("shapes.py", "area", 12).value == 144


def timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        return show(measure(Path(name), rounds))


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of each arm, the first rounds left out."""
    (folder / "shapes.py").write_text(WORK)
    (folder / "test_shapes.py").write_text(TEST)
    with LabJudge(CHECKS, lab=SPEC) as judge, Zygote(force="none") as bare:
        arms: dict[str, Callable[[], None]] = {
            "one check, warm judge": lambda: check(judge, folder),
            "a bare fork": lambda: bare_fork(folder),
            "a bare pytest process": lambda: bare_pytest(folder),
            "one student, all layers": lambda: student(zygote(), folder),
            "one student, no layer": lambda: student(bare, folder),
        }
        times: dict[str, list[float]] = {name: [] for name in arms}
        for number in range(WARM_UP + rounds):
            for name, act in arms.items():
                if "pytest" not in name or number % 10 == 0:
                    times[name].append(timed(act))
    return {name: found[WARM_UP if len(found) > rounds else 1 :] for name, found in times.items()}


def show(times: dict[str, list[float]]) -> int:
    """Print the table; return 1 when a target is missed."""
    one, _, tests, layers, none = times
    mine = statistics.median(times[one])
    print(f"level {level().name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':26}{'n':>5}{'p50 ms':>9}{'p95 ms':>9}{'one check is':>15}")
    for name, found in times.items():
        p50, p95 = statistics.median(found), quantile(found, 0.95)
        print(f"{name:26}{len(found):5}{p50:9.1f}{p95:9.1f}{mine / p50:13.2f} x")
    p95 = quantile(times[one], 0.95)
    ratio = statistics.median(times[layers]) / statistics.median(times[none])
    print(f"one check, p95: {p95:.1f} ms (at most {LIMIT_MS:g})")
    print(f"all layers over none, p50: {ratio:.2f} (at most {LIMIT_RATIO:g})")
    print(f"{tests} takes {statistics.median(times[tests]) / mine:.0f} times as long")
    return int(p95 > LIMIT_MS or ratio > LIMIT_RATIO)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
