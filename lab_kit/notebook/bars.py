"""Draw named bars with buttons above: what all panels need that measure when they are asked to."""

from __future__ import annotations

import threading
from typing import Any

import traitlets

from lab_kit.errors import LabError
from lab_kit.notebook.cells import cells
from lab_kit.notebook.panel import Panel, script


class Bars(Panel):
    """Show rows `{"name", "text", "part" (0 to 1), "kind"}`; a press of a button works apart.

    A row with `key`, a number that grows, and `ms` burns down from full to its part while it is
    new. Nothing is measured, and nothing drawn, unless somebody pressed.
    """

    _esm = script("bars")
    title = traitlets.Unicode("").tag(sync=True)
    about = traitlets.Unicode("").tag(sync=True)
    buttons: Any = traitlets.List([]).tag(sync=True)
    rows: Any = traitlets.List([]).tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._working = threading.Lock()
        self._thread: threading.Thread | None = None
        self.actions["press"] = lambda told: self.press(str(told.get("text")))
        cells.owns(self.close_up, type(self).__name__)

    def work(self, button: str) -> None:
        """Do what the button says, and set `rows` and `sentence`."""
        raise NotImplementedError

    def press(self, button: str) -> None:
        """Do what a button says in a thread of its own; one at a time, further presses are lost."""
        if button in self.buttons and self._working.acquire(blocking=False):
            self.busy, self.said = True, ""
            self._thread = threading.Thread(target=self._work, args=(button,), daemon=True)
            self._thread.start()

    def trouble(self, error: LabError) -> None:
        self.said = str(error)

    def close_up(self) -> None:
        """Wait for what is under way; runs by itself before the cell's next run."""
        if self._thread is not None:
            self._thread.join(timeout=10.0)

    def _work(self, button: str) -> None:
        try:
            self.work(button)
        except LabError as error:
            self.trouble(error)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self.trouble(LabError("This panel stopped.", f"{type(error).__name__}: {error}"))
        finally:
            self.busy = False
            self._working.release()

    def as_text(self) -> str:
        lines = [f"{self.title}: {self.sentence}" if self.sentence else self.title]
        for row in self.rows:
            lines.append(f"  {row['name']:34} {'#' * round(row['part'] * 20):20} {row['text']}")
        return "\n".join([*lines, *([self.about] if self.about else [])])
