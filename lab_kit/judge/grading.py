"""Carry one submission through its checks, whatever happens to the process that runs them.

A check that hangs or takes its process along is not judged, and the rest goes on in a
fresh fork.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_kit.errors import JudgeError
from lab_kit.judge.report import Result, result
from lab_kit.judge.spec import CheckInfo
from lab_kit.judge.warm import Answers, Warm

BETWEEN_S = 60.0
MOST_STARTS = 3


class Grading:
    """Collect the results of one submission."""

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        seed: int,
        checks: Sequence[CheckInfo],
        deadline_s: float,
        on_result: Callable[[Result], None] | None,
        variant: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.scratch = scratch
        self.seed = seed
        self.checks = {info.name: info for info in checks}
        self.deadline_s = deadline_s
        self.end = time.monotonic() + deadline_s
        self.on_result = on_result
        self.variant = variant
        self.results: list[Result] = []
        self.level = ""
        self.layers: dict[str, str] = {}

    def run(self, ready: Callable[[], Warm]) -> None:
        """Judge every check; raise JudgeError when none could even be started."""
        barren = 0
        while left := [name for name in self.checks if name not in self.verdicts()]:
            before = len(self.results)
            how = self.attempt(ready(), left)
            barren = barren + 1 if len(self.results) == before else 0
            if barren == MOST_STARTS:
                raise JudgeError(
                    "The judge could not start.", how, "run `./lab doctor`, then try again."
                )

    def verdicts(self) -> dict[str, str]:
        return {row["check"]: row["verdict"] for row in self.results}

    def attempt(self, warm: Warm, names: list[str]) -> str:
        """Judge as many of the named checks as one fork can; say how it ended."""
        request = {
            "folder": str(self.folder),
            "scratch": str(self.scratch),
            "seed": self.seed,
            "checks": names,
            "verdicts": self.verdicts(),
            "variant": self.variant,
        }
        try:
            answers = warm.ask(request)
        except OSError as error:
            warm.gone = True
            return f"It had just left: {error}."
        with answers:
            return self.follow(warm, answers)

    def follow(self, warm: Warm, answers: Answers) -> str:
        """Take in events until the fork is done, has died, or has run out of time."""
        current: CheckInfo | None = None
        began = time.monotonic()
        while True:
            patience = current.deadline if current else BETWEEN_S
            try:
                event = answers.next(min(began + patience, self.end))
            except TimeoutError:
                late = time.monotonic() >= self.end
                how = f"It did not finish within {self.deadline_s if late else patience:g} s."
                self.give_up(current, how, late)
                return how
            if event["event"] == "result":
                self.take(event["result"])
                current, began = None, time.monotonic()
            elif event["event"] == "check":
                current, began = self.checks[event["check"]], time.monotonic()
            elif event["event"] == "started":
                self.level, self.layers = event["level"], event["layers"]
            else:
                how = ending(event)
                warm.gone = warm.gone or event["event"] == "lost"
                if not warm.retired:
                    self.give_up(current, how, False)
                return how

    def take(self, row: Result) -> None:
        self.results.append(row)
        if self.on_result:
            self.on_result(row)

    def give_up(self, current: CheckInfo | None, how: str, all_of_them: bool) -> None:
        """Leave the check that was running unjudged, or all that are left."""
        left = [c for c in self.checks.values() if c.name not in self.verdicts()]
        for info in left if all_of_them else [current] if current else []:
            self.take(result(info, "not_judged", unjudged(info, how), 0.0))


def unjudged(info: CheckInfo, how: str) -> JudgeError:
    """Return the message for a check that was under way when its process ended."""
    return JudgeError(
        "This check could not be finished, so your work was not judged.",
        f"{how} (seen while running {info.name})",
        "run it again; if it stays, tell your instructor.",
    )


def ending(event: dict[str, Any]) -> str:
    """Say in words how a fork ended."""
    code = event.get("code")
    if event["event"] == "done":
        return "It finished."
    if code is None:
        return "The judge's process was ended from outside."
    if code < 0:
        return f"The judge's process was ended by signal {-code}."
    return f"The judge's process ended with code {code}."
