"""Measure the memory of everything that one learner runs, as proportional set size (PSS).

    .venv/bin/python benchmarks/memory.py [LAB]

JupyterLab, one kernel in which the finished lab was checked (so with its warm judge and zygotes,
and with compilers at work where it has any) and a warm Lambda environment; a page that two
processes share counts half for each. Limits are the design's.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
import threading
import urllib.request
from collections import defaultdict
from pathlib import Path

from jupyter_client import BlockingKernelClient

from lab_kit.process import start_trusted, wait_until

ROOT = Path(__file__).parents[1]
LIMIT_MB = 900
WARM_LIMIT_MB = 60  # the judge's and the sandbox's parents together
HANDLER = "def handler(event, context):\n    return {'statusCode': 200}\n"
CODE = """
import os, pathlib, tempfile
os.environ["BEYOND_ROOT"] = {root!r}
from lab_kit import Lab
from lab_kit.components.lambda_runtime import LambdaRuntime
lab = Lab({lab!r})
lab.check()
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "handler.py").write_text({handler!r})
runtime = LambdaRuntime(folder)
answers = [runtime.invoke({{}}) for _ in range(3)]
assert all(answer.status == 200 and not answer.error for answer in answers), answers
left = [row["check"] for row in lab.report["results"] if row["verdict"] != "passed"]
assert not left, left
"""


def tree(pid: int) -> list[int]:
    """Return the process and all its descendants."""
    parents: dict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(fields[1])].append(int(status.parent.name))
    found = [pid]
    for one in found:
        found += parents[one]
    return found


def pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def role(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    names = {
        "jupyterlab": "JupyterLab",
        "ipykernel": "kernel",
        "awslambdaric": "Lambda environment",
        "lambda": "Lambda environment",
        "judge": "warm judge",
        "process": "zygote and sandbox",
        "inside": "zygote and sandbox",
        "wasm_child": "modules' host",
    }
    return next((name for word, name in names.items() if word in words), words[:60] or "ended")


def look(pid: int) -> dict[str, float]:
    """Return the memory of each part of a tree in MB."""
    parts: dict[str, float] = defaultdict(float)
    for one in tree(pid):
        try:
            parts[role(one)] += pss_mb(one)
        except OSError:
            continue  # it ended meanwhile
    return dict(parts)


def address(runtime: Path) -> str:
    """Return the server's address, empty until it has written it down."""
    found = next(runtime.glob("jpserver-*.json"), None)
    return str(json.loads(found.read_text())["url"]) if found else ""


def answers(runtime: Path) -> bool:
    try:
        with urllib.request.urlopen(f"{address(runtime)}api/status?token=bench", timeout=20):
            return True
    except (OSError, ValueError):
        return False


class Watch:
    """Keep the highest sum that was seen while the checks ran, looking four times a second."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak = pid, 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.over.wait(0.25):
            self.peak = max(self.peak, sum(look(self.pid).values()))

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def finished(lab: str, place: Path) -> Path:
    """Return a course with the finished files as a student's; no compiler has seen its sources."""
    for name in ("course.toml", "notebooks", "exercises", "tests/labs"):
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    for file in (ROOT / "exercises" / lab).rglob("*"):
        solution = ROOT / "solutions" / lab / file.relative_to(ROOT / "exercises" / lab)
        if solution.is_file():
            text = solution.read_text()
            if solution.suffix in (".c", ".rs", ".go"):
                text += f"// {secrets.token_hex(8)}\n"
            (place / file.relative_to(ROOT)).write_text(text)
    return place


def measure(lab: str, home: Path) -> tuple[dict[str, float], float]:
    """Start everything; return the memory of each part when all is warm, and the peak before."""
    runtime = home / "runtime"
    env = {**os.environ, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(runtime)}
    argv = [str(ROOT / "lab"), "--no-browser", "--IdentityProvider.token=bench"]
    with start_trusted(argv, env=env, cwd=ROOT) as server:
        wait_until(
            lambda: answers(runtime),
            timeout=60, alive=lambda: server.alive, what="JupyterLab",
        )  # fmt: skip
        url = address(runtime)
        ask = urllib.request.Request(
            f"{url}api/sessions?token=bench",
            json.dumps(
                {
                    "path": f"notebooks/{lab}.ipynb",
                    "name": lab,
                    "type": "notebook",
                    "kernel": {"name": "python3"},
                }
            ).encode(),
            method="POST",
        )
        with urllib.request.urlopen(ask, timeout=60):
            pass
        client = BlockingKernelClient()
        client.load_connection_file(str(next(runtime.glob("kernel-*.json"))))
        client.start_channels(hb=False)
        client.wait_for_ready(timeout=60)
        watch = Watch(server.pid)
        reply = client.execute_interactive(
            CODE.format(lab=lab, handler=HANDLER, root=str(finished(lab, home / "course"))),
            timeout=300,
            output_hook=lambda message: None,
        )
        if reply["content"]["status"] != "ok":
            watch.stop()
            raise SystemExit("\n".join(reply["content"]["traceback"]))
        parts = look(server.pid)
        watch.stop()
        client.stop_channels()
        server.stop()
    return parts, watch.peak


def main(lab: str) -> int:
    with tempfile.TemporaryDirectory() as home:
        parts, peak = measure(lab, Path(home))
    for name, size in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"{name:<30} {size:7.1f} MB")
    total = sum(parts.values())
    warm = parts.get("warm judge", 0) + parts.get("zygote and sandbox", 0)
    print(f"{'in all, warm':<30} {total:7.1f} MB")
    print(f"{'in all, while checking':<30} {peak:7.1f} MB  (limit {LIMIT_MB})")
    print(f"{'judge and sandbox, warm':<30} {warm:7.1f} MB  (limit {WARM_LIMIT_MB})")
    return int(max(total, peak) > LIMIT_MB or warm > WARM_LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "lab01_serverless"))
