"""What a submission must not do has no effect, with namespaces and without."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from lab_kit.judge.submission import library
from lab_kit.process import Limits, Student, Zygote, surroundings, wait_until
from lab_kit.process.inside.syscalls import X86

ACTS = Path(__file__).with_name("forbidden_acts.py").read_text()


@pytest.fixture
def student(any_zygote: Zygote, submit):
    with any_zygote.student(submit(ACTS)) as one:
        yield one


def do(student: Student, name: str, *args: object, timeout: float = 5.0) -> object:
    reply = student.call("work.py", name, *args, timeout=timeout)
    assert reply.error is None, reply.error
    return reply.value


def refused(student: Student, name: str, *args: object) -> bool:
    return do(student, name, *args)[0] == "refused"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Stand for the checks beside a submission."""
    file = tmp_path / "checks" / "secret.py"
    file.parent.mkdir()
    file.write_text("expected = 42")
    return file


def test_files_outside_are_out_of_reach(student, secret):
    ours = [f"/proc/{os.getpid()}/environ", f"/proc/{os.getppid()}/cmdline", str(secret)]
    for path in ("/etc/passwd", "/etc/hostname", "/proc/self/status", "/proc/1/environ", *ours):
        assert refused(student, "read", path), path
    for folder in (str(secret.parent), "/proc", "/root", "/etc", "/"):
        assert refused(student, "listing", folder), folder
    how, names = do(student, "listing", str(secret.parent.parent))
    assert how == "refused" or names == "['submission']"


def test_the_standard_library_and_the_own_folder_can_be_read(student, submit):
    assert do(student, "read", str(submit(ACTS) / "work.py"))[0] == "worked"
    assert do(student, "read", os.__file__)[0] == "worked"


def test_files_outside_cannot_be_changed(student, secret):
    before = secret.stat()
    assert refused(student, "write", str(secret))
    assert refused(student, "append", str(secret))
    assert refused(student, "remove", str(secret))
    assert refused(student, "rename", str(secret), str(secret.parent / "other"))
    assert refused(student, "write", str(secret.parent / "new"))
    assert refused(student, "link", str(secret), str(secret.parent / "link"))
    do(student, "mode", str(secret))
    do(student, "owner", str(secret))
    after = secret.stat()
    assert (before.st_mode, before.st_uid, before.st_mtime) == (
        after.st_mode, after.st_uid, after.st_mtime)  # fmt: skip
    assert secret.read_text() == "expected = 42"


def test_a_course_below_usr_is_out_of_reach(student):
    for folder in ("/usr", "/usr/src", "/usr/local", "/usr/local/src"):
        assert refused(student, "listing", folder), folder
    for folder in surroundings.readable():
        assert not Path("/usr/src/course").is_relative_to(folder)


def test_the_submission_itself_is_read_only(student, submit):
    folder = submit(ACTS)
    before = sorted(p.name for p in folder.iterdir())
    assert refused(student, "append", str(folder / "work.py"))
    assert refused(student, "write", str(folder / "new.py"))
    assert refused(student, "remove", str(folder / "work.py"))
    do(student, "mode", str(folder / "work.py"))
    assert (folder / "work.py").stat().st_mode & 0o777 != 0o777
    assert sorted(p.name for p in folder.iterdir()) == before


def test_a_link_in_the_submission_leads_nowhere(any_zygote, submit, secret):
    folder = submit(ACTS)
    (folder / "link.py").symlink_to(secret)
    with any_zygote.student(folder) as student:
        assert refused(student, "read", str(folder / "link.py"))
        assert student.call("link.py", "f").error.kind in ("import", "missing")


def test_no_socket_can_be_had(student):
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert refused(student, "connect", server.getsockname()[1])
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 16, 17):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            assert refused(student, "open_socket", int(family), int(kind))
    assert refused(student, "pair", int(socket.SOCK_DGRAM))  # it could be sent on to any address


