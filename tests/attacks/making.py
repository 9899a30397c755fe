"""Write what cannot lie in a repository: the corpus's make.py files use these.

`make(place, honest)` of such a file writes one student's submission: the folder `place`, or a file
of that name with an ending. `honest` is the text of an answers.py that deserves full credit.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAGIC = "%%exercise answers.py\n"
WRONG = "mean = is_palindrome = word_count = fib = lambda value: None\n"


def cell(source: str, kind: str = "code", **parts: Any) -> dict[str, Any]:
    """Return a cell of a notebook."""
    made = {"cell_type": kind, "metadata": {}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {}) | parts


def notebook(*cells: dict[str, Any], **parts: Any) -> str:
    """Return a notebook's text."""
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    return json.dumps(made | parts, ensure_ascii=False)


def write(place: Path, data: str | bytes) -> None:
    """Write a notebook for the student whose folder `place` would be."""
    place.with_suffix(".ipynb").write_bytes(data.encode() if isinstance(data, str) else data)


def zipped(place: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a zip of files by name, whatever the names are."""
    path = place.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return path


def tarred(place: Path, *members: tuple[str, Any], ending: str = ".tar") -> None:
    """Write a tar of (name, content); content is text, or a type and a target of a link."""
    mode = "w:gz" if ending.endswith("gz") else "w"
    with tarfile.open(place.with_suffix(ending), mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.size = len(content.encode())
            else:
                info.type, info.linkname = content
            archive.addfile(info, io.BytesIO(content.encode() if isinstance(content, str) else b""))
