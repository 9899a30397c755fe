"""Give a notebook everything of one lab: its checks, hints, guesses, files and components.

The first cell of a notebook, and a check:

    from lab_kit import Lab
    lab = Lab("lab01_serverless")
    lab.check("handler.py")
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lab_kit.errors import LabError, UsageError
from lab_kit.notebook.cells import cells
from lab_kit.notebook.checking import Checking
from lab_kit.notebook.extension import ensure
from lab_kit.notebook.opener import Opener
from lab_kit.notebook.panel import show
from lab_kit.notebook.predict import Note, PredictPanel, compared
from lab_kit.notebook.progress import Progress
from lab_kit.notebook.standing import standing
from lab_kit.notebook.where import locate
from lab_kit.notebook.workfile import WorkFile

CALL_CHECK = (
    "lab.check takes a name in quotes, and got {!r}.\n"
    'Next: lab.check() checks everything, lab.check("handler.py") the checks of one file.'
)
CALL_HINT = (
    "lab.hint takes the name of one check, in quotes.\n"
    'Next: take the name that stands below a failed check, as in lab.hint("answers_in_json").'
)


class Closable(Protocol):
    """Have an end."""

    def close(self) -> object: ...


Component = TypeVar("Component", bound=Closable)


class Lab:
    """Open a lab by its name (`Lab("lab01_serverless")`), or the notebook's own with `Lab()`."""

    def __init__(self, name: str | None = None) -> None:
        shell = ensure()
        self.where = locate(shell.user_ns if shell else {}, name)
        self._checking = Checking(self.where)
        self._progress = Progress(self.where)
        cells.owns(self._checking.close, f"Lab {self.where.lab}")

    def __repr__(self) -> str:
        return f"Lab({self.name!r})"

    @property
    def name(self) -> str:
        return self.where.lab

    @property
    def folder(self) -> Path:
        """Return the folder of your files, `exercises/<lab>`."""
        return self.where.folder

    @property
    def report(self) -> dict[str, Any]:
        """Return the last check's report; its form is described in lab_kit/judge/report.py."""
        return self._checking.report

    def check(self, what: str | None = None) -> None:
        """Check your files and show the results as they come.

            lab.check()                 everything
            lab.check("handler.py")     one exercise
            lab.check("one_bad_message_is_retried_alone")    one check

        Never raises; Ctrl-C (or the stop button) ends a check.
        """
        if not is_name(what):
            show(Note(title="Nothing was checked", text=CALL_CHECK.format(what)))
            return
        panel = self._checking.panel(what)
        if ensure() is None:
            self._checking.run(panel, what)
            print(panel.as_text())
            return
        panel.summary, panel.busy = "Checking…", True
        began, shown = time.monotonic(), show(panel, display_id=True)
        self._checking.run(panel, what)
        panel.wait_drawn(1.5 - (time.monotonic() - began))
        if shown is not None:
            shown.update(panel)  # so that the stored text holds the results

    def hint(self, check: str = "") -> None:
        """Show one more hint of a check, by its name: `lab.hint("answers_in_json")`.

        A file's name means the first of its checks that failed.
        """
        if not check or not is_name(check):
            show(Note(title="No hint", text=CALL_HINT))
            return
        try:
            name, hints, of = self._checking.next_hints(check)
            text = "\n".join(f"{n}. {hint}" for n, hint in enumerate(hints, 1))
            show(Note(title=f"Hints for {name}: {len(hints)} of {of}", text=text))
        except LabError as error:
            show(Note(title="No hint", text=str(error)))

    def progress(self) -> None:
        """Show how far you are: for each exercise what is saved and what its checks said."""
        try:
            info = self.where.course.info(self.name)
        except OSError:
            info = None
        files = [(e.file, e.core) for e in info.exercises] if info else []
        text = standing(files, self._progress.read())
        show(Note(title=f"Your progress in {info.title if info else self.name}", text=text))

    def predict(self, key: str, question: str, unit: str = "ms") -> None:
        """Ask for a guess, which is kept under `key` and never graded.

        lab.predict("cold", "How long does the first invocation take?")
        """
        show(PredictPanel(self._progress, key, question, unit))

    def compare(self, key: str, measured: float, unit: str | None = None) -> None:
        """Hold a measured figure against the guess of that `key`: `lab.compare("cold", 412)`."""
        guess = self._progress.guess(key)
        self._progress.guessed(key, {**guess, "measured": measured})
        text = compared(guess, measured, unit or str(guess.get("unit", "ms")))
        show(Note(title="Guess and measurement", text=text))

    def component(self, component: Component) -> Component:
        """Return `component`, to be closed when this cell runs again or the kernel ends.

        runtime = lab.component(LambdaRuntime(lab.folder, "handler.handler"))
        """
        close = getattr(component, "close", None)
        if not callable(close):
            raise UsageError(
                f"A {type(component).__name__} cannot be closed.",
                "lab.component takes what has a close() method.",
                "pass the component itself, for example lab.component(LambdaRuntime(...)).",
            )
        cells.owns(close, f"component {type(component).__name__}")
        return component

    def open(self, file: str) -> None:
        """Show a button that opens one of your files beside the notebook: `lab.open("bill.py")`."""
        work = WorkFile(self.where, file)
        if not work.path.is_file():
            show(Note(title="No such file", text=f"There is no {work.shown} yet."))
            return
        show(Opener(name=file, path=str(work.path), shown=work.shown))


def is_name(what: object) -> bool:
    """Tell whether this may name something: no type hint stops lab.check(1) in a notebook."""
    return what is None or isinstance(what, str)