def test_asyncio_can_be_used(any_zygote, submit):
    code = "import asyncio\nasync def g():\n    return 4\ndef f():\n    return asyncio.run(g())"
    with any_zygote.student(submit(code)) as student:
        assert student.call("work.py", "f", timeout=10).value == 4


def test_what_others_open_cannot_be_watched(student, secret):
    assert refused(student, "watch", str(secret.parent))


def test_no_process_can_be_started(student):
    for name in ("fork", "spawn", "execute"):
        assert refused(student, name), name


def test_other_processes_are_out_of_reach(student):
    for pid in (os.getpid(), os.getppid()):
        for number in (0, 9):
            assert refused(student, "signal_to", pid, number)
    assert do(student, "library", "ptrace", 16, os.getpid(), 0, 0)[0] == "refused"


def test_a_signal_to_everyone_reaches_nobody(any_zygote, submit):
    folder = submit(ACTS)
    with any_zygote.student(folder) as one, any_zygote.student(folder) as two:
        do(one, "signal_to", -1, 15)
        do(one, "signal_to", -1, 9)
        assert do(two, "ids")
    assert any_zygote.alive


def test_uncounted_memory_cannot_be_had(student):
    assert refused(student, "shared")
    assert refused(student, "memfd")
    assert refused(student, "grow_down", 800)


def test_memory_that_was_made_read_only_still_counts(any_zygote, submit):
    with any_zygote.student(submit(ACTS), limits=Limits(data_mb=64)) as student:
        assert do(student, "hide_memory", 8, 50) < 8


def test_the_way_out_by_system_calls_is_closed(student):
    assert do(student, "library", "unshare", 0x10000000)[0] == "refused"
    assert do(student, "library", "mount", "x", "/tmp", "tmpfs", 0, None)[0] == "refused"
    assert do(student, "library", "umount2", "/tmp", 2)[0] == "refused"
    assert do(student, "library", "chroot", "/tmp")[0] == "refused"
    assert do(student, "syscall", 425, 8, 0)[0] == "refused"  # io_uring_setup


def test_the_machine_is_not_asked_to_write_all_that_it_has(student):
    assert do(student, "library", "syncfs", 99)[0] == "worked"  # a real one: a bad descriptor


def test_only_the_channel_is_open(student):
    assert do(student, "descriptors") == [0, 1, 2, 3]


def test_the_environment_holds_nothing_of_ours(monkeypatch, submit):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with Zygote() as own, own.student(submit(ACTS)) as student:
        names = set(do(student, "environment"))
    assert names == {"PATH", "LANG", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE",
                     "PYTHONUNBUFFERED"}  # fmt: skip


def test_scratch_is_writable_private_and_gone_afterwards(any_zygote, submit):
    folder = submit(ACTS)
    with any_zygote.student(folder) as one, any_zygote.student(folder) as two:
        assert do(one, "scratch") == [["worked", "4"], ["worked", "mine"], True]
        assert do(two, "scratch") == [["worked", "4"], ["worked", "mine"], True]
    assert not Path("/tmp/mine").exists()


def test_tempfile_finds_the_scratch_folder(any_zygote, submit):
    code = "import os, tempfile\ndef f():\n    return tempfile.mkdtemp(), os.environ['TMPDIR']"
    with any_zygote.student(submit("")):  # not the first, for which the zygote knew no folder
        with any_zygote.student(submit(code)) as student:
            made, wanted = student.call("work.py", "f").value
    assert made.startswith(f"{wanted}/")


def test_scratch_has_a_total_quota_over_many_files(submit):
    with Zygote(force="") as own:
        if not own.features["namespaces"]:
            return  # held by a watcher there: see the test below
        with own.student(submit(ACTS), limits=Limits(scratch_mb=4)) as student:
            done, errno = do(student, "fill", "/tmp", 100, 512 << 10)
            assert (done, errno) == (7, 28) or done == 8
            assert do(student, "inodes", "/tmp", 5000) == 28


