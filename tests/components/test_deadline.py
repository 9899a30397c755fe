"""An answer has one deadline and one size, however it comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lab_kit.components import deadline
from lab_kit.components.deadline import TooLarge, exchange

HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def server(say: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """Serve one connection by `say`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection = listener.accept()[0]
        with connection:
            connection.recv(65536)
            try:
                say(connection)
            except OSError:
                pass  # the caller had enough

    thread = threading.Thread(target=run)
    thread.start()
    with listener:
        yield listener.getsockname()
        thread.join(20)
    assert not thread.is_alive()


def drip(connection: socket.socket, head: bytes) -> None:
    """Send a byte now and then, sooner than any timeout of one read, until nobody listens."""
    connection.sendall(head)
    stop = threading.Event()
    while True:
        stop.wait(0.02)
        connection.sendall(b"x")


@pytest.mark.parametrize(
    "head", [HEAD + b"\r\n", HEAD + b"X: ", HEAD + b"Content-Length: 9999\r\n\r\n"]
)
def test_an_answer_that_drips_ends_with_the_deadline(head: bytes) -> None:
    with server(lambda connection: drip(connection, head)) as address:
        with pytest.raises(TimeoutError):
            exchange(address, "GET", "/", None, {}, 0.3)


def test_an_answer_without_end_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "MOST_BYTES", 100_000)

    def flood(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with server(flood) as address, pytest.raises(TooLarge):
        exchange(address, "GET", "/", None, {}, 10)


def test_an_ordinary_answer_comes_whole() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 418 x\r\nX-Tea: no\r\nContent-Length: 3\r\n\r\nabc")

    with server(answer) as address:
        status, headers, body = exchange(address, "POST", "/", b"{}", {}, 10)
    assert (status, headers["x-tea"], body) == (418, "no", b"abc")
