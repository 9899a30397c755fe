"""Read the exercise files out of a notebook's `%%exercise` cells, and nothing else of it.

Metadata, tags, outputs, numbers and attachments are not looked at, so nothing in them counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lab_kit.grading.intake import names
from lab_kit.grading.intake.tree import Unfit

BIGGEST = 16 << 20  # as JSON in memory, some twenty times that
MOST_CELLS = 10_000
FLAG = "from notebook"
MAGIC = re.compile(r"[ \t]*%%exercise[ \t]+(?P<name>[^\s'\"]+|'[^'\n]+'|\"[^\"\n]+\")[^\n]*(\n|\Z)")


def exercise_cells(data: bytes) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files that a notebook's cells write, and what to tell the instructor.

    Of several cells for one file the last that is not empty counts. Raises Unfit for what is
    not a notebook.
    """
    found: dict[str, bytes] = {}
    flags = [FLAG]
    for cell in cells(parsed(data)):
        hit = MAGIC.match(text_of(cell).lstrip("\n"))
        if not hit or cell.get("cell_type") != "code":
            continue
        body = hit.string[hit.end() :]
        if not body.strip():
            continue
        name = names.inside(hit["name"].strip("'\""))
        if name in found:
            flags.append(f"several cells for {names.shown(name)}: the last was taken")
        found[name] = encoded(body)
    return found, tuple(dict.fromkeys(flags))


def parsed(data: bytes) -> Mapping[str, Any]:
    """Return the notebook's JSON object, read by strict rules."""
    if not data.strip(b" \t\r\n\0"):
        raise no_notebook("The file is empty.")
    try:
        text = data.decode("utf-8-sig")
        made = json.loads(
            text, object_pairs_hook=unique, parse_int=small, parse_float=small, parse_constant=small
        )
    except UnicodeDecodeError:
        raise no_notebook("It is not UTF-8 text.") from None
    except RecursionError:
        raise no_notebook("It is nested too deeply.") from None
    except ValueError as error:
        raise no_notebook(names.shown(error)) from None
    if not isinstance(made, dict):
        raise no_notebook("It is JSON, but not a notebook.")
    return made


def cells(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the cells of a notebook of the format that Jupyter writes today."""
    if notebook.get("nbformat") != 4:
        raise no_notebook("It is not of format 4, which Jupyter writes since 2015.")
    found = notebook.get("cells")
    if not isinstance(found, list) or not all(isinstance(cell, dict) for cell in found):
        raise no_notebook("It has no list of cells.")
    if len(found) > MOST_CELLS:
        raise no_notebook(f"It has more than {MOST_CELLS:,} cells.")
    return found


def text_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's text, which Jupyter stores whole or as lines."""
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise no_notebook("A cell's source is not text.")
    return "".join(lines).replace("\r\n", "\n")


def encoded(body: str) -> bytes:
    """Return a cell's body as the magic would save it: one line end at the end."""
    try:
        return (body.rstrip("\n") + "\n").encode()
    except UnicodeEncodeError:
        raise no_notebook("A cell holds half a character.") from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse one that readers would understand differently."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("An object has two values for one key.")
    return made


def small(text: str) -> int:
    """Return a short whole number; every other number is of no interest here."""
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def no_notebook(why: str) -> Unfit:
    """Return the error for a file that cannot be read as a notebook."""
    return Unfit(
        "The notebook could not be read.",
        why,
        "open it in JupyterLab, save it there, and hand in that file or the exercise files.",
    )
