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
