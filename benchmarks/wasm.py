"""Start WebAssembly instances beside processes, and serve requests with a fresh instance each.

    .venv/bin/python benchmarks/wasm.py

The module is a small one without WASI. An instance is made in a host that runs; a process of C is
`true`, one of Python does nothing. Both truths are shown: what an instance costs, and what a fresh
host does. The requests are those of lab02_wasm's own serve.py, in this process, on one core.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
import time
from pathlib import Path

from wasmtime import wat2wasm

from lab_kit.components.start_up import StartUp

ECHO = """(module (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) i32.const 1024)
  (func (export "handle") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
      (i64.extend_i32_u (local.get 1)))))"""
LAB = Path(__file__).resolve().parents[1] / "solutions" / "lab02_wasm"
TO_C, TO_PYTHON, A_SECOND, SECONDS = 20, 500, 2000, 3.0


def served(wasm: bytes) -> float:
    """Return the requests a second of serve.py's Functions, an instance each."""
    sys.path.insert(0, str(LAB))
    with tempfile.TemporaryDirectory() as cache:
        functions = runpy.run_path(str(LAB / "serve.py"))["Functions"](Path(cache))
        functions.deploy("echo", wasm)
        count, began = 0, time.perf_counter()
        while (spent := time.perf_counter() - began) < SECONDS:
            assert functions.call("echo", b'{"sku": "TEA-1"}')
            count += 1
    return count / spent


def main() -> int:
    """Print the table; return 1 when a target is missed."""
    wasm = bytes(wat2wasm(ECHO))
    print(f"load {os.getloadavg()[0]:.1f}")
    with StartUp(wasm) as start:
        rungs = {rung.name: rung.seconds for rung in start.measured(tries=1000)}
    best = rungs["an instance"] or 1.0
    print(f"{'':34}{'p50 us':>10}{'to an instance':>16}")
    for name, seconds in rungs.items():
        if seconds is None:
            print(f"{name:34}{'not measured here':>20}")
        else:
            print(f"{name:34}{seconds * 1e6:10.0f}{seconds / best:14.1f} x")
    rate = served(wasm)
    print(f"serve.py, an instance each: {rate:.0f} a second on one core (at least {A_SECOND})")
    to_c, to_python = ((rungs[name] or 0) / best for name in ("a C process", "a Python process"))
    print(f"a C process: {to_c:.0f} x (at least {TO_C}), Python: {to_python:.0f} x ({TO_PYTHON})")
    return int(to_c < TO_C or to_python < TO_PYTHON or rate < A_SECOND)


if __name__ == "__main__":
    sys.exit(main())
