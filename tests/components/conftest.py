from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def code(tmp_path: Path) -> Callable[..., Path]:
    """Write a function's source into a folder of its own and return the folder."""

    def write(source: str, file: str = "handler.py") -> Path:
        folder = tmp_path / "code"
        folder.mkdir(exist_ok=True)
        (folder / file).write_text(textwrap.dedent(source))
        return folder

    return write
