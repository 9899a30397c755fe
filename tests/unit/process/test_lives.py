"""Nothing outlives whoever waits for it, and one zygote serves threads and forks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab_kit.errors import Unavailable
from lab_kit.process import Zygote, wait_until, zygote

LOOP = "def f():\n    return 1\ndef burn():\n    while True: pass"


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


JUDGE = """
import sys, threading
from pathlib import Path
from lab_kit.process import Zygote, start_trusted
z = Zygote(force=sys.argv[2])
student = z.student(Path(sys.argv[1]))
threading.Thread(target=student.call, args=("work.py", "burn"), kwargs={"timeout": 60}).start()
program = z.program(["/bin/sh", "-c", "sleep 50 & sleep 51 & wait"], cwd=Path("/usr"))
trusted = start_trusted(["sleep", "52"])
print(z.pid, student.pid, program.pid, trusted.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("force", ["", "degraded", "none"])
def test_killing_the_judge_takes_everything_along(submit, force):
    judge = subprocess.Popen(
        [sys.executable, "-c", JUDGE, submit(LOOP), force],
        stdout=subprocess.PIPE, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    with judge:
        pids = [int(word) for word in judge.stdout.readline().split()]
        children = Path(f"/proc/{pids[2]}/task/{pids[2]}/children")
        wait_until(lambda: len(children.read_text().split()) == 2, timeout=10)
        pids += [int(word) for word in children.read_text().split()]
        judge.kill()
    for pid in pids:
        wait_until(lambda pid=pid: gone(pid), timeout=10, what=f"the end of {pid}")


@pytest.mark.parametrize("force", ["", "degraded"])
def test_killing_the_zygote_takes_its_students_along(submit, force):
    with Zygote(force=force) as own:
        student = own.student(submit(LOOP))
        thread = threading.Thread(target=student.call, args=("work.py", "burn"))
        thread.start()
        os.kill(own.pid, signal.SIGKILL)
        wait_until(lambda: gone(student.pid), timeout=5)
        thread.join()
        assert student.call("work.py", "f").error.kind == "died"
        student.close()


def test_a_dead_zygote_is_replaced(submit):
    first = zygote()
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: not first.alive, timeout=5)
    with zygote().student(submit(LOOP)) as student:
        assert student.call("work.py", "f").value == 1


def test_a_closed_zygote_says_so(submit):
    own = Zygote()
    own.close()
    assert not own.alive
    with pytest.raises(Unavailable, match="could not take a new process"):
        own.student(submit(LOOP))


def test_forks_share_the_zygote(submit):
    folder, shared = submit(LOOP), zygote()
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                assert zygote() is shared
                for _ in range(5):
                    with zygote().student(folder) as student:
                        assert student.call("work.py", "f").value == 1
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0] * 4
    assert shared.alive


@pytest.mark.parametrize("force", ["", "degraded"])
def test_a_killed_fork_leaves_no_student(submit, force):
    folder = submit(LOOP)
    with Zygote(force=force) as own:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                student = own.student(folder)
                os.write(writer, str(student.pid).encode())
                student.call("work.py", "burn", timeout=60)
            finally:
                os._exit(1)
        student_pid = int(os.read(reader, 20))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reader)
        os.close(writer)
        wait_until(lambda: gone(student_pid), timeout=5)
        assert own.alive


def test_threads_share_the_zygote_and_the_one_that_started_it_may_end(submit):
    folder, values = submit(LOOP), []
    made: list[Zygote] = []
    starter = threading.Thread(target=lambda: made.append(Zygote()))
    starter.start()
    starter.join()

    def work() -> None:
        for _ in range(5):
            with made[0].student(folder) as student:
                values.append(student.call("work.py", "f").value)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [1] * 30
    made[0].close()


def test_no_descriptor_stays_open(submit):
    folder = submit(LOOP)
    with zygote().student(folder) as student:
        student.call("work.py", "f")
    before = len(os.listdir("/proc/self/fd"))
    inside = len(os.listdir(f"/proc/{zygote().pid}/fd"))
    for _ in range(5):
        with zygote().student(folder) as student:
            student.call("work.py", "f")
        with zygote().program(["/bin/true"], cwd=folder, inner=2) as program:
            program.wait(10)
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before, timeout=5)
    wait_until(lambda: len(os.listdir(f"/proc/{zygote().pid}/fd")) <= inside, timeout=5)


def test_a_folder_that_is_not_there_is_told(submit):
    with pytest.raises(Unavailable, match=r"There is no folder .*nothing"):
        zygote().student(submit(LOOP) / "nothing")
    with pytest.raises(Unavailable, match=r"There is no folder .*nothing"):
        zygote().program(["true"], cwd=submit(LOOP) / "nothing")


def test_a_layer_that_cannot_be_applied_stops_the_start(submit, monkeypatch):
    """Fail closed: no call reaches a submission whose layers are not all in place."""
    with Zygote() as own:
        real = own._request
        monkeypatch.setattr(own, "_request", lambda *a: real(*a) | {"cwd": "/nothing"})
        with own.student(submit(LOOP)) as student:
            error = student.call("work.py", "f").error
        assert error.kind == "died"
        assert error.message.startswith("It could not start (FileNotFoundError: ")


def test_a_zygote_ends_at_once_although_a_fork_still_holds_it(submit):
    own = Zygote()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    own.close()
    assert gone(own.pid)
    os.close(writer)
    os.close(reader)
    os.waitpid(pid, 0)


def test_a_fork_notices_that_the_zygote_died(submit):
    folder = submit(LOOP)
    first = zygote()
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: not first.alive, timeout=5)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with zygote().student(folder) as student:
                status = 0 if student.call("work.py", "f").value == 1 else 2
            zygote().close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_scratch_left_by_a_killed_zygote_is_removed_by_the_next(submit):
    folder = submit("import os\ndef where(): return os.environ['TMPDIR']")
    with Zygote(force="degraded") as first:
        student = first.student(folder)
        left = Path(student.call("work.py", "where").value)
        os.kill(first.pid, signal.SIGKILL)
        wait_until(lambda: not first.alive, timeout=5)
        student.close()
    assert left.exists()
    with Zygote(force="degraded") as second, second.student(folder) as student:
        kept = Path(student.call("work.py", "where").value)
        assert kept.exists()
        assert not left.exists()
        with Zygote(force="degraded") as third, third.student(folder) as other:
            assert other.call("work.py", "where").value
            assert kept.exists()
    assert not kept.exists()
