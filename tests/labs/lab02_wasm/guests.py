"""Write small modules as text: guests that keep to the ABI, and strangers that do not behave."""

from __future__ import annotations

# Texts are allocated one behind the other, a header in front of each; when none is left the place
# is used anew. A text that is released twice, or by a wrong length, is a trap.
HEAP = """
  (memory (export "memory") 2 64)
  (global $top (mut i32) (i32.const 4096))
  (global $live (mut i32) (i32.const 0))
  (global $asked (mut i32) (i32.const 0))
  (func $alloc (export "alloc") (param $size i32) (result i32) (local $at i32)
    (local.set $at (i32.add (global.get $top) (i32.const 8)))
    (global.set $top (i32.and (i32.add (local.get $at) (i32.add (local.get $size) (i32.const 7)))
                              (i32.const -8)))
    (block $fits
      (loop $more
        (br_if $fits (i32.le_u (global.get $top) (i32.shl (memory.size) (i32.const 16))))
        (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
        (unreachable)))
    (i32.store (i32.sub (local.get $at) (i32.const 8)) (local.get $size))
    (i32.store (i32.sub (local.get $at) (i32.const 4)) (i32.const 0x600d))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $at))
  (func (export "release") (param $at i32) (param $size i32)
    (if (i32.or (i32.ne (i32.load (i32.sub (local.get $at) (i32.const 8))) (local.get $size))
                (i32.ne (i32.load (i32.sub (local.get $at) (i32.const 4))) (i32.const 0x600d)))
      (then (unreachable)))
    (i32.store (i32.sub (local.get $at) (i32.const 4)) (i32.const 0))
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $top (i32.const 4096)))))
  (func $pack (param $at i32) (param $size i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
            (i64.extend_i32_u (local.get $size))))
  (func $number (param $n i32) (result i64) (local $at i32) (local $size i32) (local $left i32)
    (local.set $size (i32.const 1))
    (local.set $left (local.get $n))
    (block $done (loop $count
      (br_if $done (i32.lt_u (local.get $left) (i32.const 10)))
      (local.set $left (i32.div_u (local.get $left) (i32.const 10)))
      (local.set $size (i32.add (local.get $size) (i32.const 1)))
      (br $count)))
    (local.set $at (call $alloc (local.get $size)))
    (local.set $left (local.get $size))
    (loop $digit
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (i32.store8 (i32.add (local.get $at) (local.get $left))
                  (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
      (br_if $digit (local.get $left)))
    (call $pack (local.get $at) (local.get $size)))
"""
HANDLE = '(func (export "handle") (param $at i32) (param $size i32) (result i64)'


def data(text: str, at: int = 16) -> tuple[str, int]:
    """Return a data segment with a text, and the text's length in bytes."""
    raw = text.encode()
    return f'(data (i32.const {at}) "{"".join(f"{chr(92)}{b:02x}" for b in raw)}")', len(raw)


def parrot(prefix: str) -> str:
    """Answer with the prefix and the request behind it."""
    segment, size = data(prefix)
    return f"""(module {HEAP} {segment}
  {HANDLE} (local $answer i32) (local $all i32)
    (local.set $all (i32.add (local.get $size) (i32.const {size})))
    (local.set $answer (call $alloc (local.get $all)))
    (memory.copy (local.get $answer) (i32.const 16) (i32.const {size}))
    (memory.copy (i32.add (local.get $answer) (i32.const {size})) (local.get $at) (local.get $size))
    (call $pack (local.get $answer) (local.get $all))))"""


def bookkeeper() -> str:
    """Answer with how many texts are allocated while a request is handled."""
    return f"(module {HEAP} {HANDLE} (call $number (global.get $live))))"


def talker(first: str) -> str:
    """Say a text of its own and then the request through env.log; answer how often it was asked."""
    segment, size = data(first)
    return f"""(module (import "env" "log" (func $log (param i32 i32))) {HEAP} {segment}
  {HANDLE}
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    (call $log (i32.const 16) (i32.const {size}))
    (call $log (local.get $at) (local.get $size))
    (call $number (global.get $asked))))"""


# What each first letter of a request does, and the code of the trap that it ends in.
TRAPS = {
    "u": ("UNREACHABLE", "(unreachable)"),
    "d": (
        "INTEGER_DIVISION_BY_ZERO",
        "(drop (i32.div_u (i32.const 1) (i32.load (i32.const 8))))",
    ),
    "m": ("MEMORY_OUT_OF_BOUNDS", "(drop (i32.load (i32.const -4)))"),
    "s": ("STACK_OVERFLOW", "(call $deeper (i32.const 0))"),
}


def stumbler() -> str:
    """Trap by the first letter of a request; else answer how often this instance was asked."""
    cases = "\n".join(
        f"(if (i32.eq (i32.load8_u (local.get $at)) (i32.const {ord(letter)})) (then {act}))"
        for letter, (_, act) in TRAPS.items()
    )
    return f"""(module {HEAP}
  (func $deeper (param $n i32)
    (call $deeper (i32.add (local.get $n) (i32.const 1)))
    (i32.store (i32.const 12) (local.get $n)))
  {HANDLE}
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    {cases}
    (call $number (global.get $asked))))"""
