"""Make modules of a submission's sources, and run them where they can do no harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_kit.components.toolchain import NotCompiled, toolchain
from lab_kit.components.wasm_process import WasmProcess
from lab_kit.components.wasm_traps import Trapped, Unfit
from lab_kit.judge import Failed, Submission

LANGUAGES = {".c": "c", ".rs": "rust", ".go": "go"}
EXPORTS = ("alloc", "handle", "release")


class Modules:
    """Hold the modules of one submission: each source is compiled once."""

    def __init__(self, host: WasmProcess) -> None:
        self.host = host
        self._known: dict[str, int | Failed] = {}

    def of(self, submission: Submission, file: str) -> int:
        """Return the number of the module in `file`; raise Failed when it does not compile."""
        submission.begun(file)
        if file not in self._known:
            try:
                self._known[file] = self._made(submission, file)
            except Failed as problem:
                self._known[file] = problem
        known = self._known[file]
        if isinstance(known, Failed):
            raise known
        return known

    def _made(self, submission: Submission, file: str) -> int:
        text = submission.text(file)
        if file.endswith(".wat"):
            return explained(submission, file, lambda: self.host.load(text))
        source = {Path(file).name: text.encode()}
        try:
            path = toolchain(LANGUAGES[Path(file).suffix]).compile(source, exports=EXPORTS)
        except NotCompiled as problem:
            at = f"mend {submission.words.place(file, problem.line)}." if problem.line else ""
            raise Failed(problem.what, problem.why, at or problem.next) from None
        return self.host.load(path.read_bytes())


def explained(submission: Submission, file: str, act: Callable[[], Any], look: str = "") -> Any:
    """Return what `act` gives; raise Failed, in words for the student, when the module fails.

    look: where to, if there is no TODO left
    """
    try:
        return act()
    except Trapped as trap:
        what, why = f"The module in {file} was stopped: {trap.reason}.", trap.what
    except Unfit as problem:
        what, why = f"The module in {file} does not do what a host needs.", str(problem)
    next = left(submission, file) or look or f"look at {submission.words.place(file)}."
    raise Failed(what, why, next)


def left(submission: Submission, file: str) -> str:
    """Return where a TODO is left, if one is."""
    for number, line in enumerate(submission.text(file).split("\n"), 1):
        if "TODO:" in line:
            return f"a TODO is left at {submission.words.place(file, number)}."
    return ""
