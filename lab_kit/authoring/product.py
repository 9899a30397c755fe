"""Make everything that a student opens of one lab, as `{path from the course's root: bytes}`.

The same sources give the same bytes on every machine: cells are named by what they hold, and the
notebook carries a seal, the hash of all that the build wrote, so that a later build knows whether
somebody changed a file by hand without asking git or keeping a list.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_kit.authoring.markers import has_markers, stub
from lab_kit.authoring.story import Cell, Story, line_of, read_story
from lab_kit.errors import AuthorError

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def make(sources: Path, lab: str) -> dict[str, bytes]:
    """Return the notebook, the stubs and the given files of the lab in `sources`."""
    story = read_story(sources / "story.md")
    files = _exercise_files(sources, story)
    texts = {name: text for name, data in files.items() if (text := _text(data)) is not None}
    made = {f"exercises/{lab}/{name}": data for name, data in sorted(files.items())}
    made[f"notebooks/{lab}.ipynb"] = _notebook(story, texts)
    return made


def seal(notebook: dict[str, Any]) -> str:
    """Return the hash of a notebook's content, its own seal left out."""
    about = {k: v for k, v in notebook["metadata"].get("beyond", {}).items() if k != "seal"}
    bare = {**notebook, "metadata": {**notebook["metadata"], "beyond": about}}
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:16]


def vary(made: Mapping[str, bytes], lab: str, text: str) -> dict[str, bytes]:
    """Return what `make` gave, with another text in the lab's variant file, if it has one."""
    page = f"notebooks/{lab}.ipynb"
    notebook = json.loads(made[page])
    about = notebook["metadata"]["beyond"]
    if "variant" not in about:
        return dict(made)
    file = about["variant"]
    about["stubs"][file] = text
    return {**made, f"exercises/{lab}/{file}": text.encode(), page: _sealed(notebook)}


def _exercise_files(sources: Path, story: Story) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in sorted(p for p in sources.rglob("*") if p.is_file()):
        name = path.relative_to(sources).as_posix()
        if name == "story.md" or any(_private(part) for part in path.relative_to(sources).parts):
            continue
        data = path.read_bytes()
        text = _text(data)
        if text is not None and has_markers(text):
            if name in story.given:
                raise _front(story, name, f"{name} is given, yet holds solution markers")
            files[name] = stub(text, str(path)).encode()
        elif name in story.given:
            files[name] = data
    for name in story.given:
        if name not in files:
            raise _front(story, name, f"{name} is given, but there is no such file")
    for name in (str(e["file"]) for e in story.exercises):
        if name in story.given or name not in files:
            raise _front(story, name, f"{name} is an exercise, but no file with solution markers")
    return files


def _private(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__"


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _front(story: Story, name: str, why: str) -> AuthorError:
    lines = story.path.read_text(encoding="utf-8").split("\n")
    line = next((n for n, text in enumerate(lines, 1) if name in text), 1)
    return AuthorError(
        "A story and the files beside it do not agree.",
        f"{story.path}:{line}: {why}.",
        "mend the front matter's `exercises` or `given`, or the file.",
    )


def _notebook(story: Story, texts: dict[str, str]) -> bytes:
    import nbformat

    seen: Counter[str] = Counter()
    cells = []
    for cell in story.cells:
        source = _source(story, cell, texts)
        key = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()[:8]
        seen[key] += 1
        made: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"{key}-{seen[key]}",
            "metadata": cell.metadata,
            "source": source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            made |= {"execution_count": None, "outputs": []}
        cells.append(made)
    about = {
        "title": story.title,
        "minutes": story.minutes,
        "prerequisites": story.prerequisites,
        "exercises": story.exercises,
        "given": story.given,
        "stubs": texts,
    }
    notebook: dict[str, Any] = {
        "cells": cells,
        "metadata": {"beyond": about, "kernelspec": KERNEL},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    if story.variant:
        about["variant"] = story.variant
    nbformat.validate(notebook)
    return _sealed(notebook)


def _sealed(notebook: dict[str, Any]) -> bytes:
    notebook["metadata"]["beyond"]["seal"] = seal(notebook)
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode()


def _source(story: Story, cell: Cell, texts: dict[str, str]) -> str:
    if cell.exercise is None:
        return cell.source
    if cell.exercise not in texts:
        line = line_of(story.path.read_text(encoding="utf-8"), cell.source)
        raise AuthorError(
            "A `%%exercise` cell names a file that students do not get.",
            f"{story.path}:{line}: {cell.exercise} is no stub and not given.",
            "mark what is asked in that file, or list it under `given` in the front matter.",
        )
    return f"{cell.source}\n{texts[cell.exercise].rstrip(chr(10))}"
