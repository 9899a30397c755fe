"""`./lab grade --cluster` on a real Dask cluster: a scheduler and workers, a process each."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from lab_kit.grading.store import Store
from lab_kit.process import wait_until
from tests.judge.conftest import Ran
from tests.judge.test_grade import graded
from tests.judge.toys import SQUARE, STUB, children, environment, exists

Lab = Callable[..., Ran]
GRADE = ("grade", "in", "--require-isolation", "any", "--lab", "1")
WRONG = "def area(side):\n    return side\n"
SLOW = SQUARE.replace("    return", "    import time; time.sleep(1)\n    return")
HERE = ("--host", "127.0.0.1", "--no-dashboard")


class Dask:
    """Be a cluster of processes; ended with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open = ExitStack()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.file = folder / "scheduler.json"
        words = ("scheduler", "--port", "0", "--scheduler-file", str(self.file), *HERE)
        self.scheduler = self.start(*words)
        wait_until(self.file.exists, timeout=60, what="the scheduler")
        wait_until(lambda: self.file.read_text().strip().endswith("}"), timeout=10, what="its file")
        self.address: str = json.loads(self.file.read_text())["address"]

    def start(self, kind: str, *words: str, **env: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{kind}"
        log = self.open.enter_context((self.folder / "log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *words], env=environment(**env), stdout=log,
            stderr=log, cwd=self.folder,
        )  # fmt: skip
        self.open.callback(self.end, process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        family = children(process.pid)
        process.kill()
        process.wait(30)
        wait_until(lambda: not any(map(exists, family)), timeout=30, what="what it had started")

    def add(self, count: int, **env: str) -> None:
        """Start workers and wait until the scheduler knows them."""
        from distributed import Client

        with Client(self.address, set_as_default=False, timeout=20) as client:
            goal = len(client.nthreads()) + count
        for _ in range(count):
            words = ("--scheduler-file", str(self.file), "--nthreads", "2", "--no-nanny")
            self.workers.append(self.start("worker", *words, *HERE, **env))
        with Client(self.address, set_as_default=False, timeout=20) as client:
            wait_until(lambda: len(client.nthreads()) >= goal, timeout=90, what="the workers")


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Dask]:
    """Give a test a cluster to break."""
    folder = tmp_path / "dask"
    folder.mkdir()
    made = Dask(folder)
    with made.open:
        yield made


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """Give all tests one cluster of three workers."""
    made = Dask(tmp_path_factory.mktemp("dask"))
    with made.open:
        made.add(3)
        yield made


@pytest.fixture
def handed_in(course: Path) -> Path:
    for student, text in {"ada": SQUARE, "bob": WRONG, "cy": STUB}.items():
        (course / "in" / student).mkdir(parents=True)
        (course / "in" / student / "shapes.py").write_text(text)
    (course / "in" / "cut.zip").write_bytes(b"PK\x03\x04")
    return course / "in"


def slow_class(handed_in: Path, count: int) -> None:
    for number in range(count):
        (handed_in / f"slow{number}").mkdir()
        (handed_in / f"slow{number}" / "shapes.py").write_text(f"{SLOW}# {number}\n")


def kept(course: Path) -> dict[str, Any]:
    """Return what is kept of each student, apart from when and how long it took."""
    found = {}
    with Store(course / ".beyond" / "grades.sqlite", write=False) as store:
        for grade in store.grades():
            report = json.loads(json.dumps(grade.report))
            for row in report.get("results", []):
                row.pop("ms")
            found[grade.student] = {**report, "flags": grade.flags}
    return found


def forget(course: Path) -> None:
    """Remove the grades; the secret that makes the inputs stays."""
    with closing(sqlite3.connect(course / ".beyond" / "grades.sqlite")) as base, base:
        base.execute("DELETE FROM gradebook")
        base.execute("DELETE FROM reports")


def test_a_cluster_gives_the_gradebook_that_one_machine_gives(
    lab: Lab, course: Path, handed_in: Path, cluster: Dask
) -> None:
    here = lab(*GRADE)
    alone = kept(course)
    forget(course)
    there = lab(*GRADE, "--cluster", cluster.address)
    assert (here.code, there.code) == (3, 3)
    assert there.out.startswith("3 judged, 1 not judged"), there.out
    assert kept(course) == alone
    again = lab(*GRADE, "--cluster", cluster.address)
    assert again.out.startswith("3 judged (3 of them before)")


def test_kill_9_of_a_worker_loses_nothing(
    lab: Lab, course: Path, handed_in: Path, cluster: Dask
) -> None:
    cluster.add(1)
    slow_class(handed_in, 12)
    words = [*GRADE, "--cluster", cluster.address]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "lab_kit", *words], cwd=course,
        env=environment(BEYOND_ROOT=str(course)), stdout=subprocess.PIPE, text=True,
    ) as grader:  # fmt: skip
        store = course / ".beyond" / "grades.sqlite"
        wait_until(lambda: graded(store) >= 2, timeout=60, poll=0.02, what="first grades")
        before = {name: report["submission"] for name, report in kept(course).items()
                  if "submission" in report}  # fmt: skip
        family = children(cluster.workers[-1].pid)
        cluster.workers[-1].kill()
        out, _ = grader.communicate(timeout=120)
    assert grader.returncode == 3  # for the archive that was cut off alone
    assert out.startswith("15 judged, 1 not judged"), out
    after = kept(course)
    assert {name: after[name]["submission"] for name in before} == before
    wait_until(lambda: not any(map(exists, family)), timeout=30, what="what the worker had started")


