from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab_kit.errors import UsageError
from lab_kit.grading import ledger
from tests.unit.grading.forms.made import LAB, class_of_four

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    place = tmp_path / "results.jsonl"
    ledger.write(class_of_four(), place, KEY, lab_version=lambda lab: f"{lab} v1", environment="e")
    return place


def faults(place: Path, **more: Any) -> list[str]:
    return [found.fault for found in ledger.examine(place, KEY.public_key(), **more)]


def change(place: Path, line: int, edit: Callable[[dict[str, Any]], object]) -> None:
    rows = [json.loads(text) for text in place.read_text().splitlines()]
    edit(rows[line])
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_file_holds_as_it_was_written(book: Path) -> None:
    assert faults(book) == [""] * 4
    assert faults(book, lab_version=lambda lab: f"{lab} v1", environment="e") == [""] * 4
    found = list(ledger.examine(book, KEY.public_key()))
    assert found[0] == (1, "Ada", LAB, "")


def test_an_edit_of_the_report_is_found(book: Path) -> None:
    change(book, 1, lambda row: row["report"]["results"][0].update(verdict="passed"))
    assert [bool(fault) for fault in faults(book)] == [False, True, False, False]
    assert faults(book)[1].startswith("It was signed for another report:")


def test_flags_are_the_instructors_own_and_may_change(book: Path) -> None:
    change(book, 1, lambda row: row.update(flags=["spoke with them"]))
    assert faults(book) == [""] * 4


def test_a_neighbours_result_is_found(book: Path) -> None:
    rows = book.read_text().splitlines()
    book.write_text(rows[0].replace('"student": "Ada"', '"student": "Eve"', 1) + "\n")
    assert faults(book) == ["It was signed for another student: Ada."]


def test_a_result_that_stands_twice_is_found(book: Path) -> None:
    book.write_text(book.read_text() * 2)
    assert faults(book)[4:] == ["A line above is of the same student and lab."] * 4


def test_a_forged_line_does_not_discredit_the_real_one(book: Path) -> None:
    real = book.read_text()
    rows = [row.replace('"graded": "2026', '"graded": "2027', 1) for row in real.splitlines()]
    book.write_text("\n".join(rows) + "\n" + real)
    found = "It was signed for another time of grading: 2026-03-01T12:00:00+00:00."
    assert faults(book) == [found] * 4 + [""] * 4


def test_an_older_release_is_found(book: Path) -> None:
    found = faults(book, lab_version=lambda lab: "v2")
    assert found == [f"It was signed for another lab version: {LAB} v1."] * 4


def test_a_foreign_key_is_found(book: Path) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key()
    assert {f.fault for f in ledger.examine(book, other)} == {"It was signed with another key."}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "\ufeff{}",
        '{"signed": {}, "signed": {}}',
        "[" * 100_000,
        "\x00",
        "1e999",
    ],
)
def test_a_line_that_is_none_does_not_hide_the_others(book: Path, text: str) -> None:
    rows = book.read_text().splitlines()
    book.write_text("\n".join([rows[0], text, *rows[1:]]) + "\n")
    assert faults(book) == ["", "This line is no signed result.", "", "", ""]


def test_a_line_that_says_something_twice_is_refused(book: Path) -> None:
    rows = book.read_text().splitlines()
    book.write_text(rows[0].replace('"student": "Ada"', '"student": "Eve", "student": "Ada"', 1))
    assert faults(book) == ["This line is no signed result."]


@pytest.mark.parametrize("part", ["student", "lab", "submitted", "graded", "report", "signed"])
@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, True])
def test_junk_in_any_part_is_found(book: Path, part: str, junk: object) -> None:
    change(book, 0, lambda row: row.update({part: junk}))
    assert faults(book)[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not be read") as caught:
        faults(tmp_path / "none")
    assert caught.value.next == "check the path."