def test_scratch_without_namespaces_is_watched(submit):
    with Zygote(force="degraded") as own:
        with own.student(submit(ACTS), limits=Limits(scratch_mb=4)) as student:
            folder = do(student, "environment")["TMPDIR"]
            reply = student.call("work.py", "fill", folder, 10, 1 << 20)
            later = student.call("work.py", "burn", timeout=5).error
            assert later.message == (
                "It was killed: its files in /tmp took more room than they may.")  # fmt: skip
            assert reply is not None
        assert not Path(folder).exists()


def test_a_file_has_a_size_limit(any_zygote, submit):
    with any_zygote.student(submit(ACTS), limits=Limits(file_mb=1, scratch_mb=8)) as student:
        folder = do(student, "environment")["TMPDIR"]
        assert do(student, "fill", folder, 1, 3 << 20) == [0, 27]


def test_a_thread_bomb_is_bounded(any_zygote, submit):
    with any_zygote.student(submit(ACTS), limits=Limits(threads=16)) as student:
        reply = student.call("work.py", "threads", 400, 64 << 10, timeout=10)
        if reply.error is None:
            assert reply.value < 16
        else:
            assert reply.error.message == (
                "It was killed: it started more threads or processes than it may.")  # fmt: skip


def test_many_threads_have_no_larger_share_than_a_few(any_zygote, submit):
    def niceness() -> set[int]:
        return {
            os.getpriority(os.PRIO_PROCESS, int(task.name))
            for task in Path(f"/proc/{student.pid}/task").iterdir()
        }

    code = """
import threading
def f():
    for _ in range(20):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    return threading.active_count()
"""
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    with any_zygote.student(submit(code)) as student:
        assert student.call("work.py", "f").value == 21
        wait_until(lambda: niceness() == {min(19, ours + 13)}, timeout=10)


def test_processor_time_is_bounded(any_zygote, submit):
    with any_zygote.student(submit(ACTS), limits=Limits(cpu_s=1)) as student:
        error = student.call("work.py", "burn", timeout=20).error
    assert error.kind == "died"
    assert "processor time" in error.message


def test_a_crash_leaves_no_dump_of_its_memory(student):
    assert refused(student, "lower_core_limit")
    limits = Path(f"/proc/{student.pid}/limits").read_text()
    row = next(row for row in limits.splitlines() if row.startswith("Max core file size"))
    assert row.split()[4:6] == ["1", "1"]  # 0 would still start the host's handler
    assert do(student, "syscall", 160 if X86 else 164, 4, 0)[0] == "refused"


def test_a_machine_without_memory_ends_students_first(student):
    assert do(student, "ids")
    assert Path(f"/proc/{student.pid}/oom_score_adj").read_text() == "1000\n"


def test_a_student_in_its_own_namespace_is_alone(submit):
    with Zygote() as own, own.student(submit(ACTS)) as student:
        if own.features["namespaces"]:
            assert do(student, "ids") == [1, 0]


def test_a_folder_that_may_be_read_is_read_only(any_zygote, submit, secret):
    with any_zygote.student(submit(ACTS), read=[secret.parent]) as student:
        assert do(student, "read", str(secret)) == ["worked", "expected = 42"]
        assert refused(student, "append", str(secret))


def test_a_submission_outside_tmp_is_confined_alike(any_zygote, tmp_path):
    home = Path.home() / f".beyond-test-{os.getpid()}"
    home.mkdir()
    try:
        (home / "work.py").write_text(ACTS)
        with any_zygote.student(home) as student:
            assert refused(student, "append", str(home / "work.py"))
            assert refused(student, "write", str(home / "new"))
            assert do(student, "read", str(home / "work.py"))[0] == "worked"
    finally:
        (home / "work.py").unlink()
        home.rmdir()


def test_without_any_layer_a_call_still_works(submit):
    with Zygote(force="none") as own, own.student(submit(ACTS)) as student:
        assert do(student, "ids")[1] == own.pid
        assert do(student, "scratch")[0] == ["worked", "4"]


