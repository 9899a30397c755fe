"""Open a file of the lab beside the notebook, in JupyterLab's own editor."""

from __future__ import annotations

import traitlets

from lab_kit.notebook.panel import Panel, script


class Opener(Panel):
    """Show a button that opens one file to the right of the notebook."""

    _esm = script("opener")
    name = traitlets.Unicode().tag(sync=True)
    path = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)

    def as_text(self) -> str:
        return f"Open {self.shown} in the editor."
