from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given

from lab_kit.errors import JudgeError
from lab_kit.grading.forms import csv_form
from lab_kit.grading.forms.text import cell
from lab_kit.grading.late import Policies, Policy
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import (
    FAST,
    LAB,
    NASTY,
    NOON,
    class_of_four,
    nasty_grades,
    soaked,
)

TRIGGER = re.compile(r"(^|[,;|\t\r\n\"])[\s\u200b-\u200d]*[=+\-@\uff0b\uff0d\uff1d\uff20]")
ROSTER: dict[str, dict[str, str]] = {name: {} for name in ("Ada", "Bob", "Cleo", "Dan")}
LATE = Policies(Policy(due=NOON - timedelta(days=1, hours=1), per_day_percent=25))


def written(grades: list[Grade], **options: object) -> str:
    stream = io.StringIO(newline="")
    csv_form.write(grades, stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_plain_keeps_the_raw_score_beside_what_lateness_leaves() -> None:
    head, *rows = table(written(class_of_four(), policies=LATE))
    ada, bob, cleo, dan = (dict(zip(head, row, strict=True)) for row in rows)
    assert (ada["core"], ada["core of"], ada["core after lateness"]) == ("4", "4", "2")
    assert ada["late"] == "2 days late, 50 % off"
    assert (bob["core"], bob["failed"], bob["blocked"]) == ("0", "1", "1")
    assert (cleo["core"], cleo["extension"]) == ("2", "")
    assert (cleo["state"], cleo["flags"]) == ("1 of 3 not judged", "from notebook")
    assert (dan["state"], dan["core"], dan["error"]) == ("not judged", "", "It is empty.")
    assert (dan["late"], dan["core after lateness"]) == ("time unknown", "")


def test_canvas_reads_a_row_a_student_and_no_zero_for_what_was_not_judged() -> None:
    ada = {"id": "007", "name": "Lovelace, Ada", "email": "ada@x.org", "section": "1"}
    rows = table(written(class_of_four(), style="canvas", people={**ROSTER, "Ada": ada}))
    assert rows[0] == [*csv_form.CANVAS, f"{LAB} core", f"{LAB} extension"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "4", "1"]
    assert rows[2] == ["Lovelace, Ada", "", "007", "ada@x.org", "1", "4", "1"]
    assert [row[5:] for row in rows[3:]] == [["0", "1"], ["2", ""], ["", ""]]


def test_moodle_maps_students_by_number_or_address() -> None:
    people = {**ROSTER, "Ada": {"id": "007", "email": "ada@x.org"}}
    rows = table(written(class_of_four(), style="moodle", people=people))
    assert rows[0] == ["ID number", "Email address", f"{LAB} core", f"{LAB} extension"]
    assert rows[1] == ["007", "ada@x.org", "4", "1"]
    assert rows[4] == ["Dan", "", "", ""]


@pytest.mark.parametrize("style", ["canvas", "moodle"])
def test_a_platform_is_given_no_row_that_the_roster_does_not_know(style: str) -> None:
    head = 2 if style == "canvas" else 1
    known = {"Ada": {"id": "007"}, "Cleo": {"id": "009"}}
    assert len(table(written(class_of_four(), style=style, people=known))) == head + 2
    assert len(table(written(class_of_four(), style=style))) == head + 4


def test_a_name_with_a_hyphen_or_a_comma_stays_as_it_is() -> None:
    for name in ("O'Neil-Smith", "Größe, Ada", "a+b@x.org", "12", "日本"):
        assert cell(name) == name


@pytest.mark.parametrize("text", NASTY)
def test_a_cell_is_no_formula(text: str) -> None:
    assert not TRIGGER.search(cell(text))


@FAST
@given(nasty_grades(), nasty_grades())
def test_no_csv_holds_a_formula_wherever_it_is_split(one: Grade, other: Grade) -> None:
    hold(one, other)


def test_known_nasty_text_is_no_formula_wherever_it_is_split() -> None:
    for made in soaked():
        hold(made, made)


def hold(one: Grade, other: Grade) -> None:
    people = {one.student: {"id": one.source, "name": other.source, "email": other.student}}
    for style in ("plain", "canvas", "moodle"):
        text = written([one, other], style=style, people=people)
        assert not TRIGGER.search(text)
        assert len({len(row) for row in table(text)}) == 1
        assert text.isprintable() or not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
        text.encode()


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "grades.csv"
    csv_form.write(class_of_four(), place)
    before = place.read_bytes()

    def broken() -> object:
        yield class_of_four()[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(JudgeError, match=r"grades\.csv could not be written\.") as caught:
        csv_form.write(broken(), place)  # type: ignore[arg-type]
    assert "No space left" in caught.value.why
    assert "safe in the store" in caught.value.next
    assert place.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["grades.csv"]
