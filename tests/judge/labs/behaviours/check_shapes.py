"""One check for each way in which a check can end."""

from __future__ import annotations

import os
import random
import time

import pytest

from lab_kit.judge import Failed, Submission, check, expect, expect_equal


@check(points=2, hint=["Multiply.", "The area of a square is its side times itself."])
def squares_are_measured(submission: Submission, fresh: random.Random) -> None:
    """`area` gives the area of a square."""
    side = fresh.randrange(10, 99)
    got = submission.call("shapes.py", "area", side)
    expect_equal(got, side * side, "area gave a wrong answer.", side, "look at area in shapes.py.")


@check(hint="A negative side has no area.", needs="squares_are_measured")
def negative_sides_are_refused(submission: Submission) -> None:
    """`area` gives None for a negative side."""
    expect(submission.call("shapes.py", "area", -3) is None, "area accepted a negative side.")


@check(hint="Ours to mend.")
def the_check_is_broken(submission: Submission) -> None:
    """A check that breaks blames nobody."""
    raise KeyError("ours")


@check(hint="Ours to mend.", needs=["the_check_is_broken"])
def what_needs_a_broken_check_is_not_judged(submission: Submission) -> None:
    """A check on top of a broken one blames nobody either."""


@check(hint="Ours to mend.")
def a_component_is_missing(gateway: str) -> None:
    """A missing component blames nobody."""


@check(hint="Ours to mend.")
def the_judge_dies(submission: Submission) -> None:
    """A check that takes its process along is not judged."""
    os._exit(9)


@check(hint="Ours to mend.", deadline=0.5)
def the_judge_hangs(submission: Submission) -> None:
    """A check that does not end is not judged."""
    time.sleep(600)


@check(hint="Look at the last line.")
def the_rest_is_still_judged(submission: Submission) -> None:
    """What comes after a dead process is judged all the same."""
    raise Failed("The last check was reached.", "It always fails.", "read this.")


@check(hint="Look at the last line.", needs="the_rest_is_still_judged")
def what_needs_a_failed_check_waits(submission: Submission) -> None:
    """What builds on a failed check waits for it."""


@check(hint="Look at the last line.", needs="what_needs_a_failed_check_waits")
def what_needs_a_waiting_check_names_the_cause(submission: Submission) -> None:
    """What builds on a waiting check names the one that failed."""


@check(hint="Add a port.")
def a_fixture_says_that_the_work_is_wrong(settings: str) -> None:
    """A fixture may fail the work as a check does."""


@check(hint="Ours to mend.")
def a_check_is_skipped(submission: Submission) -> None:
    """A check that is left out blames nobody."""
    pytest.skip("no Envoy on Mondays")