def test_a_scheduler_that_goes_is_told_and_the_same_command_goes_on(
    lab: Lab, course: Path, handed_in: Path, own_cluster: Dask
) -> None:
    own_cluster.add(2)
    slow_class(handed_in, 12)
    words = [*GRADE, "--cluster", own_cluster.address]
    store = course / ".beyond" / "grades.sqlite"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "lab_kit", *words], cwd=course,
        env=environment(BEYOND_ROOT=str(course)), stderr=subprocess.PIPE, text=True,
    ) as grader:  # fmt: skip
        wait_until(lambda: graded(store) >= 2, timeout=60, poll=0.02, what="first grades")
        own_cluster.scheduler.kill()
        _, err = grader.communicate(timeout=120)
    assert grader.returncode == 3
    assert "The cluster's scheduler is gone." in err and "Next: start it again" in err
    assert "Traceback" not in err, err
    done = graded(store)
    ran = lab(*GRADE)
    assert f"15 judged ({done - 1} of them before)" in ran.out or (
        f"15 judged ({done} of them before)" in ran.out
    )


def test_workers_of_another_kind_are_passed_over(
    lab: Lab, course: Path, handed_in: Path, own_cluster: Dask
) -> None:
    own_cluster.add(1, BEYOND_LEVEL="none")
    ran = lab(*GRADE, "--cluster", own_cluster.address)
    assert ran.code == 3
    assert "0 judged, 4 not judged" in ran.out
    assert "The work was not judged where it should be." in ran.out
    assert "isolation none" in ran.out
    own_cluster.add(1)
    ran = lab(*GRADE, "--cluster", own_cluster.address)
    assert "3 judged, 1 not judged" in ran.out


def test_nothing_of_a_run_stays_on_the_workers(
    lab: Lab, handed_in: Path, cluster: Dask, tmp_path: Path
) -> None:
    place = tmp_path / "private"
    place.mkdir()
    cluster.add(1, TMPDIR=str(place))
    assert lab(*GRADE, "--cluster", cluster.address).code == 3
    wait_until(
        lambda: not list(place.rglob("check_*.py")) and not list(place.rglob("shapes.py")),
        timeout=20, what="the worker's tidying",
    )  # fmt: skip
    cluster.end(cluster.workers.pop())


def test_no_scheduler_is_told_in_bounded_time(lab: Lab, handed_in: Path) -> None:
    ran = lab(*GRADE, "--cluster", "tcp://127.0.0.1:9")
    assert ran.code == 3
    assert "No scheduler answers at tcp://127.0.0.1:9." in ran.err
    assert "dask scheduler" in ran.err


def test_dask_that_is_not_installed_is_told(lab: Lab, course: Path, handed_in: Path) -> None:
    (course / "less").mkdir()
    (course / "less" / "distributed.py").write_text("raise ImportError('not here')\n")
    path = f"{course / 'less'}:{environment()['PYTHONPATH']}"
    ran = lab(*GRADE, "--cluster", "tcp://127.0.0.1:9", PYTHONPATH=path)
    assert ran.code == 3
    assert "There is no Dask here to reach a cluster with." in ran.err
    assert "pip install 'distributed>=" in ran.err
