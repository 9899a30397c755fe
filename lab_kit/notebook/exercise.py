"""Write an exercise's file from a notebook cell: `%%exercise handler.py`, then the code.

    %%exercise handler.py                 save the cell to exercises/<lab>/handler.py and run it
    %%exercise handler.py                 (an empty cell) load the file into the cell
    %%exercise handler.py --keep-cell     the file was changed elsewhere: let the cell win
    %%exercise handler.py --keep-file     the file was changed elsewhere: let the file win

No outcome stops Run All: an error is shown, and the cell itself succeeds.
"""

from __future__ import annotations

import shlex
import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class

from lab_kit.errors import LabError, UsageError
from lab_kit.judge.report import clean
from lab_kit.notebook.progress import Progress
from lab_kit.notebook.running import run_file
from lab_kit.notebook.where import locate
from lab_kit.notebook.workfile import WorkFile

KEEP = ("--keep-cell", "--keep-file")
LONGEST = 20_000  # characters of an error that a cell shows


@magics_class
class ExerciseMagic(Magics):
    """Hold what the learner chose for files that a cell and an editor tab both changed."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell: Any = shell
        self.chosen: dict[str, str] = {}

    @cell_magic
    def exercise(self, line: str, cell: str) -> object:
        """Save the cell as a file of this lab, and run it if it is Python."""
        try:
            return self._exercise(line, cell)
        except LabError as error:
            print(clean(error, LONGEST), file=sys.stderr)
        except KeyboardInterrupt:
            print("Stopped by you. Nothing is lost: the file is saved or as it was.")
        except OSError as error:
            next = "free some space or mend the folder's rights."
            said = LabError("The file could not be written.", str(error), next)
            print(clean(said, LONGEST), file=sys.stderr)
        return None

    def _exercise(self, line: str, cell: str) -> object:
        name, switch = _arguments(line)
        work = WorkFile(locate(self._names), name)
        if work.where.authoring:
            return self._author(work, cell)
        choice = switch or self.chosen.pop(str(work.path), "")
        if not cell.strip() or choice == "--keep-file":
            return self._load(work)
        if choice != "--keep-cell" and work.is_newer_than(cell):
            return self._offer(work, cell)
        said = work.save(cell)
        work.agree(cell)
        print(f"{work.shown}: {said}.")
        print(work.where.doubt(name), end="")
        Progress(work.where).saved(name)
        if switch:
            self._put_in_cell(name, cell)
        return self._run(work, cell, in_cell=True)

    def _load(self, work: WorkFile) -> object:
        text = work.read()
        if text is None:
            raise UsageError(
                f"There is no file {work.shown} to load.",
                "The cell is empty, so it was to be filled from the file.",
                "write your code below the first line and run the cell again.",
            )
        work.agree(text)
        self._put_in_cell(work.name, text)
        print(f"{work.shown}: loaded into this cell.")
        return self._run(work, text, in_cell=True)

    def _offer(self, work: WorkFile, cell: str) -> object:
        from lab_kit.notebook.older import Older  # widgets are slow to load: not at kernel start
        from lab_kit.notebook.panel import show

        text = work.read() or ""
        show(Older(work, cell, lambda choice: self.chosen.update({str(work.path): choice})))
        return self._run(work, text)

    def _author(self, work: WorkFile, cell: str) -> object:
        if cell.strip():
            raise UsageError(
                "A story holds no code of its own.",
                f"This cell has text below `%%exercise {work.name}`.",
                f"put the code into {work.shown} and leave the cell's body empty.",
            )
        text = work.read()
        if text is None:
            raise UsageError(
                f"There is no file {work.shown}.",
                "The story names it in a cell.",
                "write the finished file beside the story.",
            )
        print(f"{work.shown}: run as it stands.")
        return self._run(work, text)

    def _run(self, work: WorkFile, text: str, *, in_cell: bool = False) -> object:
        if work.path.suffix != ".py":
            return None
        return run_file(work.path, text, self._names, work.shown, in_cell=in_cell)

    def _put_in_cell(self, name: str, text: str) -> None:
        self._shell.set_next_input(f"%%exercise {name}\n{text.rstrip()}", replace=True)

    @property
    def _names(self) -> dict[str, Any]:
        names: dict[str, Any] = self._shell.user_ns
        return names


def _arguments(line: str) -> tuple[str, str]:
    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    switches = [w for w in words if w.startswith("-")]
    names = [w for w in words if not w.startswith("-")]
    if len(names) != 1 or len(switches) > 1 or any(s not in KEEP for s in switches):
        raise UsageError(
            f"`%%exercise {line.strip()}` does not name one file.",
            "The magic takes one file name, and at most --keep-cell or --keep-file.",
            "write, for example, `%%exercise handler.py`.",
        )
    return names[0], switches[0] if switches else ""


def fill_empty_cells(lines: list[str]) -> list[str]:
    """Give an empty `%%exercise` cell a blank body, since IPython refuses magics without one."""
    if lines and lines[0].lstrip().startswith("%%exercise") and not "".join(lines[1:]).strip():
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines
