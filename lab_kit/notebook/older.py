"""Show how a cell and its newer file differ, and let the learner say which one stays."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import traitlets

from lab_kit.notebook.panel import Panel, script
from lab_kit.notebook.workfile import WorkFile, tidy

LONGEST = 20_000


class Older(Panel):
    """Offer to keep the file or the cell; the choice is carried out at the cell's next run."""

    _esm = script("older")
    file = traitlets.Unicode().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    path = traitlets.Unicode().tag(sync=True)
    difference = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, work: WorkFile, cell: str, chosen: Callable[[str], object]) -> None:
        super().__init__(
            file=work.shown,
            name=work.name,
            path=str(work.path),
            difference=difference(work.read() or "", cell),
        )
        self.chosen = chosen
        self.actions["choose"] = self._choose

    def _choose(self, content: dict[str, Any]) -> None:
        choice = "--keep-cell" if content.get("choice") == "--keep-cell" else "--keep-file"
        self.chosen(choice)
        does = "is saved over the file" if choice == "--keep-cell" else "is filled from the file"
        self.said = f"Noted. Run this cell again (Shift+Enter) and the cell {does}."

    def as_text(self) -> str:
        return (
            f"{self.file} was changed somewhere else since this cell last saved or loaded it.\n"
            "Nothing was overwritten, and the file is what was run.\n"
            "- is only in the file, + is only in this cell:\n\n"
            f"{self.difference}\n\n"
            f"Next: put one of these as the first line and run the cell again:\n"
            f"  %%exercise {self.name} --keep-file    (fill this cell from the file)\n"
            f"  %%exercise {self.name} --keep-cell    (save this cell over the file)"
        )


def difference(file: str, cell: str) -> str:
    """Return a unified difference from the file to the cell."""
    lines = difflib.unified_diff(
        tidy(file).splitlines(), tidy(cell).splitlines(), "the file", "this cell", lineterm="", n=2
    )
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n… (more)"
