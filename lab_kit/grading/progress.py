"""Show how far a class is: how many, how fast, how long still."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from lab_kit.grading.batch import Step

WIDTH = 20
EVERY_S = 0.1


class Bar:
    """Draw one line on a terminal, wiped at the end; anywhere else draw nothing."""

    def __init__(
        self, stream: TextIO, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream = stream
        self.total = total
        self.live = stream.isatty()
        self.clock = clock
        self.began = clock()
        self.drawn = float("-inf")
        self.done = self.worked = 0

    def __call__(self, step: Step) -> None:
        """Count one submission."""
        self.done += 1
        self.worked += step.outcome in ("judged", "not_judged")
        if self.clock() - self.drawn >= EVERY_S:
            self.draw()

    def draw(self) -> None:
        """Draw the line as it is now."""
        self.drawn = self.clock()
        if self.live:
            self.stream.write(f"\r\x1b[K{self.text()}")
            self.stream.flush()

    def text(self) -> str:
        """Return what stands on the line; what was judged before does not make us faster."""
        filled = WIDTH * self.done // max(1, self.total)
        bar = "█" * filled + "░" * (WIDTH - filled)
        text = f"{bar} {self.done:,} of {self.total:,}"
        spent = self.clock() - self.began
        if self.worked and spent > 0:
            rate = self.worked / spent
            left = round((self.total - self.done) / rate)
            text += f", {rate * 60:,.0f} a minute, {left // 60}:{left % 60:02} left"
        return text

    def close(self) -> None:
        """Wipe the line."""
        if self.live:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
