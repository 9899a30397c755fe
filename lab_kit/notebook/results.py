"""Show what the checks of a lab say, as they say it, with hints and a way to check again."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import traitlets

from lab_kit.errors import LabError
from lab_kit.judge.render import SIGNS, WORDS
from lab_kit.notebook.panel import Panel, script

VERDICTS = {v: f"{SIGNS[v]} {WORDS[v]}" for v in WORDS} | {"waiting": "· not yet"}
Row = dict[str, Any]


class ResultsPanel(Panel):
    """List every check with its verdict in a word and a sign, and what, why, next below it.

    `actions["check"]` and `actions["hint"]` are set by whoever owns the panel.
    """

    _esm = script("results")
    title = traitlets.Unicode("Results").tag(sync=True)
    summary = traitlets.Unicode("").tag(sync=True)
    rows: Any = traitlets.List([]).tag(sync=True)
    paths = traitlets.Dict({}).tag(sync=True)
    error = traitlets.Dict({}).tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    when = ""
    needs: Mapping[str, Sequence[str]] = {}
    words = traitlets.Dict(VERDICTS).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._drawn = threading.Event()
        self.actions["drawn"] = lambda _: self._drawn.set()

    def wait_drawn(self, seconds: float) -> None:
        """Wait until a browser has drawn this panel, at most so long.

        JupyterLab trips over an output that is updated while its widget is still being drawn.
        """
        self._drawn.wait(max(seconds, 0.0))

    def begin(self, waiting: Iterable[Row]) -> None:
        """Show which checks are about to run."""
        with self.hold_sync():
            self.rows = [{**row, "verdict": "waiting"} for row in waiting]
            self.error, self.busy, self.summary = {}, True, "Checking…"
        self.when = f"{datetime.now():%Y-%m-%d %H:%M:%S}"

    def add(self, row: Mapping[str, Any]) -> None:
        """Show one verdict in its place."""
        rows = [r for r in self.rows if r["check"] != row["check"]]
        place = next((n for n, r in enumerate(self.rows) if r["check"] == row["check"]), len(rows))
        self.rows = [*rows[:place], dict(row), *rows[place:]]

    def end(self, said: str = "") -> None:
        """Say how it went; checks that were never reached are left out."""
        with self.hold_sync():
            rows = [r for r in self.rows if r["verdict"] != "waiting"]
            self.busy, self.summary = False, said or summary(rows)
            self.rows = folded(rows, self.needs)

    def trouble(self, error: LabError) -> None:
        with self.hold_sync():
            self.error = {"what": error.what, "why": error.why, "next": error.next}
            self.rows = [r for r in self.rows if r["verdict"] != "waiting"]
            self.busy, self.summary = False, error.what

    def reveal(self, check: str, hints: list[str]) -> None:
        """Show the hints of one check below its message."""
        self.rows = [{**r, "hinted": hints} if r["check"] == check else r for r in self.rows]

    def as_text(self) -> str:
        lines = [f"{self.title} · {self.when}" if self.when else self.title, self.summary]
        if self.error and self.error["what"] == self.summary:
            lines.pop()
        if self.error:
            lines.append(str(LabError(**self.error)))
        group = None
        for row in self.rows:
            if row["exercise"] != group:
                group = row["exercise"]
                lines += ["", group]
            lines += _row_text(row)
        return "\n".join(lines)

    def as_html(self) -> str:
        return f'<pre style="white-space:pre-wrap">{html.escape(self.as_text())}</pre>'


def summary(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return how many checks passed, failed, wait or not judged, in one sentence."""
    verdicts = [str(row["verdict"]) for row in rows]
    passed = verdicts.count("passed")
    if not verdicts:
        return "No checks were run."
    if passed == len(verdicts):
        return "The check passed." if passed == 1 else f"All {passed} checks passed."
    waits = "waits" if verdicts.count("blocked") == 1 else "wait"
    counts = (("failed", "failed"), ("blocked", waits), ("not_judged", "not judged"))
    rest = [f"{verdicts.count(v)} {word}" for v, word in counts if v in verdicts]
    return f"{passed} of {len(verdicts)} checks passed; {', '.join(rest)}."


def folded(rows: Sequence[Row], needs: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return the rows with all of a file that wait for the same check in one line.

    What really failed would drown otherwise: one check may hold up ten.
    """
    waits = {r["check"] for r in rows if r["verdict"] == "blocked"}
    passed = {r["check"] for r in rows if r["verdict"] == "passed"}

    def cause(check: str) -> str:
        need = next((n for n in needs.get(check, ()) if n not in passed), "")
        return cause(need) if need in waits else need

    held = [(r["exercise"], cause(r["check"])) if r["check"] in waits else None for r in rows]
    shown: list[Row] = []
    for n, (row, key) in enumerate(zip(rows, held, strict=True)):
        if key is None or not key[1]:
            shown.append(row)
        elif key not in held[:n]:
            count = held.count(key)
            told = f"{count} {'check waits' if count == 1 else 'checks wait'} for {key[1]}."
            shown.append({**row, "promise": told, "what": "", "why": "", "next": "", "hints": 0})
    return shown


def _row_text(row: Mapping[str, Any]) -> list[str]:
    lines = [f"  {VERDICTS.get(row['verdict'], row['verdict']):13} {row['promise']}"]
    if row["verdict"] in ("failed", "not_judged"):
        lines.append(f"{'':16}{row['check']}")
    lines += [f"{'':16}{line}" for line in str(row.get("what") or "").splitlines()]
    lines += [f"{'':18}{line}" for line in str(row.get("why") or "").splitlines()]
    if row.get("next"):
        lines.append(f"{'':16}Next: {row['next']}")
    hinted = row.get("hinted") or []
    return lines + [f"{'':16}Hint {n}: {text}" for n, text in enumerate(hinted, 1)]
