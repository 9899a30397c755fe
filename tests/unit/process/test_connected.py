"""A student's process with ports of its own: it reaches what we serve there, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_kit.components.relay import Relay
from lab_kit.errors import Failed
from lab_kit.judge import Submission
from lab_kit.process import Connected, connected, level

Submit = Callable[..., Path]
needs_walls = pytest.mark.skipif(level().name == "none", reason="nothing is confined here")
WORK = """
import os, socket

def ask(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            sock.sendall(b"ping")
            return sock.recv(100).decode()
    except OSError as problem:
        return type(problem).__name__

def ours():
    return ask(int(os.environ["PORT"]))

def listed(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError as problem:
        return type(problem).__name__

def start():
    try:
        return os.fork()
    except OSError as problem:
        return type(problem).__name__

def wrong():
    return 1 / 0
"""


@pytest.fixture
def pong() -> Iterator[tuple[str, int]]:
    """Give the address of a server that answers each connection with `pong`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(100)
                    client.sendall(b"pong")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.fixture
def student(submit: Submit, pong: tuple[str, int]) -> Iterator[Connected]:
    with Relay() as relay:
        made = connected(submit(WORK), env=lambda ports: {"PORT": str(ports[0])})
        relay.add(made.listeners(), [pong])
        with made:
            yield made


def test_it_reaches_what_we_serve_at_its_port(student: Connected) -> None:
    assert student.call("work.py", "ours", timeout=20).value == "pong"
    assert student.call("work.py", "wrong").error.type == "ZeroDivisionError"  # type: ignore[union-attr]


@needs_walls
def test_it_reaches_no_other_server_of_this_machine(
    student: Connected, pong: tuple[str, int]
) -> None:
    assert student.call("work.py", "ask", pong[1], timeout=20).value in (
        "PermissionError", "ConnectionRefusedError",
    )  # fmt: skip


@needs_walls
def test_it_sees_its_folder_and_none_of_ours(student: Connected, submit: Submit) -> None:
    assert student.call("work.py", "listed", str(submit(WORK)), timeout=20).value == ["work.py"]
    for place in (Path.home(), Path(__file__).parent, Path(__file__).parents[3] / "solutions"):
        assert student.call("work.py", "listed", str(place)).value in (
            "PermissionError", "FileNotFoundError",  # below /tmp it is not even there
        )  # fmt: skip
    assert student.call("work.py", "start").value == "PermissionError"


def test_it_imports_a_package_of_ours_only_where_it_is_given(
    submit: Submit, tmp_path: Path
) -> None:
    package = tmp_path / "given_to_it"
    package.mkdir()
    (package / "__init__.py").write_text("WORD = 'given'\n")
    (tmp_path / "beside.py").write_text("")
    text = (
        WORK
        + """
def given():
    import given_to_it
    return given_to_it.WORD
"""
    )
    with connected(submit(text), libraries={"given_to_it": package}) as made:
        assert made.call("work.py", "given", timeout=20).value == "given"
        reply = made.call("work.py", "listed", str(tmp_path))
        assert "beside.py" not in reply.value
    with connected(submit(text)) as made:
        assert made.call("work.py", "given", timeout=20).error.type == "ModuleNotFoundError"  # type: ignore[union-attr]


def test_it_ends_with_its_block(submit: Submit) -> None:
    with connected(submit(WORK)) as student:
        assert student.call("work.py", "listed", "/nowhere", timeout=20).error is None
        pid = student.pid
    assert not Path(f"/proc/{pid}").exists()


def test_a_submission_can_be_called_there(submit: Submit, pong: tuple[str, int]) -> None:
    made = []

    def start(folder: Path) -> Connected:
        made.append(connected(folder, env=lambda ports: {"PORT": str(ports[0])}))
        relay.add(made[-1].listeners(), [pong])
        return made[-1]

    with Relay() as relay, Submission(submit(WORK), "lab") as work:
        work.start_by(start)
        assert [work.call("work.py", "ours", timeout=20) for _ in range(2)] == ["pong", "pong"]
        with pytest.raises(Failed, match="wrong"):
            work.call("work.py", "wrong")
        assert len(made) == 1


def test_one_after_another_is_served_by_the_same_relay(
    submit: Submit, pong: tuple[str, int]
) -> None:
    with Relay() as relay:
        for _ in range(4):
            with connected(submit(WORK), env=lambda ports: {"PORT": str(ports[0])}) as student:
                relay.add(student.listeners(), [pong])
                assert student.call("work.py", "ours", timeout=20).value == "pong"
