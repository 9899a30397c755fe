from __future__ import annotations

import json
from dataclasses import replace

from lab_kit.grading.forms.redaction import redact
from tests.unit.grading.forms.made import CANARY, HIDDEN, class_of_four, grade, row, secretive


def test_a_hidden_check_keeps_promise_points_and_verdict_alone() -> None:
    seen = redact(secretive(), HIDDEN).report["results"][1]
    assert seen == {
        **row("hidden_1", "failed", hints=0, ms=0.0),
        "what": "A check that is not shown did not pass.",
        "why": "",
        "next": "read the task again, and try your work on inputs of your own.",
    }


def test_nothing_of_it_is_left_anywhere_in_the_report() -> None:
    seen = redact(secretive(), HIDDEN)
    assert CANARY not in json.dumps(seen.report)
    assert "seed" not in seen.report
    assert CANARY in json.dumps(secretive().report)


def test_a_row_may_say_itself_that_it_is_hidden() -> None:
    made = grade(row("secret", "blocked", hidden=True), row("open", "blocked"))
    first, second = redact(made, {}).report["results"]
    assert (first["check"], first["what"]) == (
        "hidden_1",
        "A check that is not shown waits for an earlier one.",
    )
    assert first["next"] == "see to the checks that failed."
    assert second["what"] == "It broke."


def test_checks_that_could_not_be_loaded_are_not_quoted() -> None:
    error = {"what": "It could not be loaded.", "why": f"{CANARY}.py:3", "next": "tell them."}
    made = replace(secretive(), report={"error": error})
    assert redact(made, HIDDEN).report["error"] == {**error, "why": ""}


def test_without_hidden_checks_nothing_changes() -> None:
    for made in class_of_four():
        assert redact(made, {"lab02_other": ["adds"]}) is made


def test_what_could_not_be_judged_is_told_without_blame() -> None:
    made = grade(row("secret", "not_judged", hidden=True))
    told = redact(made, {}).report["results"][0]
    assert told["what"] == "A check that is not shown could not be judged."
    assert told["next"] == "nothing: your instructor has been told."
