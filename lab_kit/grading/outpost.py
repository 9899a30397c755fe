"""Judge on a worker of a cluster: what comes is bytes, and nothing of it stays.

A worker's process keeps one warm judge for each version of a lab's checks; its threads share it.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_kit.errors import LabError
from lab_kit.grading.crew import Task
from lab_kit.grading.place import environment, source
from lab_kit.judge import LabJudge, LabSpec
from lab_kit.judge.lab_judge import check_files, version
from lab_kit.judge.report import message
from lab_kit.judge.sealed import runtime_folder
from lab_kit.process import level

Files = list[tuple[str, bytes, bool]]  # a path inside, the content, whether it may be run


def pack(paths: list[Path], folder: Path) -> Files:
    """Return files as they travel."""
    return [
        (str(path.relative_to(folder)), path.read_bytes(), os.access(path, os.X_OK))
        for path in paths
    ]


def pack_edition(lab: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lab's checks as they travel; `lab` is what an Edition encodes."""
    folder = Path(lab["checks"])
    known = {key: value for key, value in lab.items() if key != "checks"}
    return {**known, "version": version(folder), "files": pack(check_files(folder), folder)}


def pack_work(folder: Path) -> Files:
    """Return a submission's clean copy as it travels."""
    return pack(sorted(path for path in folder.rglob("*") if path.is_file()), folder)


def settings(task: Task) -> dict[str, Any]:
    """Return what a judge is told beside the files."""
    return {"lab": task.work.lab, "seed": task.seed, "variant": task.variant}


def unpack(files: Files, folder: Path) -> None:
    """Write files that travelled."""
    folder.mkdir(parents=True)
    for name, data, executable in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o700 if executable else 0o600)


def edition(packed: dict[str, Any]) -> dict[str, Any]:
    """Be the checks, as something that a cluster can make again."""
    return packed


class Outpost:
    """Keep the judges of one worker's process."""

    def __init__(self) -> None:
        self.folder = runtime_folder()
        self.judges: dict[str, LabJudge] = {}
        self.lock = threading.Lock()
        self.busy = 0
        atexit.register(self.close)

    def close(self) -> None:
        for judge in self.judges.values():
            judge.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def judge_of(self, lab: str, packed: dict[str, Any], deadline_s: float) -> LabJudge:
        """Return the warm judge of these very checks."""
        key = f"{lab}-{packed['version']}-{deadline_s:g}"
        with self.lock:
            if key not in self.judges:
                checks = self.folder / key / lab
                unpack(packed["files"], checks)
                spec = LabSpec(lab, packed["title"], packed["exercises"], packed["variant"])
                self.judges[key] = LabJudge(checks, lab=spec, deadline_s=deadline_s)
            return self.judges[key]

    def work(
        self, packed: dict[str, Any], files: Files, told: dict[str, Any], deadline_s: float
    ) -> dict[str, Any]:
        """Return a report, or the error that kept one from being made."""
        folder = self.folder / f"in-{secrets.token_hex(4)}"
        try:
            unpack(files, folder)
            judge = self.judge_of(told["lab"], packed, deadline_s)
            return dict(judge.judge(folder, seed=told["seed"], variant=told["variant"]))
        except LabError as error:
            return {"error": message(error)}
        finally:
            shutil.rmtree(folder, ignore_errors=True)


_outposts: dict[int, Outpost] = {}
_lock = threading.Lock()


def judge(
    packed: dict[str, Any], files: Files, told: dict[str, Any], deadline_s: float
) -> dict[str, Any]:
    """Judge one submission in this process; say with the report where that was."""
    with _lock:
        outpost = _outposts.get(os.getpid()) or _outposts.setdefault(os.getpid(), Outpost())
        outpost.busy += 1
    try:
        report = outpost.work(packed, files, told, deadline_s)
    finally:
        with _lock:
            outpost.busy -= 1
    return {
        "report": report, "environment": environment(level().name), "source": source(),
        "worker": address(),
    }  # fmt: skip


def address() -> str:
    """Return where this worker is reached, '' where nobody does."""
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return ""


def leave(worker: str) -> None:
    """Put away the judges and the check files of this process, unless another run uses them;
    `worker` is its address.
    """
    with _lock:
        outpost = _outposts.get(os.getpid())
        if outpost is None or outpost.busy:
            return
        del _outposts[os.getpid()]
    outpost.close()
