"""Write modules that call `run(n)`: honest ones with an answer drawn for them, and hostile ones."""

from __future__ import annotations

from random import Random

WASI = "wasi_snapshot_preview1"
RUN = '(func (export "run") (param $n i32) (result i64)'


def honest(fresh: Random) -> tuple[str, int, int]:
    """Return a module, an n, and what run(n) is: n and a number of its own."""
    own, n = fresh.randint(1000, 10**9), fresh.randint(0, 10**9)
    text = f"(module {RUN} (i64.add (i64.extend_i32_u (local.get $n)) (i64.const {own}))))"
    return text, n, own + n


def busy(fresh: Random) -> tuple[str, int, int]:
    """Return a module that works for about two thirds of the fuel, an n, and its answer."""
    own = fresh.randint(1000, 10**9)
    text = f"""(module {RUN}
      (loop $next
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $next (local.get $n)))
      (i64.const {own})))"""
    return text, 2_600_000, own  # 5 units a turn


def loop(fresh: Random) -> str:
    """Return a module that never ends, or not before years are over."""
    endless = f"(module {RUN} (loop $on (br $on)) (i64.const 0)))"
    calls = f"""(module
      (func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const {fresh.randint(1, 99)})))
      {RUN} (local $i i32)
        (loop $on (local.set $i (call $a (local.get $i))) (br_if $on (i32.const 1)))
        (i64.const 0)))"""
    start = f"(module (func $s (loop $on (br $on))) (start $s) {RUN} (i64.const 0)))"
    return fresh.choice((endless, calls, start))


def pages(fresh: Random, most: int) -> str:
    """Return a module that takes memory page by page up to `most`; it answers with what it got."""
    step = fresh.randint(1, 7)
    return f"""(module (memory (export "memory") 1)
      {RUN} (local $at i32)
        (block $full (loop $more
          (br_if $full (i32.ge_u (memory.size) (i32.const {most})))
          (br_if $more (i32.ne (memory.grow (i32.const {step})) (i32.const -1)))))
        (loop $touch
          (i32.store (local.get $at) (i32.const 1))
          (local.set $at (i32.add (local.get $at) (i32.const 4096)))
          (br_if $touch (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
        (i64.extend_i32_u (memory.size))))"""


def born_large(count: int) -> str:
    """Return a module that has so many pages from the start, and answers with them."""
    return f"""(module (memory (export "memory") {count})
      {RUN} (i64.extend_i32_u (memory.size))))"""


def table(fresh: Random, most: int) -> str:
    """Return a module that grows a table up to `most`; it answers with what it got."""
    step = fresh.randint(20, 90)
    return f"""(module (table $t 0 funcref)
      {RUN}
        (block $full (loop $more
          (br_if $full (i32.ge_u (table.size $t) (i32.const {most})))
          (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const {step})) (i32.const -1)))))
        (i64.extend_i32_u (table.size $t))))"""


def born_with_table(count: int) -> str:
    return f"(module (table $t {count} funcref) {RUN} (i64.extend_i32_u (table.size $t))))"


DEPTH = 500
DEEP = """(module
  (func $deeper (param $n i32) (result i64)
    (if (result i64) (local.get $n)
      (then (i64.add (i64.const 1) (call $deeper (i32.sub (local.get $n) (i32.const 1)))))
      (else (i64.const 0))))
  (export "run" (func $deeper)))"""
TRAPS = {
    "UNREACHABLE": f"(module {RUN} (unreachable)))",
    "MEMORY_OUT_OF_BOUNDS": f'(module (memory (export "memory") 1) {RUN} '
    "(i64.load (i32.const 65529))))",
    "INTEGER_DIVISION_BY_ZERO": f"(module {RUN} (i64.extend_i32_u "
    "(i32.div_u (i32.const 1) (i32.sub (local.get $n) (local.get $n))))))",
}


def probe(what: str) -> str:
    """Return a module that answers with the clock's nanoseconds, or with 8 random bytes."""
    call = {
        "clock": "(call $clock (i32.const 0) (i64.const 1) (i32.const 8))",
        "dice": "(call $dice (i32.const 8) (i32.const 8))",
    }[what]
    return f"""(module
      (import "{WASI}" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "{WASI}" "random_get" (func $dice (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      {RUN}
        (if {call} (then (return (i64.const -1))))
        (i64.load (i32.const 8))))"""


FOLDERS = f"""(module
  (import "{WASI}" "fd_prestat_get" (func $granted (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  {RUN} (local $folder i32) (local $found i64)
    (local.set $folder (i32.const 9))
    (loop $next
      (if (i32.eqz (call $granted (local.get $folder) (i32.const 8)))
        (then (local.set $found (i64.add (local.get $found) (i64.const 1)))))
      (local.set $folder (i32.sub (local.get $folder) (i32.const 1)))
      (br_if $next (i32.gt_u (local.get $folder) (i32.const 2))))
    (local.get $found)))"""  # answers with how many folders it was granted


def opener(path: str, flags: int = 0, rights: int = 2) -> str:
    """Return a module that tries a path in every folder; it answers how often it could open it.

    flags: 1 to create;  rights: 2 to read, 64 to write (as `fd_read` and `fd_write` in WASI)
    """
    return f"""(module
      (import "{WASI}" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "{path}")
      {RUN} (local $folder i32) (local $found i64)
        (local.set $folder (i32.const 9))
        (loop $next
          (if (i32.eqz (call $open (local.get $folder) (i32.const 1) (i32.const 64)
              (i32.const {len(path.encode())}) (i32.const {flags}) (i64.const {rights})
              (i64.const 0) (i32.const 0) (i32.const 8)))
            (then (local.set $found (i64.add (local.get $found) (i64.const 1)))))
          (local.set $folder (i32.sub (local.get $folder) (i32.const 1)))
          (br_if $next (i32.gt_u (local.get $folder) (i32.const 2))))
        (local.get $found)))"""
