"""Run a student's file inside the notebook, and show what went wrong in a few true lines.

The code runs under its real file name, so that a traceback points at the file that is graded. An
error is shown and never raised: Run All goes on to the next cell.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from lab_kit.errors import LabError

FUTURE = __future__.annotations.compiler_flag


class Stopped(LabError):
    """Say where a student's file stopped while the notebook ran it."""


def run_file(path: Path, text: str, names: dict[str, Any], shown: str) -> object:
    """Run `text` as `path` in the namespace `names`; return the last expression's value.

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
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is
        raise explain(error, path.parent, path, shown) from None
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
    """Drop imported modules of this folder, so that an edited file is read anew."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name != "__main__" and isinstance(file, str) and folder in Path(file).parents:
            del sys.modules[name]


def explain(error: BaseException, folder: Path, path: Path, shown: str) -> LabError:
    """Turn any error of a student's file into what, why and next."""
    if isinstance(error, KeyboardInterrupt):
        return Stopped(f"{shown} was stopped by you.", "", "run the cell again when you like.")
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return _syntax(error, shown)
    frames = _frames(error.__traceback__, folder)
    prefix = shown.removesuffix(path.name)
    lines = [
        line
        for f in frames[-4:]
        for line in (f"{prefix}{_below(f, folder)}:{f.lineno}, in {f.name}", f"    {f.line}")
    ]
    at = f"{shown}:{frames[-1].lineno}" if frames else shown
    if isinstance(error, NotImplementedError):
        todo = str(error) or "not written yet"
        return Stopped(f"TODO in {at}: {todo}", "", "write it, then run this cell again.")
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
        f"look at {at}, change it, and run this cell again.",
    )


def _syntax(error: SyntaxError, shown: str) -> LabError:
    line = (error.text or "").rstrip("\n")
    mark = " " * max((error.offset or 1) - 1, 0) + "^" if line else ""
    code = [f"    {line}", f"    {mark}"] if line else []
    why = [f"{shown}:{error.lineno}: {error.msg}", *code]
    return Stopped(
        f"{shown} is saved, but Python cannot read it.",
        "\n".join(why),
        f"mend line {error.lineno} and run this cell again.",
    )


def _below(frame: traceback.FrameSummary, folder: Path) -> str:
    return Path(frame.filename).relative_to(folder).as_posix()


def _frames(trace: TracebackType | None, folder: Path) -> list[traceback.FrameSummary]:
    return [f for f in traceback.extract_tb(trace) if folder in Path(f.filename).parents]
