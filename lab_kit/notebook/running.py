"""Run a student's file inside the notebook, and show what went wrong in a few true lines.

The code runs under its real file name, so that a traceback points at the file that is graded. An
error is shown and never raised: Run All goes on to the next cell.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import re
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from lab_kit.errors import LabError

UNSET = re.compile(r"^'(\w+_URL)'$|\b(\w+_URL) is not set")
FUTURE = __future__.annotations.compiler_flag


class Stopped(LabError):
    """Say where a student's file stopped while the notebook ran it."""


def run_file(
    path: Path, text: str, names: dict[str, Any], shown: str, *, in_cell: bool = False
) -> object:
    """Run `text` as `path` in the namespace `names`; return the last expression's value.

    `in_cell` says that a cell holds the same text, one line below its first.
    Raises Stopped, with file and line, whatever the code itself raised.
    """
    folder = str(path.parent)
    _forget_modules(path.parent)
    linecache.checkcache(str(path))
    before = names.get("__file__")
    names["__file__"] = str(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        body, last = _compile(text, str(path))
        exec(body, names)  # the learner's own code, in the learner's own kernel
        return None if last is None else eval(last, names)  # noqa: S307 - the same
    except BaseException as error:  # noqa: BLE001 - whatever the learner raised
        raise _put_in_words(error, path, shown, in_cell) from None
    finally:
        if before is None:
            names.pop("__file__", None)
        else:
            names["__file__"] = before


def _compile(text: str, file: str) -> tuple[Any, Any]:
    tree = ast.parse(text, file)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    body = compile(tree, file, "exec", dont_inherit=True)
    future = body.co_flags & FUTURE  # as the file itself asked for
    value = compile(last, file, "eval", flags=future, dont_inherit=True) if last else None
    return body, value


def _forget_modules(folder: Path) -> None:
    """Drop imported modules of this folder, so that an edited file is read anew.

    Their bytecode goes too: an edit of the same length within a second looks the same to Python.
    """
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name != "__main__" and isinstance(file, str) and folder in Path(file).parents:
            del sys.modules[name]
            with suppress(OSError, TypeError, ValueError):
                Path(getattr(module, "__cached__", None) or "").unlink()


def _put_in_words(error: BaseException, path: Path, shown: str, in_cell: bool) -> LabError:
    """Explain an error, even one whose own methods raise when it is read."""
    try:
        return explain(error, path, shown, in_cell)
    except BaseException:  # noqa: BLE001 - whatever the learner's __str__ raised
        return Stopped(
            f"{shown} stopped while it was run: {type(error).__name__}.",
            "The error itself could not be read: its own text raises.",
            f"look at {shown} for a class of error whose __str__ or attributes raise.",
        )


def explain(error: BaseException, path: Path, shown: str, in_cell: bool) -> LabError:
    """Turn any error of a student's file into what, why and next."""
    if isinstance(error, KeyboardInterrupt):
        return Stopped(f"{shown} was stopped by you.", "", "run the cell again when you like.")
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return _syntax(error, shown, in_cell)
    folder = path.parent
    frames = _frames(error.__traceback__, folder)
    prefix = shown.removesuffix(path.name)
    lines = [
        line
        for f in frames[-4:]
        for line in (f"{prefix}{_below(f, folder)}:{f.lineno}, in {f.name}", f"    {f.line}")
    ]
    own = [f.lineno for f in frames if f.filename == str(path)]  # the file of this very cell
    at = f"{shown}:{own[-1]}" if own else shown
    cell = _in_cell(own[-1] if own and in_cell else None)
    if isinstance(error, NotImplementedError):
        todo, last = str(error) or "not written yet", frames[-1:]
        at = f"{prefix}{_below(last[0], folder)}:{last[0].lineno}" if last else shown
        next = f"write it{cell}, then run this cell again."
        return Stopped(f"TODO in {at}: {todo}", "", next)
    if isinstance(error, SystemExit):
        return Stopped(
            f"{shown} asked Python to exit.",
            "\n".join(lines),
            "take the exit out: a handler returns, it does not end the process.",
        )
    said = "".join(traceback.format_exception_only(error)).strip()
    return Stopped(
        f"{shown} stopped while it was run: {type(error).__name__}.",
        "\n".join([*lines, said]),
        _next(error, f"{at}{cell}"),
    )


def _next(error: BaseException, at: str) -> str:
    """Return the next step: an address that is not set is no fault of the file."""
    if unset := UNSET.search(str(error)):
        name = unset[1] or unset[2]
        return f"run the cell above that starts a service and sets {name}, then this one."
    return f"look at {at}, change it, and run this cell again."


def _in_cell(line: int | None) -> str:
    """Return where a cell shows a line of its file: the magic takes the first."""
    return "" if line is None else f" (line {line + 1} of the cell)"


def _syntax(error: SyntaxError, shown: str, in_cell: bool) -> LabError:
    line = (error.text or "").rstrip("\n")
    mark = " " * max((error.offset or 1) - 1, 0) + "^" if line else ""
    code = [f"    {line}", f"    {mark}"] if line else []
    why = [f"{shown}:{error.lineno}: {error.msg}", *code]
    cell = _in_cell(error.lineno if in_cell else None)
    return Stopped(
        f"{shown} is saved, but Python cannot read it.",
        "\n".join(why),
        f"mend line {error.lineno}{cell} and run this cell again.",
    )


def _below(frame: traceback.FrameSummary, folder: Path) -> str:
    return Path(frame.filename).relative_to(folder).as_posix()


def _frames(trace: TracebackType | None, folder: Path) -> list[traceback.FrameSummary]:
    return [f for f in traceback.extract_tb(trace) if folder in Path(f.filename).parents]
