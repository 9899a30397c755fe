"""Turn a finished file into the stub that a student starts from.

A pair of comment lines, in whatever comment sign the language has, stands around what is asked:

    # BEGIN SOLUTION: return the price that is left after the discount
    return price * (1 - discount)
    # END SOLUTION

In Python the stub raises `NotImplementedError` with that text, which is why the pair has to stand
inside a function; elsewhere it leaves one `TODO:` comment line. Nothing here touches a disk.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lab_kit.errors import AuthorError

BEGIN = re.compile(
    r"(?P<indent>[ \t]*)(?P<sign>[^\w\s]{1,4})[ \t]*BEGIN SOLUTION[ \t]*:?[ \t]*"
    r"(?P<todo>.*?)[ \t]*(?P<close>-->|\*/|)[ \t]*"
)
END = re.compile(r"[ \t]*[^\w\s]{1,4}[ \t]*END SOLUTION[ \t]*(-->|\*/|)[ \t]*")
WORDS = re.compile(r"\b(BEGIN|END) SOLUTION\b")


@dataclass(frozen=True)
class Region:
    """Hold one marked region: the lines of its markers (from 1) and its TODO."""

    begin: int
    end: int
    todo: str
    indent: str
    sign: str
    close: str


def has_markers(text: str) -> bool:
    """Say whether the text speaks of a solution marker at all, well formed or not."""
    return WORDS.search(text) is not None


def regions(text: str, name: str) -> list[Region]:
    """Return the marked regions of a finished file, in order.

    Raises AuthorError, naming file and line, for a pair that is nested, unclosed or empty, has no
    TODO text, or shares its line with code.
    """
    found: list[Region] = []
    opened: tuple[int, re.Match[str]] | None = None
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not has_markers(line):
            continue
        if begin := BEGIN.fullmatch(line):
            if opened is not None:
                raise _wrong(name, number, "A BEGIN SOLUTION stands inside another one.")
            if not begin["todo"]:
                raise _wrong(name, number, "A BEGIN SOLUTION says nothing to the student.")
            opened = (number, begin)
        elif END.fullmatch(line):
            if opened is None:
                raise _wrong(name, number, "An END SOLUTION has no BEGIN SOLUTION before it.")
            start, mark = opened
            if not any(inner.strip() for inner in lines[start : number - 1]):
                raise _wrong(name, start, "A marked region is empty.")
            found.append(
                Region(start, number, mark["todo"], mark["indent"], mark["sign"], mark["close"])
            )
            opened = None
        else:
            raise _wrong(name, number, "A solution marker does not stand alone on its line.")
    if opened is not None:
        raise _wrong(name, opened[0], "A BEGIN SOLUTION is never closed.")
    return found


def finished(text: str, name: str) -> str:
    """Return the text without its marker lines, the solution left in."""
    markers = {line for region in regions(text, name) for line in (region.begin, region.end)}
    return "\n".join(line for n, line in enumerate(text.split("\n"), 1) if n not in markers)


def stub(text: str, name: str) -> str:
    """Return the text with one TODO in place of every marked region.

    Raises AuthorError where a Python stub would not compile or would fail outside a function.
    """
    python = name.endswith(".py")
    found = regions(text, name)
    lines = text.split("\n")
    kept: list[str] = []
    todos: dict[int, Region] = {}
    after = 0
    for region in found:
        kept += lines[after : region.begin - 1]
        kept.append(_todo(region, python))
        todos[len(kept)] = region
        after = region.end
    result = "\n".join(kept + lines[after:])
    if python:
        _inside_functions(result, todos, name)
    return result


def _todo(region: Region, python: bool) -> str:
    if python:
        text = repr(region.todo) if set(region.todo) & {'"', "\\"} else f'"{region.todo}"'
        return f"{region.indent}raise NotImplementedError({text})"
    close = f" {region.close}" if region.close else ""
    return f"{region.indent}{region.sign} TODO: {region.todo}{close}"


def _inside_functions(source: str, todos: dict[int, Region], name: str) -> None:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        near = max((n for n in todos if n <= (error.lineno or 1)), default=min(todos, default=1))
        line = todos[near].begin if near in todos else error.lineno or 1
        raise AuthorError(
            "A Python stub does not compile.",
            f"{name}:{line}: {error.msg}, once the marked region is cut out.",
            "put the markers around whole statements, indented like the first of them.",
        ) from None
    inside = {n for node in _functions(tree) for n in range(node.lineno, _last(node) + 1)}
    for line, region in todos.items():
        if line not in inside:
            raise AuthorError(
                "A marked region stands outside every function.",
                f"{name}:{region.begin}: its stub would fail while the file is being loaded.",
                "put what is asked into a function, with the markers inside it.",
            )


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _last(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return node.end_lineno or node.lineno


def _wrong(name: str, line: int, what: str) -> AuthorError:
    return AuthorError(
        what,
        f"{name}:{line}",
        "write `# BEGIN SOLUTION: what to do` and `# END SOLUTION`, each alone on its line, "
        "in the file's own comment sign.",
    )
