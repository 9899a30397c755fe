from __future__ import annotations

import io
import json
from typing import Any

import jsonschema
from hypothesis import given

from lab_kit.grading.forms import ctrf
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import (
    CANARY,
    FAST,
    HIDDEN,
    class_of_four,
    nasty_grades,
    secretive,
    soaked,
)  # fmt: skip

# The parts of CTRF's draft-07 schema that a writer can break, said again in our own words.
WHOLE, TEXT = {"type": "integer"}, {"type": "string"}
STATUS = {"enum": ["passed", "failed", "skipped", "pending", "other"]}


def thing(needed: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    known = {**needed, **(more or {})}
    return {
        "type": "object", "required": list(needed), "properties": known,
        "additionalProperties": False,
    }  # fmt: skip


NAME = {"type": "string", "minLength": 1}
LABEL = {"type": ["string", "number", "boolean"]}
TEST = thing(
    {"name": NAME, "status": STATUS, "duration": WHOLE},
    {
        "suite": {"type": "array", "minItems": 1, "items": TEXT},
        "labels": {"type": "object", "additionalProperties": LABEL},
        **dict.fromkeys(("message", "trace", "rawStatus", "filePath"), TEXT),
        "line": WHOLE,
    },
)
COUNTS = ("tests", "passed", "failed", "skipped", "pending", "other", "start", "stop")
RESULTS = thing(
    {
        "tool": thing({"name": NAME}, {"version": TEXT}),
        "summary": thing(dict.fromkeys(COUNTS, WHOLE)),
        "tests": {"type": "array", "items": TEST},
    }
)
VERSION = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"}
SCHEMA = thing({"reportFormat": {"const": "CTRF"}, "specVersion": VERSION, "results": RESULTS})
VALID = jsonschema.Draft7Validator(SCHEMA)


def written(grades: list[Grade], **options: object) -> tuple[dict[str, Any], str]:
    stream = io.StringIO()
    ctrf.write(grades, stream, **options)  # type: ignore[arg-type]
    data = json.loads(stream.getvalue())
    VALID.validate(data)
    return data["results"], stream.getvalue()


def test_a_test_a_check_and_the_counts_agree() -> None:
    results, _ = written(class_of_four())
    summary = results["summary"]
    assert [summary[kind] for kind in COUNTS[:6]] == [10, 5, 2, 1, 0, 2]
    assert summary["start"] == summary["stop"] == 1772366400000
    bob = results["tests"][3]
    assert (bob["status"], bob["rawStatus"], bob["duration"]) == ("failed", "failed", 12)
    assert (bob["filePath"], bob["line"]) == ("exercises/lab01_toy/a.py", 2)
    assert bob["message"] == "It broke."
    assert bob["labels"] == {"student": "Bob", "points": 2, "core": True, "promise": "It holds."}
    assert results["tests"][-1]["message"] == "It is empty."


def test_no_grades_are_a_valid_report() -> None:
    assert written([])[0]["summary"]["tests"] == 0


@FAST
@given(nasty_grades())
def test_any_text_makes_a_valid_report(made: Grade) -> None:
    hold(made)


def test_known_nasty_text_makes_a_valid_report() -> None:
    for made in soaked():
        hold(made)


def hold(made: Grade) -> None:
    results, text = written([made])
    assert len(results["tests"]) == max(len(made.report.get("results", [])), 1)
    assert text.isascii()


def test_a_hidden_check_says_nothing() -> None:
    assert CANARY not in written([secretive()], hidden=HIDDEN)[1]
