"""Walk through a lab's notebook in the browser: its exercise cells, and what its checks say."""

from __future__ import annotations

import json

from tests.e2e.conftest import Notebook, Server

SETTLED = """() => {
  const panels = [...document.querySelectorAll('.bk')]
    .filter(p => p.ariaLabel?.startsWith('Checks'));
  return panels.length && panels.every(p => !/Checking\\u2026/.test(p.textContent)
    && !p.querySelector('[data-verdict=waiting]'));
}"""
VERDICTS = "() => [...document.querySelectorAll('[data-verdict]')].map(n => n.dataset.verdict)"
MESSAGES = """() => [...document.querySelectorAll('.bk .row')]
  .filter(n => n.querySelector('[data-verdict=failed]')).map(n => n.textContent)"""


def exercise_cells(server: Server, lab: str) -> dict[str, str]:
    """Return cell id -> file of every `%%exercise` cell."""
    notebook = json.loads((server.course.root / "notebooks" / f"{lab}.ipynb").read_text())
    sources = {c["id"]: "".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"}
    return {
        key: text.split("\n")[0].split()[1]
        for key, text in sources.items()
        if text.startswith("%%exercise")
    }


def settle(notebook: Notebook) -> None:
    notebook.page.wait_for_function(SETTLED, timeout=120_000)


def start_with_stubs(notebook: Notebook) -> None:
    """Run everything as it was handed out: nothing passes, all that is said is what to do."""
    notebook.run_all(limit=300)
    settle(notebook)
    verdicts = notebook.page.evaluate(VERDICTS)
    messages = notebook.page.evaluate(MESSAGES)
    assert verdicts
    assert "passed" not in verdicts
    assert "not_judged" not in verdicts
    assert messages
    assert all("TODO" in text for text in messages), messages
    assert "Traceback" not in "".join(messages)


def finish(server: Server, notebook: Notebook, cells: dict[str, str]) -> None:
    """Write the finished files into their cells and run everything: all checks pass."""
    for cell, file in cells.items():
        finished = (server.course.solutions(notebook.lab) / file).read_text()
        notebook.write(cell, f"%%exercise {file}\n{finished.rstrip()}")
    notebook.run_all(limit=300)
    settle(notebook)
    left = [v for v in notebook.page.evaluate(VERDICTS) if v != "passed"]
    assert left == [], notebook.page.evaluate(MESSAGES)
