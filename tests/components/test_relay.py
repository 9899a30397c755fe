"""A relay carries bytes both ways, bounded, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.components.relay import Relay
from lab_kit.process import level


@pytest.fixture
def echo():
    """Serve a loopback port that sends back what it gets, until the peer has no more."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    stop = threading.Event()

    def talk(sock):
        with sock, contextlib.suppress(OSError):
            while data := sock.recv(65536):
                sock.sendall(data)

    def serve():
        with contextlib.suppress(OSError):
            while not stop.is_set():
                sock, _ = listener.accept()
                threading.Thread(target=talk, args=[sock], daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()
    stop.set()
    with contextlib.suppress(OSError):
        socket.create_connection(listener.getsockname()).close()
    thread.join()
    listener.close()


def listen():
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    return listener, listener.getsockname()


def test_bytes_go_both_ways_and_the_end_too(echo):
    listener, address = listen()
    with Relay() as relay:
        relay.add([listener], [echo])
        with socket.create_connection(address, timeout=10) as sock:
            payload = bytes(range(256)) * 20_000

            def send():
                sock.sendall(payload)
                sock.shutdown(socket.SHUT_WR)

            sender = threading.Thread(target=send)
            sender.start()
            got = bytearray()
            while data := sock.recv(65536):
                got += data
            sender.join()
    assert got == payload


def test_a_peer_that_does_not_read_is_not_read_from(echo):
    listener, address = listen()
    with Relay() as relay:
        relay.add([listener], [echo])
        with socket.create_connection(address) as sock:
            sock.settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 200 << 20:
                    sent += sock.send(bytes(65536))
        assert sent < 100 << 20
        with socket.create_connection(address, timeout=10) as other:
            other.sendall(b"still here")
            assert other.recv(100) == b"still here"


def test_a_service_that_is_not_there_is_hung_up_on():
    gone, nowhere = listen()
    gone.close()
    listener, address = listen()
    with Relay() as relay:
        relay.add([listener], [nowhere])
        with socket.create_connection(address, timeout=10) as sock:
            with contextlib.suppress(ConnectionError):
                assert sock.recv(1) == b""


def test_removing_a_listener_hangs_up_and_keeps_the_others(echo):
    (first, one), (second, two) = listen(), listen()
    with Relay() as relay:
        relay.add([first, second], [echo, echo])
        a, b = (socket.create_connection(place, timeout=10) for place in (one, two))
        with a, b:
            for sock in (a, b):
                sock.sendall(b"x")
                assert sock.recv(1) == b"x"
            relay.remove([first])
            assert a.recv(1) == b""
            b.sendall(b"y")
            assert b.recv(1) == b"y"


def test_a_descriptor_that_is_used_again_at_once_ends_no_relay(echo):
    with Relay() as relay:
        for _ in range(200):
            listener, address = listen()
            relay.add([listener], [echo])
            relay.remove([listener])
            assert listener.fileno() == -1
        last, address = listen()
        relay.add([last], [echo])
        with socket.create_connection(address, timeout=10) as sock:
            sock.sendall(b"x")
            assert sock.recv(1) == b"x"


def test_a_target_that_fails_hangs_up_and_the_others_are_served(echo):
    (first, bad), (second, good) = listen(), listen()
    with Relay() as relay:
        relay.add([first, second], [lambda: 1 // 0, echo])
        with socket.create_connection(bad, timeout=10) as sock:
            with contextlib.suppress(ConnectionError):
                assert sock.recv(1) == b""
        with socket.create_connection(good, timeout=10) as sock:
            sock.sendall(b"x")
            assert sock.recv(1) == b"x"


def test_closing_ends_the_thread_and_every_connection(echo):
    threads = threading.active_count()
    listener, address = listen()
    relay = Relay()
    relay.add([listener], [echo])
    with socket.create_connection(address, timeout=10) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        relay.close()
        assert sock.recv(1) == b""
    deadline = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == threads
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=1)


def test_a_handler_reaches_its_service_and_nothing_else(code, echo):
    folder = code("""
        import os, socket
        from urllib.parse import urlsplit

        def handler(event, context):
            url = urlsplit(os.environ["AWS_ENDPOINT_URL"])
            with socket.create_connection((url.hostname, url.port), timeout=2) as sock:
                sock.sendall(b"ping")
                said = sock.recv(100).decode()
            try:
                socket.create_connection(("127.0.0.1", event["port"]), timeout=2).close()
                reached = True
            except OSError:
                reached = False
            return [said, reached, "AWS_SECRET_ACCESS_KEY" in os.environ]
    """)
    other, address = listen()
    with other, LambdaRuntime(folder, services={"AWS_ENDPOINT_URL": echo}) as runtime:
        invocation = runtime.invoke({"port": address[1]})
        again = runtime.invoke({"port": address[1]})
    reached = level().name == "none"  # where nothing is held, nothing is claimed
    assert invocation.payload == again.payload == ["ping", reached, True], invocation.log
