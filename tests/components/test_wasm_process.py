"""WasmProcess: a stranger's modules, compiled and run in the sandbox."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from lab_kit.components import wasm_frames
from lab_kit.components.wasm_host import Bounds, Trapped, Unfit
from lab_kit.components.wasm_process import WasmProcess
from tests.components.test_wasm_host import ABI, BOMBS, COUNTER, ECHO, HANDLE, OPENER
from tests.judge.toys import children, exists

BOUNDS = Bounds(fuel=20_000_000, seconds=2.0, memory_mb=256.0, table_elements=1000)


@pytest.fixture(scope="module")
def host() -> Iterator[WasmProcess]:
    with WasmProcess(BOUNDS) as made:
        yield made


def test_requests_are_answered_each_in_an_instance_of_its_own(host: WasmProcess) -> None:
    echo, counter = (host.load(bytes(wat2wasm(wat))) for wat in (ECHO, COUNTER))
    assert [host.handle(counter, b"?") for _ in range(2)] == [b"1", b"1"]
    assert host.handle(echo, b"HAL") == b"IBM"
    assert len(host.handle(echo, b"H" * 60_000)) == 60_000


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_nobody_else_anything(host: WasmProcess, name: str) -> None:
    wasm, reason = BOMBS[name]
    with pytest.raises(Trapped) as caught:
        host.handle(host.load(wasm), b"?")
    assert caught.value.reason == reason
    assert host.handle(host.load(bytes(wat2wasm(ECHO))), b"HAL") == b"IBM"


def test_a_module_with_data_runs_as_those_of_real_compilers_do(host: WasmProcess) -> None:
    text = "x" * 200_000
    answer = "(i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 5))"
    wat = f"""(module (memory (export "memory") 4) (data (i32.const 8) "{text}")
      (func (export "alloc") (param i32) (result i32) i32.const 250000)
      {HANDLE} {answer}))"""
    assert host.handle(host.load(bytes(wat2wasm(wat))), b"?") == b"xxxxx"


def test_what_is_no_module_is_unfit(host: WasmProcess) -> None:
    with pytest.raises(Unfit, match="This is no module that can be run"):
        host.load(b"\x7fELF")


def test_memory_that_is_really_used_ends_the_process_and_not_the_next_request() -> None:
    fill = f"""(module {ABI} {HANDLE}
      (drop (memory.grow (i32.const 4000)))
      (memory.fill (i32.const 0) (i32.const 1) (i32.mul (i32.const 65536) (i32.const 4000)))
      (loop br 0) unreachable))"""
    with WasmProcess(Bounds(fuel=None, seconds=20.0, memory_mb=300), rss_mb=160) as host:
        bomb, echo = host.load(bytes(wat2wasm(fill))), host.load(bytes(wat2wasm(ECHO)))
        with pytest.raises(Trapped) as caught:
            host.handle(bomb, b"?")
        assert caught.value.reason == "out of memory"
        assert host.handle(echo, b"HAL") == b"IBM"


def test_a_process_that_dies_is_started_anew(host: WasmProcess) -> None:
    echo = host.load(bytes(wat2wasm(ECHO)))
    assert host._program is not None
    os.kill(host._program.pid, signal.SIGKILL)
    with pytest.raises(Trapped) as caught:
        host.handle(echo, b"HAL")
    assert caught.value.reason == "ended"
    assert host.handle(echo, b"HAL") == b"IBM"


def test_only_the_folder_that_is_given_is_there(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "own.txt").write_text("own")
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link").symlink_to(tmp_path / "secret.txt")
    with WasmProcess(BOUNDS, folders={"/data": inside}) as host:
        opener = host.load(OPENER)
        found = {
            path: host.handle(opener, path) == b"A"
            for path in (b"own.txt", b"../secret.txt", b"link", b"/etc/passwd")
        }
    assert [path for path, opened in found.items() if opened] == [b"own.txt"]


def test_nothing_is_left_when_it_ends() -> None:
    with WasmProcess(BOUNDS) as host:
        host.load(bytes(wat2wasm(ECHO)))
        assert host._program is not None
        pid, family = host._program.pid, children(os.getpid())
        assert pid in family and host.memory_mb > 1
    assert not exists(pid)
    assert host.memory_mb == 0


@pytest.mark.parametrize(
    "said",
    [
        wasm_frames.HEAD.pack(1 << 20, 0),
        wasm_frames.HEAD.pack(0, 1 << 30),
        wasm_frames.HEAD.pack(2, 0) + b"[]",
        wasm_frames.HEAD.pack(3, 0) + b"{]}",
        wasm_frames.HEAD.pack(60_000, 0) + b"[" * 60_000,
        wasm_frames.HEAD.pack(9, 9) + b"{}",
    ],
)
def test_a_frame_that_is_none_is_refused(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises((ValueError, EOFError)):
            wasm_frames.receive(ours, 5)


GROWING = """(module (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func (export "alloc") (param $size i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (global.get $top) (i32.and (i32.add (local.get $size) (i32.const 7))
                                                         (i32.const -8))))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then (drop (memory.grow (i32.const 1)))))
    (local.get $at))
  (func (export "release") (param i32 i32) {release})
  (func (export "handle") (param $at i32) (param $size i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
            (i64.extend_i32_u (local.get $size)))))"""
FORGETFUL = GROWING.format(release="")
TIDY = GROWING.format(release="(global.set $top (i32.const 1024))")


@pytest.mark.parametrize(("wat", "grows"), [(FORGETFUL, True), (TIDY, False)])
def test_a_conversation_tells_whether_the_memory_grows(
    host: WasmProcess, wat: str, grows: bool
) -> None:
    requests = [b"%06d" % n for n in range(20_000)]
    answers, grown = host.converse(host.load(wat), requests)
    assert answers == requests
    assert (grown > 0) == grows


def test_answers_that_are_held_are_read_at_the_end(host: WasmProcess) -> None:
    requests = [b"%06d" % n for n in range(50)]
    assert host.converse(host.load(FORGETFUL), requests, held=True)[0] == requests
    answers, _ = host.converse(host.load(TIDY), requests, held=True)
    assert answers[10] != requests[10]  # what was released too early is written over


def test_an_export_is_called_with_numbers_and_bytes_in_memory(host: WasmProcess) -> None:
    adder = host.load("""(module (memory (export "memory") 1)
      (func (export "sum") (param $at i32) (param $n i32) (result i32)
        (i32.add (i32.load (local.get $at)) (local.get $n))))""")
    assert host.call(adder, "sum", 100, 5, memory=(37).to_bytes(4, "little"), at=100) == 42
    with pytest.raises(Unfit, match="exports no function total"):
        host.call(adder, "total", 1)


@pytest.mark.parametrize("body", [b"\0\0\0\5abc", b"\0\0"])
def test_parts_that_are_cut_off_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="part"):
        wasm_frames.parts(body)
    assert wasm_frames.parts(wasm_frames.joined([b"", b"a", b"bc"])) == [b"", b"a", b"bc"]
