from __future__ import annotations

import io
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given

from lab_kit.grading.forms import html, page
from lab_kit.grading.forms.places import code_in
from lab_kit.grading.late import Policies, Policy
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import (
    CANARY,
    FAST,
    HIDDEN,
    LAB,
    NOON,
    class_of_four,
    grade,
    nasty_grades,
    row,
    secretive,
    soaked,
    texts,
)  # fmt: skip

LATE = Policies(Policy(due=NOON - timedelta(hours=1), per_day_percent=50))


class Seen(HTMLParser):
    """Collect a page's tags, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def harmless(self, scripts: int) -> None:
        """Hold that nothing runs, loads or leads away but what the page itself has."""
        assert self.tags.count("script") == scripts
        assert self.tags.count("style") == self.tags.count("html") == self.tags.count("body") == 1
        assert not {"img", "iframe", "object", "form", "base", "embed"} & set(self.tags)
        names = {name for name, _ in self.attributes}
        assert not any(name.startswith("on") or name in ("src", "style") for name in names)
        links = [value for name, value in self.attributes if name == "href"]
        assert all(re.fullmatch(r"\.\./index\.html|students/[a-z0-9-]+\.html", x) for x in links)


def gradebook(grades: list[Grade], **options: object) -> str:
    stream = io.StringIO()
    html.write(grades, stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def student(made: Grade, **options: object) -> str:
    stream = io.StringIO()
    page.write(made, stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def test_the_gradebook_shows_scores_and_leaves_blank_what_was_not_judged() -> None:
    text = gradebook(class_of_four(), policies=LATE)
    rows = re.findall(r"<tr><td>(Ada|Bob|Cleo|Dan)</td>(.*?)</tr>", text)
    cells = {name: re.findall(r"<td[^>]*>(.*?)</td>", rest) for name, rest in rows}
    assert cells["Ada"][:6] == [LAB, "4/4", "1/1", "1 day late, 50 % off", "2.5", "3/3"]
    assert cells["Cleo"][1:3] == ["2/4", ""]
    assert cells["Cleo"][6] == "1 of 3 not judged"
    assert cells["Dan"][1:5] == ["", "", "time unknown", ""]
    assert cells["Dan"][8] == "It is empty."
    assert "Not in it, because not fully judged: 1." in text


def test_the_gradebook_says_who_is_behind_an_id() -> None:
    people = {"Ada": {"name": "Lovelace, <b>Ada</b>"}, "Bob": {"name": "Bob"}, "Cleo": {}}
    text = gradebook(class_of_four(), people=people)
    faint = '<span class="faint">Lovelace, &lt;b&gt;Ada&lt;/b&gt;</span>'
    assert f"<td>Ada {faint}</td>" in text
    assert "<td>Bob</td>" in text
    assert "<td>Cleo</td>" in text


def test_a_check_that_nobody_passes_is_pointed_at() -> None:
    made = [grade(row(verdict="failed"), row("takes"), student=str(n)) for n in range(5)]
    text = gradebook(made)
    assert text.count("nobody passes: is the check right?") == 1
    assert "100 %</td>" in text and "0 %</td>" in text


def test_those_who_were_blocked_do_not_count_as_failing_a_check() -> None:
    made = [grade(row("takes", v)) for v in ("passed", "failed", "blocked", "blocked")]
    assert "50 %</td>" in gradebook(made)


def test_a_student_page_shows_promise_words_and_own_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def adds(a, b):\n    return '<b>'\n# end\n")
    made = class_of_four()[1]
    text = student(made, code=code_in(tmp_path), policies=LATE)
    said = " ".join("".join(Seen(text).text).split())
    for part in ("✗ failed: It holds.", "It broke.", "Next: mend exercises/lab01_toy/a.py:2."):
        assert part in said
    assert "▶ 2 return '&lt;b&gt;'" not in said
    assert "▶ 2 return '<b>'" in said
    assert "Extension: 0.5 of 1 points (1 of 1 points on time)" in said
    assert "Handed in: 1 day late, 50 % off." in said


def test_a_page_says_that_not_judged_is_no_zero() -> None:
    text = student(class_of_four()[3])
    assert "Nothing was judged" in text and "This is no zero." in text
    assert "hand in again." in text
    assert "0 of 1 points so far; the rest was not judged" in student(class_of_four()[2])


def test_a_site_links_each_grade_to_its_page(tmp_path: Path) -> None:
    html.write_site(class_of_four(), tmp_path)
    index = (tmp_path / "index.html").read_text()
    links = re.findall(r'href="(students/[^"]+)"', index)
    assert len(set(links)) == 4
    assert all((tmp_path / link).is_file() for link in links)
    assert 'href="../index.html"' in (tmp_path / links[0]).read_text()


def test_students_whose_names_collide_keep_their_own_pages() -> None:
    names = ("ada", "Ada", "../ada", "ADA/", "con", "", "\ud800", "é")
    files = [page.name(grade(student=name)) for name in names]
    assert len({file.lower() for file in files}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+\.html", file) for file in files)


@FAST
@given(nasty_grades(), texts)
def test_no_text_is_markup(made: Grade, code: str) -> None:
    hold(made, code)


def test_known_nasty_text_is_no_markup() -> None:
    for made in soaked():
        hold(made, made.student)


def hold(made: Grade, code: str) -> None:
    named = {made.student: {"name": code}}
    Seen(gradebook([made], people=named)).harmless(scripts=1)
    text = student(made, code=lambda _: f"{code}\n{code}\n{code}", back="../index.html")
    Seen(text).harmless(scripts=0)
    for whole in (text, gradebook([made])):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", whole)
        whole.encode()


def test_feedback_holds_no_hidden_check_and_the_gradebook_does(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1\n2\n")
    pages = html.write_feedback([secretive()], tmp_path / "out", hidden=HIDDEN)
    text = pages[0][1].read_text()
    assert CANARY not in text and "987" not in text
    assert "hidden_1" in text and "A check that is not shown did not pass." in text
    assert CANARY in gradebook([secretive()])
    assert CANARY in student(secretive())


def test_the_instructors_copy_shows_hidden_checks_and_a_students_page_never(tmp_path: Path) -> None:
    made = grade(row(CANARY, "failed", hidden=True))
    html.write_site([made], tmp_path)
    assert CANARY in (tmp_path / "students" / page.name(made)).read_text()
    assert CANARY in (tmp_path / "index.html").read_text()
    assert CANARY not in student(made)
