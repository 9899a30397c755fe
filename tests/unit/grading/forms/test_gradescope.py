from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from lab_kit.errors import JudgeError, UsageError
from lab_kit.grading.forms import gradescope
from lab_kit.grading.late import Policies, Policy
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import (
    CANARY,
    FAST,
    HIDDEN,
    NOON,
    class_of_four,
    grade,
    nasty_grades,
    row,
    secretive,
)  # fmt: skip

TEXT, FORMATS = {"type": "string"}, {"enum": ["text", "html", "simple_format", "md", "ansi"]}
SEEN = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
TEST: dict[str, Any] = {
    "type": "object",
    "required": ["score", "max_score", "name"],
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"}, "max_score": {"type": "number"},
        "status": {"enum": ["passed", "failed"]}, "name": TEXT, "name_format": FORMATS,
        "number": TEXT, "output": TEXT, "output_format": FORMATS,
        "tags": {"type": "array", "items": TEXT}, "visibility": SEEN,
        "extra_data": {"type": "object"},
    },
}  # fmt: skip
SCHEMA: dict[str, Any] = {  # as gradescope-autograders.readthedocs.io, Specifications, has it
    "type": "object",
    "required": ["score", "tests"],
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"}, "execution_time": {"type": "number"}, "output": TEXT,
        "output_format": FORMATS, "test_output_format": FORMATS, "test_name_format": FORMATS,
        "visibility": SEEN, "stdout_visibility": SEEN, "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST}, "leaderboard": {"type": "array"},
    },
}  # fmt: skip
VALID = jsonschema.Draft7Validator(SCHEMA)


def written(grades: list[Grade], **options: object) -> dict[str, Any]:
    stream = io.StringIO()
    gradescope.write(grades, stream, **options)  # type: ignore[arg-type]
    data: dict[str, Any] = json.loads(stream.getvalue())
    VALID.validate(data)
    return data


def test_points_verdicts_and_words_are_told() -> None:
    data = written(class_of_four()[1:2])
    assert data["score"] == 1
    failed, blocked, passed = data["tests"]
    assert (failed["score"], failed["max_score"], failed["status"]) == (0, 2, "failed")
    assert failed["output"].startswith(
        "It broke.\nexercises/lab01_toy/a.py:2: return 1\ngot 1\nNext:"
    )
    assert blocked["output"].startswith("Waits for an earlier check.")
    assert (passed["score"], passed["tags"], passed["output"]) == (1, ["extension"], "")


def test_lateness_is_applied_and_told() -> None:
    rule = Policies(Policy(due=NOON - timedelta(hours=1), per_day_percent=10))
    data = written(class_of_four()[:1], policies=rule)
    assert data["score"] == 4.5
    assert data["output"] == "lab01_toy: 5 points; 1 day late, 10 % off"


@pytest.mark.parametrize("who", [2, 3])
def test_what_was_not_judged_is_never_a_score(who: int) -> None:
    one = class_of_four()[who]
    with pytest.raises(JudgeError, match=f"No score was written for {one.student}") as caught:
        written([one])
    assert "not judged" in caught.value.why
    assert "no zero" in caught.value.next


def test_one_student_at_a_time() -> None:
    for grades in ([], class_of_four()[:2]):
        with pytest.raises(UsageError, match="tells of one student") as caught:
            written(grades)
        assert f"grades of {len(grades)}" in caught.value.why
        assert "one submission at a time" in caught.value.next


@FAST
@given(nasty_grades())
def test_any_text_makes_valid_results(made: Grade) -> None:
    try:
        data = written([made])
    except JudgeError:
        return
    assert len(data["tests"]) == len(made.report["results"])


def test_a_hidden_check_waits_until_grades_are_published() -> None:
    made = secretive()
    made.report["results"].pop()  # the one that was not judged
    data = written([made], hidden=HIDDEN)
    assert CANARY not in json.dumps(data)
    assert [t["visibility"] for t in data["tests"]] == ["visible", "after_published", "visible"]
    assert data["tests"][1]["output"].startswith("A check that is not shown did not pass.")


def test_numbers_that_are_none_count_nothing() -> None:
    odd = [
        row(f"c{n}", points=p) for n, p in enumerate((float("nan"), float("inf"), -5, "9", True))
    ]
    assert written([grade(*odd, row())])["score"] == 2
