"""Look at the gradebook as an instructor does: opened from disk, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lab_kit.grading.forms import html
from lab_kit.grading.forms.places import code_of
from tests.unit.grading.forms.made import CANARY, HIDDEN, class_of_four, secretive

pytestmark = pytest.mark.browser
NAMES = """[...document.querySelectorAll('#grades tbody tr')].filter(row => !row.hidden)
  .map(row => row.cells[0].textContent).join()"""


def test_it_opens_from_disk_sorts_finds_and_asks_for_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    html.write_site(class_of_four(), tmp_path)
    context = browser.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    index = (tmp_path / "index.html").as_uri()
    page.goto(index)
    core = page.get_by_role("button", name="Core")
    core.click()
    assert page.evaluate(NAMES) == "Bob,Cleo,Ada,Dan"
    core.click()
    assert page.evaluate(NAMES) == "Ada,Cleo,Bob,Dan"  # what was not judged stays last
    page.get_by_label("Find").fill("from notebook")
    assert page.evaluate(NAMES) == "Cleo"
    assert page.inner_text("#shown") == "1 of 4 shown"
    page.get_by_role("link", name="Cleo").click()
    page.wait_for_selector("h1:text('Toys')")
    assert asked == [index, page.url]
    assert said == []
    context.close()


def test_a_page_to_hand_back_shows_the_students_own_line_and_nothing_else(
    browser: Browser, tmp_path: Path
) -> None:
    code = {"a.py": {"1": "def f():", "2": "    return '<b>1</b>'", "3": ""}}
    bob = replace(class_of_four()[1], code=code)
    secret = replace(secretive(), student="Eve")
    pages = html.write_feedback([bob, secret], tmp_path, hidden=HIDDEN, code=code_of)
    context = browser.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for grade, place in pages:
        page.goto(place.as_uri())
        text = page.inner_text("body")
        assert f"{grade.student} · lab01_toy" in text
        assert CANARY not in page.content()
        if grade.student == "Bob":
            assert "▶" in text and "return '<b>1</b>'" in text
            assert page.locator("article.failed").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []
    context.close()
