"""Two plain checks, the second upon the first."""

from __future__ import annotations

import random

from lab_kit.judge import Submission, check, expect, expect_equal


@check(points=2, hint=["Multiply.", "The area of a square is its side times itself."])
def squares_are_measured(submission: Submission, fresh: random.Random) -> None:
    """`area` gives the area of a square."""
    side = fresh.randrange(10, 9999)
    got = submission.call("shapes.py", "area", side)
    expect_equal(got, side * side, "area gave a wrong answer.", side, "look at area in shapes.py.")


@check(hint="A negative side has no area.", needs="squares_are_measured")
def negative_sides_are_refused(submission: Submission) -> None:
    """`area` gives None for a negative side."""
    expect(submission.call("shapes.py", "area", -3) is None, "area accepted a negative side.")
