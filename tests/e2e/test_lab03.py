"""Go through lab 3 as a student does: stubs first, then the finished files."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Open, Server
from tests.e2e.walk import exercise_cells, finish, start_with_stubs

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LAB = "lab03_gitops"


def test_a_student_goes_from_stubs_to_green(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, LAB, fresh=True)
    cells = exercise_cells(server, LAB)
    start_with_stubs(notebook)
    finish(server, notebook, cells)
    told = notebook.page.get_by_text("currency").all_text_contents()
    assert any("'cents': 590" in text for text in told), told  # the service answered
    assert notebook.errors == []
