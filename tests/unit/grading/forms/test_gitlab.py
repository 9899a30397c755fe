from __future__ import annotations

import io
import json
import re
from typing import Any

from hypothesis import given

from lab_kit.grading.forms import gitlab
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import (
    CANARY,
    FAST,
    HIDDEN,
    class_of_four,
    grade,
    nasty_grades,
    row,
    secretive,
    soaked,
)  # fmt: skip

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]")


def written(grades: list[Grade], **options: object) -> list[dict[str, Any]]:
    stream = io.StringIO()
    gitlab.write(grades, stream, **options)  # type: ignore[arg-type]
    found: list[dict[str, Any]] = json.loads(stream.getvalue())
    return found


def test_what_failed_is_on_its_file_and_line() -> None:
    first = written([grade(row("adds", "failed"), row("passes"))])
    assert [issue["location"] for issue in first] == [
        {"path": "exercises/lab01_toy/a.py", "lines": {"begin": 2}}
    ]
    assert first[0]["description"] == ("It holds. It broke. Next: mend exercises/lab01_toy/a.py:2.")
    assert (first[0]["check_name"], first[0]["severity"]) == ("lab01_toy adds", "major")


def test_what_was_not_judged_is_no_failure() -> None:
    found = written(class_of_four())
    assert {issue["severity"] for issue in found} == {"major", "info"}
    assert any("It is empty." in issue["description"] for issue in found)


def test_fingerprint_stays_while_the_message_changes() -> None:
    one, other = (written([grade(row("a", "failed", what=what))]) for what in ("Here.", "There."))
    assert one[0]["fingerprint"] == other[0]["fingerprint"]
    two = written([grade(row("a", "failed"), student="Bo")])
    assert two[0]["fingerprint"] != one[0]["fingerprint"]


def test_hidden_check_says_nothing_of_itself() -> None:
    assert CANARY not in json.dumps(written([secretive()], hidden=HIDDEN))


@FAST
@given(nasty_grades())
def test_no_text_breaks_the_form(nasty: Grade) -> None:
    for issue in written([nasty, *soaked()]):
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not UNSAFE.search(json.dumps(issue, ensure_ascii=False))
