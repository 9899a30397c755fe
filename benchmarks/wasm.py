"""Start WebAssembly instances beside processes, and serve requests with a fresh instance each.

    .venv/bin/python benchmarks/wasm.py

An instance is made in a host that runs; a process of C is /bin/true, one of Python does nothing
(`python -I -S -c pass`). Both truths are shown: what an instance costs, and what a fresh host does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wasmtime import wat2wasm

from lab_kit.components.wasm_host import Bounds, WasmHost

ECHO = """(module (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) i32.const 1024)
  (func (export "handle") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
      (i64.extend_i32_u (local.get 1)))))"""
HOST = """import sys; from lab_kit.components.wasm_host import WasmHost
from pathlib import Path
with WasmHost(cache=Path(sys.argv[1])) as host:
    module = host.compile(Path(sys.argv[2]).read_bytes())
    assert host.handle(module, b"x") == b"x"
"""
TO_C, TO_PYTHON, A_SECOND = 20, 500, 2000


def p50(act: Callable[[], object], count: int) -> float:
    """Return the median in microseconds."""
    act()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def spawn(*words: str) -> None:
    subprocess.run(words, check=True)


def main() -> int:
    """Print the table; return 1 when a target is missed."""
    wasm = bytes(wat2wasm(ECHO))
    with (
        tempfile.TemporaryDirectory() as name,
        WasmHost() as host,
        WasmHost(Bounds(memory_mb=1), pooled=64) as pool,
    ):
        file = Path(name) / "echo.wasm"
        file.write_bytes(wasm)
        plain, pooled = host.compile(wasm), pool.compile(wasm)
        rows = {
            "an instance, pooled": p50(lambda: pool.instance(pooled).close(), 2000),
            "an instance": p50(lambda: host.instance(plain).close(), 2000),
            "a C process": p50(lambda: spawn("/bin/true"), 200),
            "a Python process": p50(lambda: spawn(sys.executable, "-I", "-S", "-c", "pass"), 50),
            "a fresh host, module kept": p50(
                lambda: spawn(sys.executable, "-c", HOST, name, str(file)), 10
            ),
        }
        served = 1e6 / p50(lambda: host.handle(plain, b'{"sku": "TEA-1"}'), 4000)
    best = rows["an instance"]
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"{'':28}{'p50 us':>10}{'to an instance':>16}")
    for label, spent in rows.items():
        print(f"{label:28}{spent:10.0f}{spent / best:14.1f} x")
    print(f"requests, an instance each: {served:.0f} a second on one core (at least {A_SECOND})")
    to_c, to_python = rows["a C process"] / best, rows["a Python process"] / best
    print(f"a C process: {to_c:.0f} x (at least {TO_C}), Python: {to_python:.0f} x ({TO_PYTHON})")
    return int(to_c < TO_C or to_python < TO_PYTHON or served < A_SECOND)


if __name__ == "__main__":
    sys.exit(main())
