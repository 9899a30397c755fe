"""Run a lab's checks for a panel: one at a time, results as they come, and no exception ever.

The judge is a warm process of its own; it starts with the first check, is used again, and starts
anew by itself when it was ended or left idle. Ctrl-C ends a check, not the notebook.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_kit.errors import LabError
from lab_kit.notebook.progress import Progress
from lab_kit.notebook.results import ResultsPanel
from lab_kit.notebook.where import Where

if TYPE_CHECKING:
    from lab_kit.judge import CheckInfo, LabJudge


class Checking:
    """Own a lab's judge, and turn what it says into rows of panels."""

    def __init__(self, where: Where, judge: Callable[[], LabJudge] | None = None) -> None:
        self.where = where
        self.progress = Progress(where)
        self.report: dict[str, Any] = {}
        self._make = judge or (lambda: new_judge(where))
        self._judge: LabJudge | None = None
        self._one = threading.Lock()

    @property
    def judge(self) -> LabJudge:
        if self._judge is None:
            self._judge = self._make()
        return self._judge

    def close(self) -> None:
        """End the judge's process; the next check starts another."""
        judge, self._judge = self._judge, None
        if judge is not None:
            with suppress(Exception):
                judge.close()

    def panel(self, what: str | None) -> ResultsPanel:
        """Return a panel whose buttons check again and reveal hints."""
        title = "Checks" if what is None else f"Checks of {what}"
        panel = ResultsPanel(title=f"{title} · {self.where.lab}")
        panel.actions["check"] = lambda _: self.run_aside(panel, what)
        panel.actions["hint"] = lambda content: self.hint_in(panel, str(content.get("check")))
        return panel

    def run(self, panel: ResultsPanel, what: str | None) -> None:
        """Judge the work and show it in `panel`; waits for a check that is running already."""
        try:
            with self._one:
                self._judged(panel, what)
        except KeyboardInterrupt:
            self.close()
            done = sum(r["verdict"] != "waiting" for r in panel.rows)
            panel.end(f"Stopped by you after {done} of {len(panel.rows)} checks.")
        except LabError as error:
            panel.trouble(error)
        except Exception as error:  # noqa: BLE001 - a check never raises; the panel says it
            self.close()
            panel.trouble(
                LabError(
                    "The checks could not be run. This is our fault, not yours.",
                    f"{type(error).__name__}: {error}",
                    "press Check again; if it stays, run `./lab doctor` in a terminal.",
                )
            )

    def run_aside(self, panel: ResultsPanel, what: str | None) -> None:
        """Judge in a thread of its own, so that a click never holds up the kernel."""
        if not panel.busy:
            panel.busy = True
            threading.Thread(target=self.run, args=(panel, what), daemon=True).start()

    def hint_in(self, panel: ResultsPanel, check: str) -> None:
        name, hints, _ = self.next_hints(check)
        panel.reveal(name, hints)

    def next_hints(self, check: str) -> tuple[str, list[str], int]:
        """Reveal one more hint of a check, or of the first failed one of a file.

        Return the check's name, all hints that are revealed, and how many there are.
        """
        verdicts = {k: str(row.get("verdict")) for k, row in self.progress.read()["checks"].items()}
        info = self.judge.hinted(check, verdicts)
        shown = min(self.progress.hints(info.name) + 1, len(info.hints))
        self.progress.hinted(info.name, shown)
        return info.name, list(info.hints[:shown]), len(info.hints)

    def _judged(self, panel: ResultsPanel, what: str | None) -> None:
        from lab_kit.judge.spec import select

        infos = self.judge.list_checks()
        self._name_files(panel, infos)
        panel.begin(waiting(c) for c in (infos if what is None else select(infos, [what])))
        panel.needs = {c.name: c.needs for c in infos}
        hints = {c.name: list(c.hints) for c in infos}

        shown: set[str] = set()

        def show(result: Any) -> None:
            shown.add(result["check"])
            seen = hints.get(result["check"], [])[: self.progress.hints(result["check"])]
            panel.add({**result, "hinted": seen if result["verdict"] == "failed" else []})
            self.progress.checked(result)

        report = self.judge.judge(self.where.folder, only=what, on_result=show)
        self.report = dict(report)
        if "error" in report:
            panel.trouble(LabError(**report["error"]))
            return
        for result in report.get("results", []):  # also those that came without a call
            if result["check"] not in shown:
                show(result)
        panel.end()

    def _name_files(self, panel: ResultsPanel, infos: list[CheckInfo]) -> None:
        files = {c.exercise for c in infos}
        paths = {f: self.where.folder / f for f in files}
        panel.paths = {f: str(Path(p)) for f, p in paths.items() if p.is_file()}


def waiting(check: CheckInfo) -> dict[str, Any]:
    """Return the row of a check that has not run yet."""
    return {
        "check": check.name,
        "exercise": check.exercise,
        "core": check.core,
        "promise": check.promise,
        "points": check.points,
        "verdict": "waiting",
    }


def new_judge(where: Where) -> LabJudge:
    """Return a judge for one lab of the course; nothing starts yet."""
    from lab_kit.judge import LabJudge, LabSpec

    spec = LabSpec.of(where.course.info(where.lab))
    return LabJudge(where.course.checks(where.lab), lab=spec)
