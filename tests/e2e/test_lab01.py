"""Go through lab 1 as a student does: stubs first, then the finished files, then the panels.

With BEYOND_SCREENSHOT=docs/lab01.png the picture that the README shows is written anew.
"""

from __future__ import annotations

import os
import re
import shutil
from difflib import unified_diff
from pathlib import Path

import pytest

from lab_kit.process import wait_until
from tests.e2e.conftest import ROOT, Notebook, Open, Server
from tests.e2e.walk import MESSAGES, exercise_cells, finish, settle, start_with_stubs

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LAB = "lab01_serverless"
BIGGEST = 300_000


def test_a_student_goes_from_stubs_to_green(
    server: Server, open_notebook: Open, tmp_path: Path
) -> None:
    notebook = open_notebook(server, LAB, fresh=True)
    cells = exercise_cells(server, LAB)
    start_with_stubs(notebook)
    finish(server, notebook, cells)

    move_the_traffic(notebook)
    take_the_picture(notebook, tmp_path)
    read_a_failure(notebook, cells)


def move_the_traffic(notebook: Notebook) -> None:
    panel = notebook.panel("Traffic").first
    slider = panel.get_by_role("slider", name="Requests a second")
    slider.scroll_into_view_if_needed()
    slider.focus()
    before = requests(notebook)
    for _ in range(5):
        notebook.page.keyboard.press("ArrowRight")
    wait_until(lambda: requests(notebook) > before + 4, timeout=60, poll=0.2, what="traffic")
    panel.get_by_role("button", name="Flood:").click()
    notebook.page.wait_for_function(
        "() => /[1-9]\\d* throttled/.test(document.body.textContent)", timeout=60_000
    )


def requests(notebook: Notebook) -> int:
    text = str(notebook.panel("Traffic").first.get_by_role("status").text_content())
    found = re.match(r"(\d+) requests", text)
    return int(found[1]) if found else 0


def take_the_picture(notebook: Notebook, tmp_path: Path) -> None:
    taken = tmp_path / "lab01.png"
    notebook.panel("Traffic").first.scroll_into_view_if_needed()
    notebook.page.screenshot(path=taken)
    notebook.page.get_by_role("button", name="Stop the traffic").first.click()
    assert 20_000 < taken.stat().st_size < BIGGEST
    wanted = os.environ.get("BEYOND_SCREENSHOT")
    if wanted:
        (ROOT / wanted).parent.mkdir(exist_ok=True)
        shutil.copy(taken, ROOT / wanted)


def read_a_failure(notebook: Notebook, cells: dict[str, str]) -> None:
    """Break a file in the editor's stead, press Check again, read what, why and next."""
    file = next(iter(cells.values()))
    (notebook.folder / file).write_text("def handler(event, context):\n    return 1 / 0\n")
    first = notebook.page.get_by_role("button", name="Check again").first
    first.focus()
    notebook.page.keyboard.press("Enter")
    notebook.page.wait_for_function(
        "() => document.querySelector('.bk [data-verdict=failed]')", timeout=120_000
    )
    settle(notebook)
    [message, *_] = notebook.page.evaluate(MESSAGES)
    assert "Next:" in message
    assert file in message


def test_an_author_saves_this_story_without_a_change(server: Server, open_notebook: Open) -> None:
    story = server.course.solutions(LAB) / "story.md"
    before = story.read_text()
    notebook = open_notebook(server, LAB, f"solutions/{LAB}/story.md", factory="Jupytext Notebook")
    notebook.do("notebook:run-cell")
    notebook.do("docmanager:save")
    notebook.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
    )
    after = story.read_text()
    assert list(unified_diff(before.splitlines(), after.splitlines(), n=0)) == []
