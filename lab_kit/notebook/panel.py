"""Hold what all panels share: one look, a text rendering beside the widget, and answers to clicks.

A panel's state lives in the kernel and is never stored with the notebook; what is stored is its
text. Student text reaches the page as text nodes only, and escaped in the static rendering.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
from IPython.display import display

from lab_kit.errors import LabError

ASSETS = Path(__file__).parent / "assets"
Action = Callable[[dict[str, Any]], object]


@cache
def script(name: str) -> str:
    """Return a panel's module: what all share, then its own."""
    parts = (ASSETS / "look.js", ASSETS / f"{name}.js")
    return "\n".join(p.read_text(encoding="utf-8") for p in parts)


@cache
def style() -> str:
    """Return the look of all panels, for light and dark themes."""
    return (ASSETS / "look.css").read_text(encoding="utf-8")


def show(thing: object, **options: Any) -> Any:
    """Show a panel in the running cell; return its handle where a display_id was asked for."""
    return display(thing, **options)  # type: ignore[no-untyped-call]


class Panel(anywidget.AnyWidget):
    """Show something that stays true as text where no widget can run."""

    _css = style()

    def __init__(self, **traits: Any) -> None:
        self.actions: dict[str, Action] = {}
        super().__init__(**traits)
        self.on_msg(self._heard)

    def as_text(self) -> str:
        """Return the panel as plain text: for GitHub, nbconvert, a terminal."""
        raise NotImplementedError

    def as_html(self) -> str:
        return f"<pre>{html.escape(self.as_text())}</pre>"

    def trouble(self, error: LabError) -> None:
        """Show what went wrong after a click; panels with a place for it override this."""

    def _heard(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if "ask" in content:
            self.send({"heard": content["ask"]})
        action = self.actions.get(str(content.get("do")))
        if action is None:
            return
        try:
            action(content)
        except LabError as error:
            self.trouble(error)
        except Exception as error:  # noqa: BLE001 - a click never ends in a traceback
            why = f"{type(error).__name__}: {error}"
            self.trouble(LabError("This panel could not do that.", why, "run this cell again."))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        text = {"text/plain": self.as_text(), "text/html": self.as_html()}
        return {**data, **text}, metadata
