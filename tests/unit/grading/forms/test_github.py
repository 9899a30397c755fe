from __future__ import annotations

import io
import re
from html.parser import HTMLParser

from hypothesis import given

from lab_kit.grading.forms import github
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

COMMAND = re.compile(r"::(error|warning) ((file|line|title)=[^:,\r\n]*,?)+::[^\r\n]*")
TAGS = {"h3", "p", "code", "table", "tr", "th", "td", "br"}


def written(grades: list[Grade], **options: object) -> tuple[list[str], str]:
    output, summary = io.StringIO(newline=""), io.StringIO(newline="")
    github.write(grades, output, summary, **options)  # type: ignore[arg-type]
    return output.getvalue().split("\n"), summary.getvalue()


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def test_an_annotation_is_on_the_file_and_line_of_the_message() -> None:
    lines, summary = written(class_of_four())
    assert lines[0] == (
        "::error file=exercises/lab01_toy/a.py,line=2,title=It holds.::It broke.%0A"
        "exercises/lab01_toy/a.py:2: return 1%0Agot 1%0ANext: mend exercises/lab01_toy/a.py:2."
    )
    assert lines[-2].startswith("::warning title=lab01_toy was not judged::It is empty.%0ANo file.")
    assert "<p>Core: 4 of 4 points</p>" in summary
    assert "<p>Extension: not all judged, so far 0 of 1 points</p>" in summary
    assert "<p>Nothing was judged. <code>It is empty.</code></p>" in summary


def test_ten_annotations_of_a_kind_are_written() -> None:
    lines, summary = written([grade(*(row(f"c{n}", "failed") for n in range(30)))])
    assert len(lines) == 11
    assert summary.count("✗ failed") == 30


def test_a_summary_stays_below_what_github_takes() -> None:
    long = grade(*(row(f"c{n}", "failed", why="<&" * 2000) for n in range(20)))
    _, summary = written([long] * 20)
    assert len(summary.encode()) < 1 << 20
    assert summary.count("More grades are left out") == 1


@FAST
@given(nasty_grades())
def test_no_text_is_a_command_or_markup(made: Grade) -> None:
    hold(made)


def test_known_nasty_text_is_no_command_or_markup() -> None:
    for made in soaked():
        hold(made)


def hold(made: Grade) -> None:
    lines, summary = written([made])
    for line in lines[:-1]:
        assert COMMAND.fullmatch(line)
        assert "##[" not in line and "##vso" not in line
    assert lines[-1] == ""
    block, end = summary[:-1], summary[-2:]
    assert end == "\n\n"
    assert "\n\n" not in block
    assert all(line.strip() and line[0] == "<" for line in block.splitlines())
    found = Tags(summary).found
    assert {tag for tag, _ in found} <= TAGS
    assert not any(attributes for _, attributes in found)


def test_a_hidden_check_says_nothing() -> None:
    lines, summary = written([secretive()], hidden=HIDDEN)
    assert CANARY not in "".join(lines) + summary
    assert "A check that is not shown did not pass." in summary
    assert "This builds on hidden_1." in summary
