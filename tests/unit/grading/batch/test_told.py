"""What a grader sees while it runs and when it is done."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab_kit.errors import UsageError
from lab_kit.grading import listing
from lab_kit.grading.batch import Step
from lab_kit.grading.command import print_safely, reasons
from lab_kit.grading.desk import examine
from lab_kit.grading.model import Grade
from lab_kit.grading.progress import Bar

WHEN = datetime(2026, 5, 1, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def grade(report: dict[str, Any], student: str = "ada") -> Grade:
    return Grade(student, "lab01_shapes", "ada.zip", None, ("late",), report, WHEN)


def test_the_bar_tells_count_rate_and_time_left() -> None:
    times = iter([0.0, 2.0, 2.0, 2.0, 3.0, 60.0])
    bar = Bar(Terminal(), 1200, clock=lambda: next(times, 60.0))
    bar(Step("ada", "lab", "kept"))
    assert bar.text().endswith("1 of 1,200")
    for number in range(600):
        bar(Step(f"s{number}", "lab", "judged"))
    assert bar.text() == "██████████░░░░░░░░░░ 601 of 1,200, 600 a minute, 1:00 left"
    bar.close()
    assert bar.stream.getvalue().endswith("\r\x1b[K")  # type: ignore[attr-defined]


def test_there_is_no_bar_where_nobody_looks() -> None:
    stream = io.StringIO()
    bar = Bar(stream, 1)
    bar(Step("ada", "lab", "judged"))
    bar.draw()
    bar.close()
    assert stream.getvalue() == ""


def test_the_listing_is_json_whatever_it_holds() -> None:
    odd = 'a"\x00\x1b[31m\u2028</script>\udcff'
    stream = io.StringIO()
    report = {"results": [{"what": odd}]}
    listing.write([grade(report, odd), grade({"error": {"what": "w"}})], stream)
    assert stream.getvalue().isascii()
    data = json.loads(stream.getvalue())
    assert data["schema"] == "beyond/gradebook/1"
    assert [row["student"] for row in data["grades"]] == [odd, "ada"]
    assert data["grades"][0]["report"] == report
    assert data["grades"][0]["graded"] == "2026-05-01T00:00:00+00:00"
    assert (data["grades"][0]["submitted"], data["grades"][0]["flags"]) == (None, ["late"])


def test_a_listing_of_nobody_is_json_too() -> None:
    stream = io.StringIO()
    listing.write([], stream)
    assert json.loads(stream.getvalue())["grades"] == []


def test_reasons_name_the_student_the_file_and_the_way_out() -> None:
    refused = grade({"error": {"what": "It is no archive.", "why": "Empty.", "next": "ask."}})
    assert list(reasons(refused)) == [
        "? ada, lab01_shapes (ada.zip)", "  It is no archive. Empty.", "  Next: ask."
    ]  # fmt: skip
    row = {"check": "c", "verdict": "not_judged", "what": "It broke.", "why": "", "next": ""}
    hung = grade({"results": [{"verdict": "passed"}, row]})
    assert list(reasons(hung)) == ["? ada, lab01_shapes (ada.zip)", "  c: It broke. "]


def test_a_name_cannot_draw_on_the_terminal_or_add_a_line() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_safely(stream, ["? eve\n0 judged\x1b[2J \u202e", "  why\r\nnot é"])
    stream.seek(0)
    assert stream.read() == "? eve 0 judged\\x1b[2J \\u202e\n  why not \\xe9\n"


@pytest.mark.parametrize("name", ["json", "junit", "csv", "gradescope", "html"])
def test_a_form_that_cannot_be_written_is_refused_before_any_work(
    tmp_path: Path, name: str
) -> None:
    examine(name, "-")
    examine(name, str(tmp_path / "new"))
    with pytest.raises(UsageError) as caught:
        examine(name, str(tmp_path / "no" / "such"))
    assert caught.value.what == f"--{name} cannot be written to {tmp_path}/no/such."
    kind = "a folder" if name == "html" else "a file"
    assert caught.value.why.startswith(f"It wants {kind}, in a place that exists")
    assert caught.value.next == f"name {kind}, or '-' for the terminal."


def test_pages_want_a_folder_and_a_page_wants_a_file(tmp_path: Path) -> None:
    examine("html", str(tmp_path))
    examine("html", str(tmp_path / "page.html"))
    (tmp_path / "file").touch()
    for name, target in [("html", "file"), ("json", "")]:
        with pytest.raises(UsageError, match="cannot be written"):
            examine(name, str(tmp_path / target))
