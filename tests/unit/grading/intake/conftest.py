"""One toy lab, many ways to hand it in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lab_kit.grading.intake import collect
from lab_kit.grading.model import Incoming, Refused

LAB = "lab01_toys"
LABS = {LAB: frozenset({"answers.py", "chart/values.yaml"})}
GOOD = "def double(x):\n    return 2 * x\n"


@pytest.fixture
def fill(tmp_path: Path) -> Callable[[str, Mapping[str, str | bytes]], Path]:
    """Write files below a new folder and return it."""

    def write(name: str, files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data.encode() if isinstance(data, str) else data)
        return folder

    return write


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., list[Incoming | Refused]]:
    """Collect everything from some paths."""

    def run(*paths: Path, **options: Any) -> list[Incoming | Refused]:
        options.setdefault("labs", LABS)
        return list(collect(paths, into=tmp_path / "into", **options))

    return run


def texts(one: Incoming | Refused) -> dict[str, str]:
    """Return the files of a clean copy."""
    assert isinstance(one, Incoming), one
    files = [path for path in one.folder.rglob("*") if not path.is_dir()]
    return {path.relative_to(one.folder).as_posix(): path.read_text() for path in files}


def said(found: list[Incoming | Refused]) -> str:
    """Return the whole message of the one refusal."""
    (one,) = found
    assert isinstance(one, Refused), one
    assert one.what.endswith(".")
    assert one.next.endswith(".")
    return f"{one.what} {one.why} {one.next}"


def notebook(*cells: str | dict[str, Any], **parts: Any) -> bytes:
    """Return a notebook with code cells of these texts."""
    made = [
        {"cell_type": "code", "source": c, "metadata": {}, "outputs": []}
        if isinstance(c, str)
        else c
        for c in cells
    ]
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made} | parts
    ).encode()
