"""Go through lab 2 as a student does: stubs first, then the finished files, then the panels."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Notebook, Open, Server
from tests.e2e.walk import exercise_cells, finish, start_with_stubs

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.compilers]
LAB = "lab02_wasm"


def said(notebook: Notebook, panel: str, text: str, limit: float = 60_000) -> str:
    """Wait until a panel's status says this; return all that it says."""
    status = notebook.panel(panel).first.get_by_role("status")
    status.get_by_text(re.compile(text)).wait_for(timeout=limit)
    return str(status.text_content())


def test_a_student_goes_from_stubs_to_green(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, LAB, fresh=True)
    cells = exercise_cells(server, LAB)
    start_with_stubs(notebook)
    finish(server, notebook, cells)
    burn_a_bomb(notebook)
    climb_the_ladder(notebook)
    fill_the_memory(notebook)
    assert notebook.errors == []


def burn_a_bomb(notebook: Notebook) -> None:
    panel = notebook.panel("Fuel burning down").first
    panel.get_by_role("button", name="loop").focus()
    notebook.page.keyboard.press("Enter")
    said(notebook, "Fuel burning down", "1 answered, 1 stopped or refused")
    rows = panel.get_by_role("row").all_text_contents()
    assert re.match("honest.*answered 500500", rows[0]), rows  # the newest is on top
    assert re.match("loop.*out of fuel; 20,000,000 burnt", rows[1]), rows
    panel.get_by_role("button", name="bomb").click()
    said(notebook, "Fuel burning down", "3 answered, 1 stopped or refused")


def climb_the_ladder(notebook: Notebook) -> None:
    panel = notebook.panel("The start-up ladder").first
    panel.get_by_role("button", name="Measure").click()
    panel.get_by_role("row").filter(has_text="a container").wait_for(timeout=60_000)
    text = said(notebook, "The start-up ladder", "An instance in a host that runs takes")
    assert "times as long" in text
    rows = panel.get_by_role("row").all_text_contents()
    names = ("an instance, pooled", "an instance", "a C process", "a Python process")
    assert [row.startswith(name) for row, name in zip(rows, names, strict=False)] == [True] * 4
    assert any("Lambda" in row for row in rows)


def fill_the_memory(notebook: Notebook) -> None:
    panel = notebook.panel("Memory of an instance").first
    slider = panel.get_by_role("slider", name="Lines in the request")
    slider.focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowRight")
    panel.get_by_role("button", name="Send it").click()
    text = said(notebook, "Memory of an instance", "bytes in")
    assert text.startswith("78 bytes in"), text  # six lines of 13 bytes
    assert panel.locator(".map i[data-kind=c]").count() > 0
    panel.get_by_role("button", name="A new instance").click()
    said(notebook, "Memory of an instance", "No request yet")
