"""The channel carries JSON-like values unchanged and survives everything else."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab_kit.process.inside import channel

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)  # fmt: skip


def trip(value: object) -> object:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        end = time.monotonic() + 5
        writer = threading.Thread(
            target=channel.send, args=(ours, channel.encode(channel.plain(value)), end)
        )
        writer.start()
        got = channel.receive(theirs, end)
        writer.join()
        return got


@settings(deadline=None, database=None, max_examples=150)
@given(PLAIN)
def test_what_is_plain_arrives_as_it_was(value):
    got = trip(value)
    assert got == value
    assert json.dumps(got) == json.dumps(value)  # 1 is not True, 1.0 is not 1


@settings(deadline=None, database=None, max_examples=300)
@given(st.binary(max_size=200))
def test_garbage_never_raises_anything_else(data):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(data)
        ours.close()
        try:
            value = channel.receive(theirs, time.monotonic() + 5)
        except (channel.BadFrame, EOFError):
            return
        assert channel.plain(value) == value


@settings(deadline=None, database=None, max_examples=300)
@given(st.binary(max_size=300) | st.text(alphabet='[]{}":,0123456789.eE-+NaInfity\\u', max_size=300)
       .map(str.encode))  # fmt: skip
def test_any_body_is_a_plain_value_or_a_bad_frame(body):
    try:
        value = channel.decode(body)
    except channel.BadFrame:
        return
    assert channel.plain(value) == value


@pytest.mark.parametrize(
    "body",
    [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"[" * 200_000, b'{"a":' * 50_000, b"9" * 5000,
     b"", b"\xff", b'"\xed\xa0\x80"', b"[1,]", b"1 2"],
)  # fmt: skip
def test_poison_is_a_bad_frame(body):
    with pytest.raises(channel.BadFrame):
        channel.decode(body)


def test_the_deadline_covers_all_of_a_frame():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(struct.pack("!I", 100) + b"x" * 99)
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            channel.receive(theirs, begun + 0.1)
        assert time.monotonic() - begun < 2


def test_a_reader_that_never_reads_does_not_hold_the_sender():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        channel.send(ours, b"x" * (32 << 20), time.monotonic() + 0.1)


def test_a_frame_has_a_largest_size():
    with pytest.raises(channel.TooLarge, match="and 1048576 are allowed"):
        channel.encode("x" * (1 << 20))
    assert len(channel.encode("x" * ((1 << 20) - 2))) == (1 << 20) + 4


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, b"x", {1}, 1 << 9000, object(), 1j])
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(channel.NotPlain):
        channel.plain([value])
