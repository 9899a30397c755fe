"""Time `./lab` (second start) against bare `jupyter lab`, from the command to a served page.

    .venv/bin/python benchmarks/start.py [ROUNDS]

Both in turn, each in an empty home, so that what the machine does meanwhile hits both alike.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from lab_kit.process import start_trusted, wait_until

ROOT = Path(__file__).parents[1]
LIMIT_S, HELP_S = 1.0, 0.3


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200 and b"JupyterLab" in answer.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, whatever programs it became."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds(argv: list[str], page: str, home: str) -> tuple[float, float]:
    """Return the time until the page is served by the command, and its processor time till then."""
    port = free_port()
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=bench"]
    env = {**os.environ, "HOME": home}
    began = time.perf_counter()
    with start_trusted([*argv, *options], env=env, cwd=ROOT) as program:
        url = f"http://127.0.0.1:{port}{page}?token=bench"
        wait_until(
            lambda: answers(url),
            timeout=60,
            poll=0.02,
            alive=lambda: program.alive,
            what=argv[0],
        )
        taken = time.perf_counter() - began, cpu_seconds(program.pid)
        program.stop()
    return taken


def quickest(command: list[str | Path]) -> float:
    """Return the best of ten runs: what else the machine does is no fault of ours."""
    times = []
    for _ in range(10):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return min(times)


def main(rounds: int) -> int:
    notebook = next((ROOT / "notebooks").glob("*.ipynb"), None)
    page = f"/lab/tree/notebooks/{notebook.name}" if notebook else "/lab"
    commands = {"./lab": [str(ROOT / "lab")], "jupyter lab": [sys.executable, "-m", "jupyterlab"]}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    used: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as home:
        for number in range(rounds + 1):
            for name, argv in commands.items():
                took, cpu = seconds(argv, page, home)
                if number:  # the first round warms the disk, and is a first start
                    taken[name].append(took)
                    used[name].append(cpu)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    for name, values in taken.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        cpu = statistics.median(used[name])
        print(f"{name:<12} median {medians[name]:.2f} s  ({spread}; processor time {cpu:.2f} s)")
    bare, told = quickest([sys.executable, "-c", "pass"]), quickest([ROOT / "lab", "--help"])
    print(f"{'--help':<12} {told:.2f} s at best (limit {HELP_S:.2f}; a bare Python {bare:.2f} s)")
    more = medians["./lab"] - medians["jupyter lab"]
    print(f"{'difference':<12} {more:+.2f} s  (limit {LIMIT_S:+.2f})")
    return int(more > LIMIT_S or told > HELP_S)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
