"""Call one function twice, in two checks, so that a fault in the first leaves the second."""

from __future__ import annotations

from lab_kit.judge import Submission, check, expect_equal


@check(hint="Return the number itself.")
def a_number_comes_back(submission: Submission) -> None:
    """`answer` returns the number that it was given."""
    expect_equal(submission.call("work.py", "answer", 41, timeout=3.0), 41, given=41)


@check(hint="Return the word itself.")
def a_word_comes_back(submission: Submission) -> None:
    """`echo` returns the word that it was given."""
    expect_equal(submission.call("work.py", "echo", "tea", timeout=3.0), "tea", given="tea")