def test_nothing_is_left_of_a_forced_kill(any_zygote, submit):
    student = any_zygote.student(submit(ACTS))
    start = time.monotonic()
    assert student.call("work.py", "burn", timeout=0.1).error.kind == "timeout"
    student.close()
    wait_until(lambda: not Path(f"/proc/{student.pid}").exists(), timeout=5)
    assert time.monotonic() - start < 5


def test_other_processes_cannot_be_slowed_or_limited(student):
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert refused(student, "limit", os.getpid())
    assert refused(student, "slow", os.getpid())
    assert refused(student, "pin", os.getpid())
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_a_student_cannot_outlive_the_zygote_by_asking(student):
    assert do(student, "library", "prctl", 1, 0, 0, 0, 0)[0] == "refused"


def test_shared_zero_pages_cannot_be_had(student):
    assert refused(student, "read", "/dev/zero")
    assert refused(student, "listing", "/dev/shm")


def test_the_zygote_holds_no_environment_of_ours(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with Zygote() as own:
        assert own.features
        assert b"SECRET" not in Path(f"/proc/{own.pid}/environ").read_bytes()


def test_no_capability_is_left_even_for_root(student):
    assert do(student, "capabilities") == [0] * 6


WASM = """\
from wasmtime import Config, Engine, Instance, Module, Store, WasmtimeError


def ask(text, pages):
    store = Store(Engine(Config()))
    made = Instance(store, Module(store.engine, text), [])
    grow, touch = (made.exports(store)[name] for name in ("grow", "touch"))
    return [grow(store, pages), touch(store)]
"""
GROWING = """(module (memory (export "m") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "touch") (result i32) (local $at i32)
    (loop $on
      (i32.store (local.get $at) (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 4096)))
      (br_if $on (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
    (memory.size)))"""


def test_a_student_may_use_a_library_that_reserves_memory(any_zygote: Zygote, submit) -> None:
    limits = Limits(data_mb=1024, rss_mb=256, reserves=True)
    libraries = {"wasmtime": library("wasmtime")}
    with any_zygote.student(submit(WASM), limits=limits, libraries=libraries) as student:
        assert do(student, "ask", GROWING, 10, timeout=30) == [1, 11]
        reply = student.call("work.py", "ask", GROWING, 10_000, timeout=30)
        assert reply.error is not None
        assert reply.error.kind == "memory", reply.error


def test_a_student_has_no_library_that_nobody_gave(any_zygote: Zygote, submit) -> None:
    with any_zygote.student(submit(WASM)) as student:
        reply = student.call("work.py", "ask", GROWING, 10)
        assert reply.error is not None
        assert (reply.error.kind, reply.error.type) == ("import", "ModuleNotFoundError")


HIDING = """import mmap, os

MB = 1 << 20
kept = []


def open_files(many):
    for _ in range(many):
        one = os.memfd_create("x")
        os.write(one, b"x" * (4 * MB))
        kept.append(one)
    return wait()


def mappings(many):
    for _ in range(many):
        one = mmap.mmap(-1, 4 * MB)
        one.write(b"x" * (4 * MB))
        one.madvise(mmap.MADV_DONTNEED)
        kept.append(one)
    return wait()


def closed_files(many):
    for _ in range(many):
        one = os.memfd_create("x")
        os.write(one, b"x" * (4 * MB))
        kept.append(mmap.mmap(one, 4096, flags=mmap.MAP_PRIVATE))
        os.close(one)
    return wait()


def wait():
    import time
    time.sleep(1)
    return len(kept)
"""


@pytest.mark.parametrize("way", ["open_files", "mappings", "closed_files"])
def test_memory_that_is_not_resident_counts_too(any_zygote: Zygote, submit, way: str) -> None:
    limits = Limits(data_mb=512, rss_mb=100, file_mb=8, reserves=True)
    with any_zygote.student(submit(HIDING), limits=limits) as student:
        assert do(student, way, 3) == 3
        reply = student.call("work.py", way, 40)
        assert reply.error is not None, reply
        assert reply.error.kind == "memory", reply.error
