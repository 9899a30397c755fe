"""Let a learner commit a guess, and hold what was measured against it. Guesses are never graded."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from lab_kit.errors import LabError
from lab_kit.notebook.panel import Panel, script
from lab_kit.notebook.progress import Progress


class PredictPanel(Panel):
    """Ask for one number and keep it with the learner's progress."""

    _esm = script("predict")
    question = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    guess = traitlets.Float(None, allow_none=True).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, progress: Progress, key: str, question: str, unit: str) -> None:
        kept = progress.guess(key).get("guess")
        super().__init__(question=question, unit=unit, guess=kept)
        self.progress, self.key = progress, key
        self.actions["guess"] = lambda content: self.commit(content.get("value"))
        if kept is not None:
            self.said = f"Your guess is {figure(kept, unit)}."

    def commit(self, value: object) -> None:
        """Keep a guess; any finite number from zero up is fine."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not isinstance(value, int | float) or not number or not math.isfinite(value):
            raise LabError("The guess is not a number.", f"Got {value!r}.", "type a number.")
        if value < 0:
            raise LabError("Nothing is less than 0.", f"Got {value!r}.", "guess again.")
        self.progress.guessed(self.key, {"guess": float(value), "unit": self.unit})
        self.guess = float(value)
        self.said = f"Your guess is {figure(value, self.unit)}. Now see what it really is."

    def trouble(self, error: LabError) -> None:
        self.said = error.what

    def as_text(self) -> str:
        return f"Predict it: {self.question}\n{self.said or 'No guess yet (in ' + self.unit + ').'}"


def compared(guess: dict[str, Any], measured: float, unit: str) -> str:
    """Return one sentence that holds a measured figure against the guess, if there is one."""
    said = f"Measured: {figure(measured, unit)}."
    value = guess.get("guess")
    if not isinstance(value, int | float):
        return f"{said} You had made no guess; that is fine."
    mine = f"Your guess: {figure(value, unit)}."
    if value <= 0 or measured <= 0:
        return f"{said} {mine}"
    ratio = measured / value
    if 0.8 <= ratio <= 1.25:
        return f"{said} {mine} Close: well within a quarter."
    return f"{said} {mine} It is {share(ratio)} what you expected."


def share(ratio: float) -> str:
    """Return a ratio in words: a person says "about a third of" and not 1/3.07 of."""
    if ratio > 1:
        return f"about {ratio:.2g} times" if ratio < 10 else f"about {figure(ratio, 'times')}"
    names = {2: "half of", 3: "a third of", 4: "a quarter of"}
    parts = round(1 / ratio)
    if abs(1 / ratio / parts - 1) > 0.15:
        return f"about {ratio:.0%} of"
    return f"about {names.get(parts, f'1/{parts:,} of')}"


def figure(value: float, unit: str) -> str:
    """Return a number as people read it, with its unit."""
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} {unit}".strip()


class Note(Panel):
    """Show one sentence that has to be seen, in the look of the panels."""

    _esm = script("note")
    title = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)

    def as_text(self) -> str:
        return f"{self.title}: {self.text}" if self.title else self.text
