from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
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
    ledger.write(class_of_four(), place, KEY)
    return place


def faults(place: Path, stands: ledger.Stands | None = None) -> list[str]:
    """Return what is found of each result, leaving out the end."""
    found = [f.fault for f in ledger.examine(place, KEY.public_key(), stands)]
    return [fault for fault in found if fault not in (ledger.OPEN_END, ledger.OTHER_END)]


def end(place: Path) -> list[str]:
    """Return what is found of the end."""
    found = [f.fault for f in ledger.examine(place, KEY.public_key())]
    return [fault for fault in found if fault in (ledger.OPEN_END, ledger.OTHER_END)]


def change(place: Path, line: int, edit: Callable[[dict[str, Any]], object]) -> None:
    rows = [json.loads(text) for text in place.read_text().splitlines()]
    edit(rows[line])
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_file_holds_as_it_was_written(book: Path) -> None:
    assert faults(book) == [""] * 4
    found = list(ledger.examine(book, KEY.public_key()))
    assert len(found) == 4 and found[0] == (1, "Ada", LAB, "")


@pytest.mark.parametrize("left", [[0, 1, 2, 4], [1, 0, 2, 3, 4], [0, 1, 2, 3, 3, 4], [4]])
def test_results_left_out_moved_or_repeated_are_found(book: Path, left: list[int]) -> None:
    rows = book.read_text().splitlines(keepends=True)
    book.write_text("".join(rows[number] for number in left))
    assert end(book) == ["Results were left out, added, moved or changed after the end was signed."]


def test_an_end_that_was_cut_off_is_found(book: Path) -> None:
    rows = book.read_text().splitlines(keepends=True)
    book.write_text("".join(rows[:4]))
    assert end(book) == ["The signed end is missing: results may have been left out."]
    book.write_text("")
    assert end(book) == [ledger.OPEN_END]


def test_an_end_of_another_file_is_found(book: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    ledger.write(class_of_four()[:2], other, KEY)
    rows = book.read_text().splitlines(keepends=True)
    book.write_text("".join([*rows[:4], other.read_text().splitlines()[-1]]))
    assert end(book) == [ledger.OTHER_END]


def test_a_result_below_the_end_is_found(book: Path) -> None:
    rows = book.read_text().splitlines(keepends=True)
    book.write_text("".join([*rows[:3], rows[4], rows[3]]))
    assert faults(book)[-1] == "It stands below the signed end."


def test_a_result_that_no_longer_stands_is_found(book: Path) -> None:
    kept = {g.student: g for g in class_of_four()}
    bob = kept["Bob"]
    newer = {**bob.report, "checks_version": "ef" * 32}
    kept["Bob"] = replace(bob, report=newer)
    del kept["Cleo"]
    found = faults(book, lambda student, lab: kept.get(student))
    assert [bool(fault) for fault in found] == [False, True, True, False]
    assert found[1].startswith("It was signed for another checks version: cdcd")
    assert found[2] == "No such result is kept."


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
    rows = book.read_text().splitlines(keepends=True)[:4]
    book.write_text("".join(rows * 2))
    assert faults(book)[4:] == ["A line above is of the same student and lab."] * 4


def test_a_forged_line_does_not_discredit_the_real_one(book: Path) -> None:
    real = "".join(book.read_text().splitlines(keepends=True)[:4])
    rows = [row.replace('"graded": "2026', '"graded": "2027', 1) for row in real.splitlines()]
    book.write_text("\n".join(rows) + "\n" + real)
    found = "It was signed for another time of grading: 2026-03-01T12:00:00+00:00."
    assert faults(book) == [found] * 4 + [""] * 4


def test_an_older_release_is_found(book: Path) -> None:
    change(book, 0, lambda row: row["report"].update(lab_version="v2"))
    assert faults(book) == ["It was signed for another lab version: .", "", "", ""]


def test_a_foreign_key_is_found(book: Path) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key()
    found = [f.fault for f in ledger.examine(book, other)]
    assert found == ["It was signed with another key."] * 4 + [ledger.OTHER_END]


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
