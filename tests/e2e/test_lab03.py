"""Go through lab 3 as a student does: stubs first, then the finished files."""

from __future__ import annotations

import os
import re

import pytest

from tests.e2e.conftest import Notebook, Open, Server
from tests.e2e.walk import exercise_cells, finish, start_with_stubs

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LAB = "lab03_gitops"


def test_a_student_goes_from_stubs_to_green(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, LAB, fresh=True)
    cells = exercise_cells(server, LAB)
    start_with_stubs(notebook)
    finish(server, notebook, cells)
    grow_back(notebook)
    assert notebook.errors == []


def grow_back(notebook: Notebook) -> None:
    """Delete the Deployment with nobody there, then let the engine stand guard."""
    panel = notebook.panel("Git beside the cluster").first
    status = panel.get_by_role("status")
    panel.get_by_role("button", name="Delete a Deployment").focus()
    notebook.page.keyboard.press("Enter")
    status.get_by_text("1 missing").wait_for(timeout=30_000)
    row = panel.get_by_role("row").filter(has_text="Deployment quote")
    assert "missing" in str(row.first.text_content())
    panel.get_by_role("button", name="Stand guard").click()
    status.get_by_text(re.compile("3 as in Git.*; 3 of 3 pods ready")).wait_for(timeout=60_000)
    if place := os.environ.get("BEYOND_SHOTS"):
        panel.screenshot(path=f"{place}/gitops.png")
    assert "the engine" in " ".join(panel.get_by_role("listitem").all_text_contents())
