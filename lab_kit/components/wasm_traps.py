"""Say in words why a module was stopped."""

from __future__ import annotations

import re

# wasmtime's trap codes, by name: (a short reason, what it means)
REASONS = {
    "OUT_OF_FUEL": ("out of fuel", "It used all the fuel that it was given."),
    "INTERRUPT": ("out of time", "It ran longer than it may and was interrupted."),
    "STACK_OVERFLOW": ("stack overflow", "Its calls went too deep."),
    "MEMORY_OUT_OF_BOUNDS": ("out of bounds", "It reached beyond the end of its memory."),
    "TABLE_OUT_OF_BOUNDS": ("out of bounds", "It reached beyond the end of a table."),
    "INDIRECT_CALL_TO_NULL": ("null call", "It called a function that is not there."),
    "BAD_SIGNATURE": ("bad call", "It called a function of another type."),
    "INTEGER_OVERFLOW": ("overflow", "A number did not fit."),
    "INTEGER_DIVISION_BY_ZERO": ("division by zero", "It divided by zero."),
    "BAD_CONVERSION_TO_INTEGER": ("bad number", "It made an integer of what is none."),
    "UNREACHABLE": ("unreachable", "It gave up by itself: a panic, an abort or an assertion."),
}
# What wasmtime says of a trap where it tells no code, as in a component.
SAID = {
    "all fuel consumed": "OUT_OF_FUEL",
    "wasm trap: interrupt": "INTERRUPT",
    "call stack exhausted": "STACK_OVERFLOW",
    "out of bounds memory access": "MEMORY_OUT_OF_BOUNDS",
    "out of bounds table access": "TABLE_OUT_OF_BOUNDS",
    "integer divide by zero": "INTEGER_DIVISION_BY_ZERO",
    "`unreachable` instruction": "UNREACHABLE",
}
FRAME = re.compile(r"^\s*\d+:\s+0x[0-9a-f]+ - (?:\S+?!)?(.+)$", re.MULTILINE)


class Unfit(Exception):
    """Say that a module is none, does not keep to the ABI, or asks for what it is not given."""


class Trapped(Exception):
    """Say why a running module was stopped.

    reason: two or three words, the same for the same cause;  what: a sentence
    exit_code: that of WASI's proc_exit, else None;  frames: its own functions, innermost first
    """

    def __init__(
        self, reason: str, what: str, exit_code: int | None = None, frames: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{reason}: {what}")
        self.reason, self.what, self.exit_code, self.frames = reason, what, exit_code, frames


def trapped(error: Exception) -> Trapped | Unfit:
    """Return what a wasmtime error means for who runs or wrote the module."""
    from wasmtime import ExitTrap, Trap

    text = str(error)
    if isinstance(error, ExitTrap):
        what = f"It ended itself with exit code {error.code}."
        return Trapped("exit", what, int(error.code))
    code = getattr(error, "trap_code", None) if isinstance(error, Trap) else None
    if code is not None:
        reason, what = REASONS.get(code.name, (code.name.replace("_", " ").lower(), "It trapped."))
        return Trapped(reason, what, None, tuple(FRAME.findall(text))[:10])
    found = re.search(r"unknown import: `(\S+)` has not been defined", text)
    if found:
        return Unfit(f"The module wants an import that it is not given: {found[1]}.")
    for words, name in SAID.items():
        if words in text:
            return Trapped(*REASONS[name])
    for name in REASONS:  # a trap that a host function or the start passed on
        if name.replace("_", " ").lower() in text.lower():
            return Trapped(REASONS[name][0], REASONS[name][1])
    last = [line.strip() for line in text.splitlines() if line.strip()]
    return Unfit((last or ["It could not be run."])[-1][:300])
