"""Read a Python traceback out of what a program printed before it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from lab_kit.errors import Died

START = "Traceback (most recent call last):"
_FRAME = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d{1,9})(?:, in (?P<function>.+))?$')
_ERROR = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)(?:: ?(?P<message>.*))?$")
_SERVER = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")  # gunicorn's own lines
_MARK = re.compile(r"^\s*[~^]+\s*$")

Frame = tuple[str, int, str, str]


@dataclass(frozen=True)
class LastWords:
    """Hold the last exception of an output; `trace` has frames of one folder only."""

    error_type: str
    error_message: str
    trace: tuple[Frame, ...]


def last_words(output: str, folder: Path) -> LastWords | None:
    """Return the last exception in `output`, or None; file names are relative to `folder`."""
    head, found, tail = output.rpartition(START)
    if not found:
        return None
    frames: list[Frame] = []
    lines = list(takewhile(lambda line: not _SERVER.match(line), tail.splitlines()))
    for number, line in enumerate(lines):
        if match := _FRAME.match(line):
            source = lines[number + 1].strip() if number + 1 < len(lines) else ""
            frames.append((match["file"], int(match["line"]), match["function"] or "", source))
        elif line[:1].strip() and not _MARK.match(line) and (error := _ERROR.match(line)):
            more = [text for text in lines[number + 1 :] if text.strip()]
            message = "\n".join([error["message"] or "", *more[:10]]).strip()
            kind = error["type"].rpartition(".")[2]
            return LastWords(kind, message, _ours(frames, folder))
    return LastWords("", "\n".join(lines).strip()[-500:], _ours(frames, folder))


def died(source: str, reason: str, words: LastWords | None, output: str) -> Died:
    """Make the error for a program that ended: its exception, or else how and its last lines."""
    if words is None:
        said = "\n".join(output.strip().splitlines()[-6:])[-1500:]
        return Died(
            f"{source} ended by itself.",
            f"Of its process: {reason}." + (f"\nIts last words:\n{said}" if said else ""),
            f"Look in {source} for what ends the process.",
            error_type="Exit",
            error_message=reason,
        )
    file, line = words.trace[-1][:2] if words.trace else (source, 0)
    return Died(
        f"{source} ended by itself with {words.error_type}"
        + (f" in {file} line {line}." if line else "."),
        words.error_message,
        f"Look at {file}, line {line}." if line else f"Look at {file}.",
        error_type=words.error_type,
        error_message=words.error_message,
        trace=words.trace,
    )


def _ours(frames: list[Frame], folder: Path) -> tuple[Frame, ...]:
    kept = []
    for file, line, function, source in frames:
        path = Path(file)
        inside = path.is_relative_to(folder) if path.is_absolute() else file[:1] != "<"
        if not inside:
            continue
        name = path.relative_to(folder) if path.is_absolute() else path
        kept.append((str(name), line, function, source))
    return tuple(kept)
