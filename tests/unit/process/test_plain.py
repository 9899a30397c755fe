"""Where a system has no layers, students can still practise."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from lab_kit.process import wait_until
from lab_kit.process.level import HELD_BY, measure
from lab_kit.process.plain import PlainZygote

SOURCE = """
import os, pathlib
def add(a, b): return a + b
def die(): os._exit(7)
def loop():
    while True: pass
def scratch():
    path = pathlib.Path(os.environ["TMPDIR"], "x")
    return [path.write_text("x"), str(path)]
def descriptors(): return sorted(int(x) for x in os.listdir("/proc/self/fd"))[:-1]
"""


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def plain():
    with PlainZygote() as one:
        yield one


def test_calls_work_and_fail_as_elsewhere(plain, submit):
    folder = submit(SOURCE)
    with plain.student(folder) as student:
        assert student.call("work.py", "add", 1, 2).value == 3
        written, path = student.call("work.py", "scratch").value
        assert written == 1
        assert student.call("work.py", "die").error.message == "It exited with status 7."
    assert not Path(path).exists()
    with plain.student(folder) as student:
        assert student.call("work.py", "add", 1, 2).value == 3  # it has started
        error = student.call("work.py", "loop", timeout=0.2).error
        assert (error.kind, error.line is not None) == ("timeout", True)


def test_nothing_of_ours_is_open_in_a_student(plain, submit):
    if not Path("/proc/self/fd").exists():
        return  # told from /proc alone
    with plain.student(submit(SOURCE)) as student:
        assert student.call("work.py", "descriptors").value == [0, 1, 2, 3]


def test_programs_get_their_sockets(plain, tmp_path):
    code = """
import os, socket
assert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDS"] == "1"
connection, _ = socket.socket(fileno=3).accept()
with socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))) as inner:
    connection.sendall(inner.recv(10))
print("done")
"""
    with socket.create_server(("127.0.0.1", 0)) as server, plain.program(
        [sys.executable, "-c", code], cwd=tmp_path, serve=[server], inner=1,
        inner_env=lambda ports: {"PORT": str(ports[0])},
    ) as program:  # fmt: skip
        client = socket.create_connection(server.getsockname())
        inner, _ = program.listeners[0].accept()
        with client, inner:
            inner.sendall(b"hello")
            assert client.recv(10) == b"hello"
        assert program.wait(10).code == 0
        assert program.output() == "done\n"


def test_kill_ends_what_the_program_started(plain, tmp_path):
    line = "sleep 63 & echo $!; wait"
    with plain.program(["/bin/sh", "-c", line], cwd=tmp_path) as program:
        wait_until(lambda: program.output(), timeout=10)
        assert program.kill("told to").reason == "told to"
        child = int(program.output())
    wait_until(lambda: not running(child), timeout=5)


def test_the_level_is_none_and_nothing_forbidden_is_tried(plain):
    found = measure(plain)
    assert found.name == "none"
    assert found.missing == list(HELD_BY)
    assert set(found.layers.values()) == {"absent (not on this system)"}
