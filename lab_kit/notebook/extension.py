"""Load the notebook side into IPython: `%%exercise`, and the end of what a cell left running.

JupyterLab kernels load it by `config/ipython_kernel_config.py`; elsewhere, and when `Lab` is made,
`%load_ext lab_kit.notebook.extension` does the same. Loading it twice changes nothing.
"""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

NAME = "lab_kit.notebook.extension"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magic and the hook that runs before each cell."""
    from lab_kit.notebook.cells import cells
    from lab_kit.notebook.exercise import ExerciseMagic, fill_empty_cells

    shell.register_magics(ExerciseMagic)
    if fill_empty_cells not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(fill_empty_cells)
    cells.watch(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the hooks away and close what cells still hold."""
    from lab_kit.notebook.cells import cells
    from lab_kit.notebook.exercise import fill_empty_cells

    if fill_empty_cells in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(fill_empty_cells)
    cells.unwatch(shell)


def ensure() -> Any:
    """Return this kernel's shell with the extension loaded, None outside IPython."""
    from IPython import get_ipython

    shell: Any = get_ipython()
    if shell is not None and NAME not in shell.extension_manager.loaded:
        shell.extension_manager.load_extension(NAME)
    return shell
