"""The door for notebooks: `from lab_kit import Lab`.

Everything else is imported by its own name. `Lab` is loaded on first use, so that
the command line and the sandbox never pay for Jupyter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab_kit.errors import LabError

if TYPE_CHECKING:
    from lab_kit.notebook.lab import Lab

__all__ = ["Lab", "LabError"]


def __getattr__(name: str) -> object:
    if name == "Lab":
        from lab_kit.notebook.lab import Lab

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
