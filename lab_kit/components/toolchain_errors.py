"""Tell a student why a source does not compile: the first fault with its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lab_kit.components.toolchain_compilers import TITLE
from lab_kit.errors import Failed

PLACE = re.compile(r"^(?:\./)?([\w.-]+):(\d+):(?:\d+:)? (.+)$", re.MULTILINE)
KIND = re.compile(r"^(?:fatal )?error(?:\[\w+\])?: ")
UNEXPORTED = re.compile(r"symbol exported via --export not found: (\w+)")
OURS = re.compile(r"\S*/[\w-]+\.o: | in \S*beyond-source-\w+")  # names that are no student's
MOST_LINE = 160
HOW_TO_EXPORT = {
    "c": "define it as a function that is not static",
    "rust": 'write `#[no_mangle] pub extern "C" fn {name}`',
    "go": "write `//go:wasmexport {name}` right above the function",
}


class NotCompiled(Failed):
    """Say why a source gave no module; `file` and `line` where the compiler named them."""

    def __init__(
        self, what: str, why: str = "", next: str = "", *, file: str = "", line: int | None = None
    ) -> None:
        super().__init__(what, why, next)
        self.file, self.line = file, line

    def __reduce__(self) -> tuple[type[NotCompiled], tuple[str, str, str], dict[str, object]]:  # type: ignore[override]
        return type(self), (self.what, self.why, self.next), dict(self.__dict__)


def refused(words: str, files: Mapping[str, bytes]) -> NotCompiled | None:
    """Return the first fault that has a place in these files, None if there is none."""
    faults = []
    for file, number, text in PLACE.findall(words):
        if file in files and not text.startswith(("warning", "note", "In file", "previous")):
            fault = (file, int(number), shown(KIND.sub("", text)))
            if fault not in faults:
                faults.append(fault)
    if not faults:
        return None
    file, line, text = faults[0]
    why = [f"line {line}: {text}"]
    source = files[file].decode("utf-8", "replace").splitlines()
    if 0 < line <= len(source) and source[line - 1].strip():
        why.append(f"  {line} | {shown(source[line - 1].strip())}")
    if more := len(faults) - 1:
        why.append(f"and {more} more" if more > 1 else f"then {faults[1][0]}, line {faults[1][1]}")
    return NotCompiled(
        f"{file} does not compile.", "\n".join(why), f"Mend {file}, line {line}, and try again.",
        file=file, line=line,
    )  # fmt: skip


def refused_whole(words: str, file: str) -> NotCompiled:
    """Return a fault that has no place, such as a name that nothing defines."""
    lines = [shown(OURS.sub("", line)) for line in words.splitlines() if line.strip()]
    telling = [line for line in lines if "undefined symbol: " in line]
    telling = telling or [line for line in lines if "error" in line] or lines[-3:]
    return NotCompiled(
        f"{file} does not compile.", "\n".join(telling[:3]) or "The compiler said nothing.",
        f"Look through {file} for what is named there.", file=file,
    )  # fmt: skip


def unexported(language: str, file: str, names: Sequence[str]) -> NotCompiled:
    """Return that a module lacks exports."""
    name = names[0]
    return NotCompiled(
        f"The module made from {file} does not export {' and '.join(names)}.",
        "Whoever runs a module can call nothing but its exports.",
        f"In {TITLE[language]}, {HOW_TO_EXPORT[language].format(name=name)}.", file=file,
    )  # fmt: skip


def too_much(language: str, file: str, reason: str) -> NotCompiled:
    """Return that compiling took more than it may."""
    return NotCompiled(
        f"{file} could not be compiled within bounds.", f"{TITLE[language]}'s compiler: {reason}.",
        f"Look in {file} for what grows without end: an import, a macro, a constant.", file=file,
    )  # fmt: skip


def shown(text: str) -> str:
    """Return one short line without control characters."""
    clean = "".join(c if c.isprintable() else " " for c in text.expandtabs(4))
    return clean if len(clean) <= MOST_LINE else clean[: MOST_LINE - 1] + "…"
