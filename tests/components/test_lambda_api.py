"""The Runtime API against clients that do not behave: bounded, answered, never stuck."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from lab_kit.components.lambda_api import MAX_CONNECTIONS, MAX_RESPONSE, RuntimeApi
from lab_kit.components.lambda_http import MAX_HEAD

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"
RESTORE = b"GET /2018-06-01/runtime/restore/next HTTP/1.1\r\n\r\n"


def post(path, body=b"{}", headers=b""):
    head = f"POST /2018-06-01/runtime/{path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + headers + b"\r\n" + body


class Peer:
    """Talk to a RuntimeApi from the same thread."""

    def __init__(self, api, address):
        self.api = api
        self.sock = socket.create_connection(address)
        self.sock.setblocking(False)
        self.got = b""

    def say(self, data, *, until=b"\r\n\r\n", within=5.0):
        """Send and return the answer up to `until`, or what came until the other side hung up."""
        view, deadline = memoryview(data), time.monotonic() + within
        while time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError, OSError):
                view = view[self.sock.send(view[:65536]) :] if view else view
            self.api.step(0.01)
            with contextlib.suppress(BlockingIOError):
                try:
                    more = self.sock.recv(1 << 20)
                except ConnectionError:
                    more = b""
                self.got += more
                if not more:
                    return self.take()
            if until in self.got:
                return self.take()
        raise AssertionError(f"no answer to {bytes(data[:80])!r}: {self.got[:200]!r}")

    def tell(self, data, rounds=20):
        """Send, expecting no answer."""
        self.sock.setblocking(True)
        self.sock.sendall(data)
        self.sock.setblocking(False)
        for _ in range(rounds):
            self.api.step(0.005)

    def take(self):
        got, self.got = self.got, b""
        return got


@pytest.fixture
def api():
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    address = listener.getsockname()
    api = RuntimeApi(listener)
    peers = []

    def connect():
        peers.append(Peer(api, address))
        return peers[-1]

    api.connect = connect
    yield api
    api.close()
    for peer in peers:
        peer.sock.close()


def running(api, request_id="r-1"):
    peer = api.connect()
    peer.tell(NEXT)
    assert api.waiting
    api.deliver(request_id, {"Lambda-Runtime-Aws-Request-Id": request_id}, b'{"n": 1}')
    assert b'{"n": 1}' in peer.say(b"", until=b'{"n": 1}')
    return peer


def test_an_event_is_delivered_and_answered(api):
    peer = running(api)
    assert peer.say(post("invocation/r-1/response", b'"done"')).startswith(b"HTTP/1.1 202 Accepted")
    assert api.answer.kind == "response"
    assert api.answer.body == b'"done"'


def test_a_wrong_id_is_refused_and_changes_nothing(api):
    peer = running(api)
    answer = peer.say(post("invocation/r-2/response"), until=b"}")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"InvalidRequestID" in answer
    assert api.answer is None
    assert b" 202 " in peer.say(post("invocation/r-1/response"))


def test_only_the_first_answer_counts(api):
    peer = running(api)
    peer.say(post("invocation/r-1/response", b"1"))
    answer = peer.say(post("invocation/r-1/error", b"2"), until=b"}")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"InvalidStateTransition" in answer
    assert api.answer.body == b"1"


@pytest.mark.parametrize("call", [NEXT, RESTORE, post("init/error"), post("restore/error")])
def test_a_call_out_of_turn_is_refused(api, call):
    running(api)
    assert b"InvalidStateTransition" in api.connect().say(call, until=b"}")
    assert api.answer is None


def test_an_answer_to_nothing_is_refused(api):
    assert b"InvalidRequestID" in api.connect().say(post("invocation/x/response"), until=b"}")
    assert api.answer is None


def test_init_errors_are_taken(api):
    error = b'{"errorType": "X"}'
    call = post("init/error", error, b"Lambda-Runtime-Function-Error-Type: Runtime.X\r\n")
    assert b" 202 " in api.connect().say(call)
    assert (api.answer.kind, api.answer.body) == ("init", error)
    assert api.answer.error_type == "Runtime.X"


def test_a_snapshot_waits_until_it_is_restored(api):
    peer = api.connect()
    peer.tell(RESTORE)
    assert api.paused
    api.restore()
    assert b"HTTP/1.1 200 OK" in peer.say(b"")
    peer.tell(NEXT)
    assert api.waiting


def test_a_chunked_answer_is_put_together(api):
    peer = running(api)
    head = b"POST /2018-06-01/runtime/invocation/r-1/response HTTP/1.1\r\n"
    body = b'5\r\n{"a":\r\n3;x=y\r\n 1}\r\n0\r\nTrailer: 1\r\n\r\n'
    whole = head + b"Transfer-Encoding: chunked\r\n\r\n" + body
    for i in range(len(whole) - 1):
        peer.tell(whole[i : i + 1], rounds=1)
    assert b" 202 " in peer.say(whole[-1:])
    assert api.answer.body == b'{"a": 1}'


def test_one_who_expects_to_be_told_to_continue_is_told(api):
    peer = running(api)
    head = post("invocation/r-1/response", b"12", b"Expect: 100-continue\r\n")[:-2]
    assert peer.say(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert b" 202 " in peer.say(b"12")


@pytest.mark.parametrize(
    "call",
    [
        post("invocation/r-1/response", b"x" * (MAX_RESPONSE + 1)),
        b"POST /2018-06-01/runtime/invocation/r-1/response HTTP/1.1\r\n"
        b"Content-Length: 999999999999999999\r\n\r\n{",
        b"POST /2018-06-01/runtime/invocation/r-1/response HTTP/1.1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n{",
    ],
    ids=["sent", "claimed", "chunked"],
)
def test_a_body_over_the_limit_is_an_answer_of_its_own(api, call):
    peer = running(api)
    assert b" 413 " in peer.say(call)
    assert api.answer.too_large
    assert api.answer.body == b""


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1e9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: ²\r\n\r\n".encode("latin-1"),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxxx\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"GET /" + b"x" * (MAX_HEAD + 100),
        bytes(range(256)) * 20000,
    ],
    ids=range(16),
)
def test_junk_is_refused_and_hung_up_on(api, junk):
    worker, peer = running(api), api.connect()
    answer = peer.say(junk, until=b"never", within=10)
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"404", b"431")
    assert api.answer is None
    assert b" 202 " in worker.say(post("invocation/r-1/response"))


@pytest.mark.parametrize("middle", [b" " * 1_200_000, b"\t " * 600_000, b"a" * 1_200_000])
@pytest.mark.parametrize("line", [b"a:%bx", b"a:%b\rx", b"a:x%by", b"%b:x", b"a%b"])
def test_long_headers_take_no_time_to_read(api, line, middle):
    start = time.process_time()
    answer = api.connect().say(b"GET / HTTP/1.1\r\n" + line % middle + b"\r\n\r\n")
    assert answer.split(b" ")[1] in (b"400", b"404")
    assert time.process_time() - start < 1


def test_an_unknown_path_is_not_found(api):
    peer = api.connect()
    for path in ("x", "invocation/next", "invocation/a/b", "invocation/a/response/b", "../next"):
        assert b" 404 " in peer.say(post(path), until=b"}")
    assert b" 404 " in peer.say(b"GET /latest HTTP/1.1\r\n\r\n", until=b"}")


def test_one_who_asks_and_never_reads_is_hung_up_on(api):
    peer = api.connect()
    flood = b"GET /latest HTTP/1.1\r\n\r\n" * 1000
    with contextlib.suppress(ConnectionError):
        for _ in range(2000):
            with contextlib.suppress(BlockingIOError):
                peer.sock.send(flood)
            api.step(0)
            assert all(len(one._out) < 200_000 for one in api._connections.values())
        raise AssertionError("it was never hung up on")


def test_too_many_connections_are_hung_up_on(api):
    worker = running(api)
    others = [api.connect() for _ in range(5 * MAX_CONNECTIONS)]
    for _ in range(200):
        api.step(0.001)
    assert len(api._connections) == MAX_CONNECTIONS
    assert others[-1].say(b"", until=b"never") == b""
    assert b" 202 " in worker.say(post("invocation/r-1/response"))


def test_a_drip_is_waited_for_without_blocking(api):
    worker, peer = running(api), api.connect()
    for byte in post("invocation/r-2/response")[:40]:
        start = time.monotonic()
        peer.tell(bytes([byte]), rounds=1)
        assert time.monotonic() - start < 1
    assert b" 202 " in worker.say(post("invocation/r-1/response"))


def test_one_who_leaves_while_waiting_is_noticed(api):
    peer = api.connect()
    peer.tell(NEXT)
    peer.sock.close()
    for _ in range(20):
        api.step(0.005)
    assert not api.waiting
    other = api.connect()
    other.tell(NEXT)
    assert api.waiting


def test_headers_cannot_be_split(api):
    peer = api.connect()
    peer.tell(NEXT)
    with pytest.raises(ValueError, match="a header holds a line break"):
        api.deliver("r-1", {"Lambda-Runtime-Client-Context": "a\r\nX-Evil: 1"}, b"1")
