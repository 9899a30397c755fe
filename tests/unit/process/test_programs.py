"""A program runs behind the same layers, and its life, output and use can be told."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from lab_kit.errors import Unavailable
from lab_kit.process import PROGRAM_LIMITS, Limits, Zygote, run, wait_until, zygote


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def shell(any_zygote: Zygote, tmp_path: Path):
    """Run a shell line to its end and return (code, output)."""
    folder = tmp_path / "work"
    folder.mkdir()

    def go(line: str, **options: object) -> tuple[int | None, str]:
        options.setdefault("cwd", folder)
        with any_zygote.program(["/bin/sh", "-c", line], **options) as program:
            ended = program.wait(10)
            return ended.code, program.output()

    return go


def test_a_program_ends_with_its_status_and_its_output(shell):
    assert shell("echo out; echo err >&2; exit 3") == (3, "out\nerr\n")


def test_the_working_folder_is_read_only_and_write_folders_are_not(shell, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    assert shell("echo x > here")[0] != 0
    assert shell(f"echo x > {made}/file && cat {made}/file", write=[made]) == (0, "x\n")
    assert (made / "file").read_text() == "x\n"


def test_files_outside_are_out_of_reach(shell, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    for path in (secret, "/etc/passwd", "/proc/1/environ"):
        assert shell(f"cat {path}")[0] != 0
    assert shell(f"cat {secret}", read=[secret]) == (0, "x")
    assert shell(f"echo y > {secret}", read=[secret])[0] != 0


def test_metadata_outside_stays(shell, tmp_path):
    before = tmp_path.stat().st_mode
    shell(f"chmod 777 {tmp_path}")
    assert tmp_path.stat().st_mode == before


def test_the_libraries_of_this_environment_can_be_imported(any_zygote, tmp_path):
    with any_zygote.program(python("import pytest; print('ok')"), cwd=tmp_path) as program:
        program.wait(20)
        assert program.output() == "ok\n"


def test_tmp_is_private_and_has_a_total_quota(tmp_path):
    code = """
import os
for i in range(8):
    try: open(os.environ["TMPDIR"] + f"/f{i}", "wb").write(b"x" * (1 << 20))
    except OSError as error: print(i, error.errno); break
"""
    with zygote().program(python(code), cwd=tmp_path, tmp_mb=3) as program:
        ended = program.wait(10)
        assert program.output() in ("2 28\n", "3 28\n") or "in /tmp" in ended.reason
    assert not Path("/tmp/f0").exists()


def test_a_sandboxed_program_reaches_only_its_inner_listeners(any_zygote, tmp_path):
    outside = socket.create_server(("127.0.0.1", 0))
    code = f"""
import os, socket
with socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 5) as s:
    s.sendall(b"hello"); print(s.recv(100).decode())
def attempt(f):
    try: f(); print("worked")
    except OSError: print("refused")
attempt(lambda: socket.create_connection(("127.0.0.1", {outside.getsockname()[1]}), 2))
attempt(lambda: socket.create_connection(("8.8.8.8", 53), 2))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt(lambda: socket.socket(socket.AF_UNIX))
attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
"""
    with (
        outside,
        any_zygote.program(
            python(code), cwd=tmp_path, inner=2, inner_env=lambda ports: {"PORT": str(ports[1])}
        ) as program,
    ):
        assert len(program.listeners) == 2
        connection, _ = program.listeners[1].accept()
        with connection:
            assert connection.recv(100) == b"hello"
            connection.sendall(b"there")
        program.wait(10)
        assert program.output() == "there\n" + "refused\n" * 5


def test_listening_sockets_are_handed_down_as_systemd_does(any_zygote, tmp_path):
    code = """
import os, socket
assert os.environ["LISTEN_PID"] == str(os.getpid())
for fd in range(3, 3 + int(os.environ["LISTEN_FDS"])):
    connection, _ = socket.socket(fileno=fd).accept()
    connection.sendall(b"served"); connection.close()
