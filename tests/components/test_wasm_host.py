"""WasmHost on wasmtime itself: the ABI, bounds, traps, files, and kept compiled modules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from lab_kit.components.wasm_host import Bounds, Trapped, Unfit, WasmHost

ABI = '(memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) i32.const 1024)'
HANDLE = '(func (export "handle") (param i32 i32) (result i64)'
# Answer with the request, one letter up.
ECHO = f"""(module {ABI}
  (global $n (mut i32) (i32.const 0))
  {HANDLE} (local $i i32)
    (block $end (loop $next
      (br_if $end (i32.ge_u (local.get $i) (local.get 1)))
      (i32.store8 (i32.add (local.get 0) (local.get $i))
        (i32.add (i32.load8_u (i32.add (local.get 0) (local.get $i))) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
      (i64.extend_i32_u (local.get 1)))))"""
# Answer with how often this instance was asked.
COUNTER = f"""(module {ABI} (global $n (mut i32) (i32.const 0))
  {HANDLE}
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store8 (i32.const 2048) (i32.add (i32.const 48) (global.get $n)))
    (i64.or (i64.shl (i64.const 2048) (i64.const 32)) (i64.const 1))))"""
BOUNDS = Bounds(fuel=20_000_000, seconds=2.0, memory_mb=4.0, table_elements=1000)


def handler(body: str, more: str = "") -> bytes:
    return bytes(wat2wasm(f"(module {more} {ABI} {HANDLE} {body}))"))


BOMBS = {
    "loop": (handler("(loop br 0) unreachable"), "out of fuel"),
    "recursion": (handler("(call 1 (local.get 0) (local.get 1))"), "stack overflow"),
    "outside": (handler("(i64.load (i32.const 0x7fffffff))"), "out of bounds"),
    "nothing": (handler("unreachable"), "unreachable"),
    "zero": (handler("(i64.div_s (i64.const 1) (i64.const 0))"), "division by zero"),
    "null": (
        handler("(drop (call_indirect (result i32) (i32.const 0))) i64.const 0",
                '(table 1 funcref)'), "null call",
    ),
    "exit": (
        handler("(call $e (i32.const 7)) unreachable",
                '(import "wasi_snapshot_preview1" "proc_exit" (func $e (param i32)))'), "exit",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def host() -> Iterator[WasmHost]:
    with WasmHost(BOUNDS) as made:
        yield made


def test_a_request_is_answered_through_linear_memory(host: WasmHost) -> None:
    module = host.compile(bytes(wat2wasm(ECHO)))
    assert host.handle(module, b"HAL") == b"IBM"
    assert host.handle(module, b"") == b""


def test_each_request_has_an_instance_of_its_own(host: WasmHost) -> None:
    module = host.compile(bytes(wat2wasm(COUNTER)))
    assert [host.handle(module, b"?") for _ in range(3)] == [b"1"] * 3
    with host.instance(module) as one:
        assert [one.handle(b"?") for _ in range(3)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped_with_its_reason_and_the_next_request_is_answered(
    host: WasmHost, name: str
) -> None:
    wasm, reason = BOMBS[name]
    with pytest.raises(Trapped) as caught:
        host.handle(host.compile(wasm), b"?")
    assert caught.value.reason == reason
    assert caught.value.exit_code == (7 if name == "exit" else None)
    assert caught.value.what.endswith(".")
    assert host.handle(host.compile(bytes(wat2wasm(ECHO))), b"HAL") == b"IBM"


def test_time_stops_what_has_fuel_for_ever() -> None:
    with WasmHost(Bounds(fuel=None, seconds=0.1)) as host:
        with pytest.raises(Trapped) as caught:
            host.handle(host.compile(BOMBS["loop"][0]), b"?")
    assert caught.value.reason == "out of time"


def test_memory_and_tables_grow_to_their_bounds_and_no_further(host: WasmHost) -> None:
    grow = '(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))'
    table = '(table 0 funcref) (func (export "widen") (param i32) (result i32) ' \
        "(table.grow 0 (ref.null func) (local.get 0)))"  # fmt: skip
    wasm = bytes(wat2wasm(f"(module {ABI} {grow} {table})"))
    with host.instance(host.compile(wasm)) as made:
        assert made.call("grow", 63) == 1
        assert made.memory_bytes == 4 * 1024 * 1024
        assert made.call("grow", 1) == -1
        assert made.call("widen", 1000) == 0
        assert made.call("widen", 1) == -1


@pytest.mark.parametrize(
    ("wat", "said"),
    [
        ('(module (memory (export "memory") 1000))', "memory minimum size"),
        ("(module (table 5000 funcref))", "table minimum size"),
        ('(module (import "env" "rm" (func)))', "wants an import that it is not given: env::rm"),
        ('(module (import "wasi_snapshot_preview1" "sock_magic" (func)))', "sock_magic"),
    ],
)
def test_a_module_that_asks_for_too_much_is_unfit(host: WasmHost, wat: str, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        host.instance(host.compile(bytes(wat2wasm(wat))))


@pytest.mark.parametrize(
    ("wat", "said"),
    [
        ("(module)", "exports no memory called `memory`"),
        ('(module (memory (export "memory") 1))', "exports no function alloc"),
        (f"(module {ABI})", "exports no function handle"),
        (f"(module {ABI} {HANDLE} i64.const -1))", "outside the module's memory"),
        (f"(module {ABI} {HANDLE} i64.const 0x7fffffff_00000001))", "outside the module's memory"),
        (ECHO.replace("i32.const 1024", "i32.const 65535"), "alloc returned a place"),
        ('(module (memory (export "memory") 1) (func (export "alloc") (param i32)))', "NoneType"),
    ],
)
def test_a_module_that_breaks_the_abi_is_unfit(host: WasmHost, wat: str, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        host.handle(host.compile(bytes(wat2wasm(wat))), b"HAL")


@pytest.mark.parametrize("wasm", [b"", b"\0asm", b"not wasm", b"\0asm\x01\0\0\0\xff\xff"])
def test_what_is_no_module_is_unfit(host: WasmHost, wasm: bytes) -> None:
    with pytest.raises(Unfit, match="This is no module that can be run"):
        host.compile(wasm)


def test_a_host_function_is_called_with_the_instances_memory(host: WasmHost) -> None:
    seen = []

    def log(caller: object, at: int, length: int) -> None:
        memory = caller["memory"]  # type: ignore[index]
        seen.append(bytes(memory.read(caller, at, at + length)))

    more = '(import "env" "log" (func $log (param i32 i32)))'
    body = "(call $log (local.get 0) (local.get 1)) i64.const 0"
    module = host.compile(handler(body, more))
    assert host.handle(module, b"hello", functions={"log": log}) == b""
    assert seen == [b"hello"]


def test_many_threads_at_once_do_not_meet(host: WasmHost) -> None:
    module = host.compile(bytes(wat2wasm(COUNTER)))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: host.handle(module, b"?"), range(400))) == {b"1"}


def test_ten_thousand_requests_leave_no_memory_behind(host: WasmHost) -> None:
    module = host.compile(bytes(wat2wasm(ECHO)))

    def resident_mb() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    for _ in range(500):
        host.handle(module, b"HAL")
    before = resident_mb()
    for _ in range(10_000):
        host.handle(module, b"HAL")
    assert resident_mb() - before < 30


def test_a_pool_serves_as_many_as_it_has_and_then_refuses() -> None:
    with WasmHost(Bounds(memory_mb=1), pooled=4) as host:
        module = host.compile(bytes(wat2wasm(COUNTER)))
        held = [host.instance(module) for _ in range(4)]
        assert [one.handle(b"?") for one in held] == [b"1"] * 4
        with pytest.raises(Unfit, match="limit of 4"):
            host.instance(module)
        held.pop().close()
        assert host.handle(module, b"?") == b"1"
        for one in held:
            one.close()


# -- files -------------------------------------------------------------------------------

# handle(path): open it below folder 3, say WASI's error number as one letter after "A"
OPENER = handler(
    """(local $no i32)
    (local.set $no (call $open (i32.const 3) (i32.const 0) (local.get 0) (local.get 1)
      (i32.const {create}) (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 4096)))
    (i32.store8 (i32.const 2048) (i32.add (i32.const 65) (local.get $no)))
    (i64.or (i64.shl (i64.const 2048) (i64.const 32)) (i64.const 1))""".replace("{create}", "0"),
    """(import "wasi_snapshot_preview1" "path_open" (func $open
      (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))""",
)


def number(host: WasmHost, path: bytes, **folders: object) -> int:
    return host.handle(host.compile(OPENER), path, **folders)[0] - 65


def test_nothing_is_there_without_a_folder(host: WasmHost) -> None:
    assert number(host, b"etc/passwd") != 0


def test_a_folder_is_given_and_nothing_beside_it(host: WasmHost, tmp_path: Path) -> None:
    inside, secret = tmp_path / "inside", tmp_path / "secret.txt"
    inside.mkdir()
    secret.write_text("secret")
    (inside / "own.txt").write_text("own")
    (inside / "link").symlink_to(secret)
    (inside / "up").symlink_to("..")
    given = {"folders": {"/data": inside}}
    assert number(host, b"own.txt", **given) == 0
    for path in (b"../secret.txt", b"/etc/passwd", b"link", b"up/secret.txt", b"./../secret.txt"):
        assert number(host, path, **given) != 0, path


# -- compiled modules that are kept -------------------------------------------------------


def test_a_compiled_module_is_kept_and_loaded_by_the_next_host(tmp_path: Path) -> None:
    wasm = bytes(wat2wasm(ECHO))
    with WasmHost(BOUNDS, cache=tmp_path / "kept") as host:
        assert host.handle(host.compile(wasm), b"HAL") == b"IBM"
    (kept,) = (tmp_path / "kept").glob("*.cwasm")
    made = kept.stat().st_mtime_ns
    with WasmHost(BOUNDS, cache=tmp_path / "kept") as host:
        assert host.handle(host.compile(wasm), b"HAL") == b"IBM"
    assert kept.stat().st_mtime_ns == made
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_one_of_another_engine_is_compiled_anew(tmp_path: Path) -> None:
    wasm = bytes(wat2wasm(ECHO))
    for bounds in (BOUNDS, Bounds(fuel=None, seconds=None)):
        with WasmHost(bounds, cache=tmp_path) as host:
            assert host.handle(host.compile(wasm), b"HAL") == b"IBM"


@pytest.mark.parametrize("forge", ["another", "cut", "empty", "flipped"])
def test_one_that_was_not_made_here_is_never_loaded(tmp_path: Path, forge: str) -> None:
    wasm, evil = bytes(wat2wasm(ECHO)), bytes(wat2wasm(COUNTER))
    with WasmHost(BOUNDS, cache=tmp_path) as host:
        host.compile(wasm)
        (kept,) = tmp_path.glob("*.cwasm")
        whole = kept.read_bytes()
        foreign = bytes(host.compile(evil).module.serialize())
        forged = {
            "another": whole[:32] + foreign, "cut": whole[:-9], "empty": b"",
            "flipped": whole[:-1] + bytes([whole[-1] ^ 1]),
        }  # fmt: skip
        kept.write_bytes(forged[forge])
        assert host.handle(host.compile(wasm), b"HAL") == b"IBM"
        assert kept.read_bytes() == whole


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    with WasmHost(BOUNDS, cache=tmp_path) as host:
        host._artefacts.folder = tmp_path / "gone"  # type: ignore[union-attr]
        assert host.handle(host.compile(bytes(wat2wasm(ECHO))), b"HAL") == b"IBM"


def test_the_clock_ends_with_the_host() -> None:
    before = threading.active_count()
    with WasmHost(BOUNDS):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
