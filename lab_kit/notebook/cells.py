"""Close what a cell's earlier run left open, before the cell runs again.

A panel's thread or a component belongs to the cell that made it. The kernel is never told that an
output went away, so the owner's next run is the moment to end it; the end of the kernel is the
other.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable
from typing import Any

Close = Callable[[], object]


class Cells:
    """Map each cell to what has to be closed before its next run."""

    def __init__(self) -> None:
        self.current: str | None = None
        self._open: dict[str, list[Close]] = {}
        self._shells: list[Any] = []
        atexit.register(self.close_all)

    def watch(self, shell: Any) -> None:
        """Follow which cell runs; a second call for the same shell does nothing."""
        if shell not in self._shells:
            shell.events.register("pre_run_cell", self._before)
            self._shells.append(shell)

    def unwatch(self, shell: Any) -> None:
        """Stop following a shell and close everything."""
        if shell in self._shells:
            self._shells.remove(shell)
            shell.events.unregister("pre_run_cell", self._before)
        self.close_all()

    def owns(self, close: Close, name: str) -> None:
        """Call `close` before the running cell runs again; `name` stands in for a cell without
        identity, as in plain IPython, where the next owner of the same name closes it.
        """
        key = self.current
        if key is None:
            key = f"name:{name}"
            self.close(key)
        self._open.setdefault(key, []).append(close)

    def close(self, key: str) -> None:
        """Close what one cell left, the newest first; a failing close never stops the others."""
        for close in reversed(self._open.pop(key, [])):
            with contextlib.suppress(Exception):
                close()

    def close_all(self) -> None:
        for key in list(self._open):
            self.close(key)

    def _before(self, info: Any) -> None:
        self.current = getattr(info, "cell_id", None)
        if self.current is not None:
            self.close(self.current)


cells = Cells()
