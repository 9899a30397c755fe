"""Read an error that a runtime reported over the wire, so that it is told like any other.

The words of AWS's runtime and of Lambda itself are those of its Runtime API: an error type
such as `Runtime.ImportModuleError` or `KeyError`, a message, and a stack trace as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lab_kit.errors import Failed
from lab_kit.judge.words import Fault, Words

FRAME = re.compile(r'File "([^"]+)", line (\d{1,9}), in (\S+)\s*(.*)')
SYNTAX_PLACE = re.compile(r"\s*\((?:file )?\"?([\w./-]+)\"?, line (\d{1,9})\)")
LOADING = {
    "Runtime.ImportModuleError": "ImportError",
    "Runtime.UserCodeSyntaxError": "SyntaxError",
    "Runtime.MalformedHandlerName": "ImportError",
}
ENDINGS = {
    "Runtime.HandlerNotFound": ("{file} does not have the handler.", "define it in {place}"),
    "Runtime.OutOfMemory": (
        "The function used more memory than it has.",
        "keep less at a time in {place}",
    ),
    "Runtime.ExitError": (
        "The function's process ended instead of answering.",
        "look for exit(), os._exit() or a crash in {place}",
    ),
    "Sandbox.Timedout": (
        "The function ran longer than it may and was stopped.",
        "look for a loop or a wait that does not end in {place}",
    ),
}


def explain(
    words: Words, file: str, error_type: str, message: str, trace: Iterable[Any] = ()
) -> Failed:
    """Return the Failed for an error of the code in `file`, reported by a runtime.

    `trace` holds lines as Python prints them, or (file, line, function, source) rows.
    """
    if error_type in ENDINGS:
        what, next = ENDINGS[error_type]
        place = words.place(file)
        return Failed(what.format(file=file), message, f"{next.format(place=place)}.")
    rows = own_rows(words, trace)
    name = LOADING.get(error_type, error_type.rsplit(".", 1)[-1])
    kind = "import" if error_type in LOADING else "raised"
    line = None
    found = SYNTAX_PLACE.search(message)
    if name == "SyntaxError" and found:
        file, line, message = found[1], int(found[2]), message[: found.start()]
    function = rows[-1][2] if rows else ""
    return words.explain(Fault(kind, name, message, file, line, rows, function))


def own_rows(words: Words, trace: Iterable[Any]) -> list[tuple[str, int, str, str]]:
    """Return the rows of a trace that lie in the submission, outermost first."""
    rows = []
    for entry in trace:
        row = entry
        if isinstance(entry, str):
            found = FRAME.search(entry.replace("\n", " "))
            if not found:
                continue
            row = found.groups()
        file, line, function, source = row
        name = words.relative(str(file))
        if words.find(name):
            rows.append((name, int(line), str(function), str(source)))
    return rows
