"""Measure the same rules in several languages: size, time to compile, to start and to answer.

    print(HEAD)
    for row in contest(folder, "pricing", b"TEA-01 3 590"):
        print(row)

Each language's source and a few lines behind it (`bench/bench.c` and so on), which answer one
request many times within the module, are compiled afresh; C also as a program of this machine.
"""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_kit.components import wasm_abi
from lab_kit.components.toolchain import toolchain
from lab_kit.components.toolchain_compilers import SUFFIX, TITLE
from lab_kit.components.wasm_host import Bounds, Instance, WasmHost
from lab_kit.components.wasm_traps import Trapped, Unfit
from lab_kit.errors import LabError
from lab_kit.process import zygote

EXPORTS = ("alloc", "handle", "release", "bench")
ENOUGH_S = 0.2
MOST_TIMES = 1_000_000
STARTS = 30


@dataclass(frozen=True)
class Row:
    """Hold what was measured of one language, or why it was not.

    bytes: of the module or program;  build_ms: the compiler;  machine_ms: to machine code, where
    that is apart;  start_us: an instance or a process;  answer_us: one request, within it
    """

    name: str
    bytes: int = 0
    build_ms: float = 0.0
    machine_ms: float = 0.0
    start_us: float = 0.0
    answer_us: float = 0.0
    fault: str = ""

    def __str__(self) -> str:
        if self.fault:
            return f"{self.name:10}  {self.fault}"
        machine = f"{self.machine_ms:6.0f} ms" if self.machine_ms else "in there"
        return (
            f"{self.name:10}{self.bytes / 1024:8.0f} KB{self.build_ms:9.0f} ms{machine:>13}"
            f"{self.start_us:10.0f} us{self.answer_us:10.1f} us"
        )


HEAD = f"{'':10}{'size':>11}{'compile':>12}{'for machine':>13}{'start':>13}{'an answer':>13}"


def contest(folder: Path, stem: str, request: bytes) -> Iterator[Row]:
    """Give a row a language as soon as it is measured: C, Rust, Go, and C without WebAssembly."""
    for language, title in TITLE.items():
        yield measured(title, lambda language=language: _module(folder, stem, language, request))
    yield measured("C, native", lambda: _native(folder, stem, request))


def measured(title: str, measure: object) -> Row:
    """Return the row, or one that says why there is none."""
    assert callable(measure)
    try:
        row = measure()
        assert isinstance(row, Row)
        return row
    except LabError as error:
        return Row(title, fault=" ".join(f"{error.what} {error.why}".split())[:200])
    except (Trapped, Unfit) as error:
        return Row(title, fault=f"It does not run yet: {error}"[:200])


def _module(folder: Path, stem: str, language: str, request: bytes) -> Row:
    compiler = toolchain(language)
    files = sources(folder, stem, language, "bench")
    began = time.perf_counter()
    wasm = compiler.compile(files, exports=EXPORTS).read_bytes()
    build_ms = _ms(began)
    with WasmHost(Bounds(seconds=60.0, memory_mb=256)) as host:
        began = time.perf_counter()
        module = host.compile(wasm)
        machine_ms = _ms(began)
        starts = []
        for _ in range(STARTS):
            began = time.perf_counter()
            host.instance(module).close()
            starts.append(_ms(began) * 1000)
        with host.instance(module) as made:
            answer_us = _rate(made, request)
    start_us = statistics.median(starts)
    return Row(TITLE[language], len(wasm), build_ms, machine_ms, start_us, answer_us)


def _rate(made: Instance, request: bytes) -> float:
    """Return the microseconds of one answer, from as many as take a while."""
    place, times = wasm_abi.give(made, request), 1
    while True:
        began = time.perf_counter()
        made.call("bench", *place, times)
        spent = time.perf_counter() - began
        if spent >= ENOUGH_S or times >= MOST_TIMES:
            return spent / times * 1e6
        times *= 4


def _native(folder: Path, stem: str, request: bytes) -> Row:
    files = sources(folder, stem, "c", "bench", "native")
    began = time.perf_counter()
    path = toolchain("c").native(files)
    build_ms = _ms(began)
    starts = [_run(path, "", 0)[0] for _ in range(5)]
    text, times = request.decode(), 1
    while True:
        spent_ms, told = _run(path, text, times)
        nanoseconds = int((told.split() or ["0"])[0]) if told[:1].isdigit() else 0
        if not nanoseconds:
            raise Unfit(f"as a program it ended with {told[:80]!r}")
        if nanoseconds >= ENOUGH_S * 1e9 or times >= MOST_TIMES:
            start_us = statistics.median(starts) * 1000
            size = path.stat().st_size
            return Row("C, native", size, build_ms, 0.0, start_us, nanoseconds / times / 1000)
        times *= 4


def _run(path: Path, request: str, times: int) -> tuple[float, str]:
    """Run the student's program in the sandbox; return its milliseconds and its words."""
    began = time.perf_counter()
    with zygote().program([path, request, str(times)], cwd=path.parent, read=[path]) as program:
        program.wait(60)
        return _ms(began), program.output()


def sources(folder: Path, stem: str, language: str, *behind: str) -> Mapping[str, bytes]:
    """Return the source with some lines behind it; no compiler has seen it before."""
    ending = SUFFIX[language]
    parts = [folder / f"{stem}{ending}", *(folder / "bench" / f"{n}{ending}" for n in behind)]
    never_seen = f"\n// {secrets.token_hex(8)}\n".encode()
    return {f"{stem}{ending}": b"\n".join(part.read_bytes() for part in parts) + never_seen}


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000