"""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [server.getsockname() for server in servers]
    with any_zygote.program(python(code), cwd=tmp_path, serve=servers) as program:
        for server in servers:
            server.close()
        for address in addresses:
            with socket.create_connection(address, 10) as client:
                assert client.recv(100) == b"served"
        assert program.wait(10).code == 0


def test_a_flood_neither_blocks_nor_fills_memory(tmp_path):
    code = "import os\nfor i in range(3000): os.write(1, b'x' * 65535 + b'\\n')\nprint('end')"
    with zygote().program(python(code), cwd=tmp_path, log_kb=64) as program:
        assert program.wait(30).code == 0
        assert len(program.output()) == 64 * 1024
        assert program.output().endswith("end\n")


def test_take_returns_new_text_only(tmp_path):
    with zygote().program(["/bin/sh", "-c", "echo one; read x"], cwd=tmp_path) as program:
        program.wait(10)
        assert (program.take(), program.take(), program.output()) == ("one\n", "", "one\n")


def test_kill_ends_the_whole_tree(any_zygote, tmp_path):
    line = "(setsid sleep 61 &) ; sleep 62 & echo ready; wait"
    with any_zygote.program(["/bin/sh", "-c", line], cwd=tmp_path) as program:
        wait_until(lambda: "ready" in program.output(), timeout=10, alive=lambda: program.alive)
        ended = program.kill("it was told to")
        assert (ended.signal, ended.reason) == (signal.SIGKILL, "it was told to")
        assert not program.alive

    def sleepers() -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found.append(path.read_text())
            except OSError:
                pass
        return [c for c in found if c in ("sleep\x0061\x00", "sleep\x0062\x00")]

    wait_until(lambda: not sleepers(), timeout=5)


def test_a_program_that_may_not_fork_cannot(any_zygote, tmp_path):
    code = "import os\ntry: os.fork()\nexcept PermissionError: print('refused')"
    with any_zygote.program(python(code), cwd=tmp_path, fork=False) as program:
        program.wait(10)
        assert program.output() == "refused\n"


def test_memory_of_the_tree_is_measured_and_limited(any_zygote, tmp_path):
    code = "import sys\nx = bytearray(80 << 20)\nprint('ready')\nsys.stdin.read()\n" \
           "import time; time.sleep(60)"  # fmt: skip
    with any_zygote.program(python(code), cwd=tmp_path) as program:
        wait_until(lambda: "ready" in program.output(), timeout=10)
        assert 80 < program.memory_mb() < 130
        assert 80 < program.peak_mb < 130
    small = Limits(data_mb=1024, cpu_s=60, open_files=64, rss_mb=60)
    with any_zygote.program(python(code), cwd=tmp_path, limits=small) as program:
        ended = program.wait(10)
        assert ended.reason == "it was killed: it used more memory than it may"
        assert ended.peak_mb > 60
        assert program.memory_mb() == 0


def test_a_fork_bomb_is_bounded(any_zygote, tmp_path):
    code = """
import os, time
n = 0
try:
    for _ in range(300):
        if os.fork() == 0: time.sleep(60); os._exit(0)
        n += 1
except OSError: print(n)
time.sleep(60)
"""
    limits = Limits(threads=20, cpu_s=60)
    with any_zygote.program(python(code), cwd=tmp_path, limits=limits) as program:
        wait_until(lambda: program.output() or not program.alive, timeout=10)
        if program.alive:
            assert int(program.output()) <= 20
        else:
            assert "more threads or processes" in program.wait(5).reason


def test_a_missing_program_is_told_at_once(tmp_path):
    with pytest.raises(Unavailable, match="There is no program no-such-thing"):
        zygote().program(["no-such-thing"], cwd=tmp_path)


def test_run_ends_a_program_that_takes_too_long(tmp_path):
    finished = run(["/bin/sh", "-c", "echo begun; sleep 60"], cwd=tmp_path, timeout=0.5)
    assert finished.exit.reason == "it was killed after 0.5 s"
    assert finished.output == "begun\n"


def test_run_returns_the_end_and_the_output(tmp_path):
    finished = run(["/bin/sh", "-c", "echo x; exit 4"], cwd=tmp_path, timeout=10)
    assert (finished.exit.code, finished.exit.reason, finished.output) == (
        4, "it exited with status 4", "x\n")  # fmt: skip


def test_wait_says_that_it_still_runs(tmp_path):
    with zygote().program(["sleep", "60"], cwd=tmp_path) as program:
        with pytest.raises(Unavailable, match=r"sleep still ran after 0\.1 s"):
            program.wait(0.1)


def test_programs_start_from_many_threads(tmp_path):
    codes = []

    def work() -> None:
        with zygote().program(["/bin/sh", "-c", "exit 5"], cwd=tmp_path) as program:
            codes.append(program.wait(20).code)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [5] * 6


def test_the_default_limits_of_programs_suit_a_server():
    assert PROGRAM_LIMITS.threads >= 64


def test_a_socket_handed_down_cannot_be_turned_outwards(any_zygote, tmp_path):
    """Disconnect a listening socket of the host's network, then connect it to something else."""
    code = """
import ctypes, socket, struct, sys
def attempt(f):
    try: f(); print("worked", f)
    except OSError: print("refused")
s = socket.socket(fileno=3)
libc = ctypes.CDLL(None)
libc.connect(3, struct.pack("16x"), 16)
attempt(lambda: s.connect(("127.0.0.1", int(sys.argv[1]))))
attempt(lambda: s.sendto(b"x", 0x20000000, ("127.0.0.1", int(sys.argv[1]))))
attempt(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
a, b = socket.socketpair()
"""
    outside = socket.create_server(("127.0.0.1", 0))
    server = socket.create_server(("127.0.0.1", 0))
    port = str(outside.getsockname()[1])
    with outside, server:
        argv = [*python(code), port]
        with any_zygote.program(argv, cwd=tmp_path, serve=[server]) as program:
            assert program.wait(10).code == 0
            assert program.output() == "refused\n" * 4


def test_one_thread_may_kill_while_another_waits(tmp_path):
    ends = []
    with zygote().program(["sleep", "60"], cwd=tmp_path) as program:
        waiting = threading.Thread(target=lambda: ends.append(program.wait(30)))
        waiting.start()
        begun = time.monotonic()
        assert program.kill("enough").reason == "enough"
        waiting.join(10)
        assert time.monotonic() - begun < 10
    assert [end.reason for end in ends] == ["enough"]
