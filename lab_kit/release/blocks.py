"""Tell what a private check file has of its own from what it shares with the released one.

It takes the released file's place, so most of it is often the same. A function that the released
file does not have is private to its last line; what both have is private where it differs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

COMMENT = re.compile(r"\s*(#+|//+|--|/?\*+|<!--)\s")
REST = ""
Block = tuple[list[str], int, set[str]]


def blocks(text: str, suffix: str, released: Sequence[str]) -> Iterator[Block]:
    """Give a file's functions and the lines around them: (lines, number of the first, those of
    them that the released files of that name show too).
    """
    lines = text.split("\n")
    if suffix != ".py" or not released:
        yield lines, 1, {part for one in released for part in all_parts(one.split("\n"))}
        return
    known: dict[str, set[str]] = {}
    for one in released:
        rows = one.split("\n")
        for name, first, last in spans(one):
            known.setdefault(name, set()).update(all_parts(rows[first - 1 : last]))
    for name, first, last in spans(text):
        yield lines[first - 1 : last], first, known.get(name, set())


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Give (name, first line, last line) of each function and class, and with no name the rest."""
    after = 1
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first > after:
                yield REST, after, first - 1
            yield node.name, first, node.end_lineno or node.lineno
            after = (node.end_lineno or node.lineno) + 1
    yield REST, after, text.count("\n") + 1


def checks_in(text: str) -> set[str]:
    """Return the names of the checks in a file by its text: nothing is run."""
    return {node.name for node in ast.parse(text).body if is_check(node)}


def is_check(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    """Tell whether a statement is a function with `@check`, with arguments or without."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    named = [each.func if isinstance(each, ast.Call) else each for each in decorators]
    return any("check" in (getattr(n, "id", ""), getattr(n, "attr", "")) for n in named)


def all_parts(lines: Iterable[str]) -> set[str]:
    """Return the parts of several lines."""
    return {part for line in lines for part in parts(line)}


def parts(line: str) -> list[str]:
    """Return a line's code and its comment, without the comment's sign."""
    return [collapsed(COMMENT.sub("", part)) for part in line.split("  # ")]


def collapsed(text: str) -> str:
    """Return a text with each run of white space as one space."""
    return " ".join(text.split())
