"""Use the notebook side as a learner does: run, read, mend, press, restart."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from lab_kit.process import wait_until
from tests.e2e.conftest import Open, Server, kernel, serve
from tests.e2e.toy import RIGHT, STUB

pytestmark = pytest.mark.browser
STORY = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3 (ipykernel)
minutes: 5
---

# Toy

```{code-cell} ipython3
from lab_kit import Lab
lab = Lab()
```

```{code-cell} ipython3
%%exercise answer.py
```

```{code-cell} ipython3
lab.check()
```
"""
COUNT = """id => window.jupyterapp.shell.currentWidget.content.widgets
  .find(cell => cell.model.id === id).model.executionCount"""
LONG = """prices = {'request': 2e-7, 'gb_second': 1.66667e-5, 'server_month': 24.5}
CostPanel({**prices, 'server': 'EC2 t3.medium'})"""
GONE = "The kernel restarted or is gone"
CONTRAST = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(
      v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z;
  };
  const over = (top, under) => {
    const a = top.length > 3 ? top[3] : 1;
    return [0, 1, 2].map(i => top[i] * a + under[i] * (1 - a));
  };
  const ground = node => {
    const stack = [];
    for (let at = node; at; at = at.parentElement) {
      const paint = parts(getComputedStyle(at).backgroundColor);
      stack.push(paint);
      if (paint.length < 4 || paint[3] === 1) break;
    }
    return stack.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const low = [];
  for (const box of document.querySelectorAll('.bk, .receipt')) {
    for (const node of [box, ...box.querySelectorAll('*')]) {
      const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
      if (!own || !node.getClientRects().length) continue;
      const style = getComputedStyle(node);
      const paint = node instanceof SVGElement ? style.fill : style.color;
      const under = ground(node);
      const [a, b] = [light(over(parts(paint), under)), light(under)].sort((p, q) => q - p);
      const ratio = (a + .05) / (b + .05);
      const words = node.textContent.slice(0, 40);
      if (ratio < 4.5) low.push(`${node.tagName} ${node.className} ${ratio.toFixed(2)} ${words}`);
    }
  }
  return [document.querySelectorAll('.bk').length, low];
}"""


def test_from_stub_to_green(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    results = notebook.panel(f"Checks · {notebook.lab}")
    notebook.see("0 of 2 checks passed")
    assert "TODO: give back 1" in str(results.text_content())
    assert f"exercises/{notebook.lab}/answer.py:2" in str(results.text_content())
    assert "NotImplementedError" not in str(results.text_content())

    notebook.write("exercise", f"%%exercise answer.py\n{RIGHT}")
    notebook.run_all()
    notebook.see("All 2 checks passed.")
    assert results.get_by_text("✓ passed").count() == 2
    assert (notebook.folder / "answer.py").read_text() == RIGHT
    kept = list((notebook.folder / ".history" / "answer.py").iterdir())
    assert [p.read_text() for p in kept] == [STUB]


def test_check_again_and_hints_by_keyboard(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("0 of 2 checks passed")
    (notebook.folder / "answer.py").write_text("def one():\n    return 2\n")
    again = notebook.page.get_by_role("button", name="Check again")
    again.focus()
    notebook.page.keyboard.press("Enter")
    notebook.see("one() gave something else.")
    results = notebook.panel(f"Checks · {notebook.lab}")
    text = str(results.text_content())
    assert "2" in text
    assert "Next: look at one in answer.py." in text
    hint = results.get_by_role("button", name="Show a hint for: one() gives back 1.")
    hint.focus()
    notebook.page.keyboard.press("Enter")
    notebook.see("Look at the last line.")
    assert "It gives back a number." not in str(results.text_content())
    status = results.get_by_role("status")
    assert status.text_content() == "0 of 2 checks passed; 2 failed."


def test_the_key_that_runs_a_cell_runs_it_from_a_panels_button_too(
    server: Server, open_notebook: Open
) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("0 of 2 checks passed")
    hint = notebook.page.get_by_role("button", name="Show a hint for: one() gives back 1.")
    for key in ("Control+Enter", "Shift+Enter"):
        (notebook.folder / "answer.py").write_text(RIGHT)
        before = notebook.page.evaluate(COUNT, "check")
        hint.first.focus()
        notebook.page.keyboard.press(key)
        notebook.page.wait_for_function(f"before => ({COUNT})('check') > before", arg=before)
        notebook.see("All 2 checks passed.")
        (notebook.folder / "answer.py").write_text(STUB)
        notebook.page.get_by_role("button", name="Check again").click()
        notebook.see("0 of 2 checks passed")
    assert notebook.page.get_by_text("Look at the last line.").count() == 0
    notebook.page.get_by_role("button", name="Check again").focus()
    notebook.page.keyboard.press("Escape")
    inside = "() => !!document.activeElement.closest('.bk')"
    assert notebook.page.evaluate(inside) is False


def test_a_wrong_name_is_told_once(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.write("check", "lab.check('nothing_like_it')")
    notebook.run_all()
    panel = notebook.panel(f"Checks of nothing_like_it · {notebook.lab}")
    told = "has no check or exercise called 'nothing_like_it'."
    panel.get_by_text(told).first.wait_for()
    assert str(panel.text_content()).count(told) == 1


def test_no_name_is_cut_off_in_the_cost_panel(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.write("cost", LONG)
    notebook.run_all()
    notebook.see("EC2 t3.medium, always on")
    over = notebook.page.evaluate(
        """() => [...document.querySelectorAll('.bk svg text')]
          .filter(t => t.getBBox().x + t.getBBox().width > 720).map(t => t.textContent)"""
    )
    assert over == []


def test_cells_show_their_line_numbers(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.page.locator(".jp-CodeCell .cm-lineNumbers").first.wait_for()


def test_traffic_moves_by_keyboard(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("No traffic yet.")
    panel = notebook.panel("Traffic")
    slider = panel.get_by_role("slider", name="Requests a second")
    slider.scroll_into_view_if_needed()
    slider.focus()
    for _ in range(5):
        notebook.page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "5 a second"
    notebook.page.wait_for_function(
        "() => /[1-9]\\d* requests: \\d+ cold, [1-9]\\d* warm/.test(document.body.innerText)"
    )
    assert panel.get_by_role("row").count() >= 2
    panel.get_by_role("button", name="Flood: 50 at once").click()
    notebook.page.wait_for_function("() => /[1-9]\\d* throttled/.test(document.body.innerText)")
    panel.get_by_role("button", name="Stop the traffic").click()
    assert slider.input_value() == "0"

    cost = notebook.panel("Cost against traffic")
    slider = cost.get_by_role("slider", name="Requests a month")
    slider.focus()
    notebook.page.keyboard.press("Home")
    notebook.see("At 10 thousand requests a month: Lambda 0.00 USD")


def test_a_guess_is_typed_and_kept(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    field = notebook.page.get_by_label("Your guess in ms")
    field.click()
    field.press_sequentially("150")
    field.press("Enter")
    notebook.see("Your guess is 150 ms.")
    notebook.run_cell("compare")
    notebook.see("Your guess: 150 ms. It is about 2.3 times what you expected.")


def test_every_control_keeps_its_keys_and_has_a_name(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("0 of 2 checks passed")
    bare = notebook.page.evaluate(
        """() => [...document.querySelectorAll('.bk button, .bk input, .bk [tabindex]')]
          .filter(n => n.dataset.lmSuppressShortcuts !== 'true'
            || !(n.textContent || n.labels?.length || n.getAttribute('aria-label')))
          .map(n => n.outerHTML)"""
    )
    assert bare == []
    cells = notebook.page.locator(".jp-Notebook .jp-Cell").count()
    notebook.page.get_by_role("button", name="Check again").focus()
    notebook.page.keyboard.press("d")
    notebook.page.keyboard.press("d")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_text_is_readable_in_both_themes(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("0 of 2 checks passed")
    notebook.page.get_by_role("button", name="Flood: 50 at once").click()
    notebook.see("4 environments")
    for theme, light in (("JupyterLab Dark", "false"), ("JupyterLab Light", "true")):
        notebook.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        notebook.page.wait_for_function(  # the colours arrive a moment after the theme's name
            """light => document.body.dataset.jpThemeLight === light &&
              (getComputedStyle(document.querySelector('.bk')).backgroundColor
                === 'rgb(255, 255, 255)') === (light === 'true')""",
            arg=light,
        )
        panels, low = notebook.page.evaluate(CONTRAST)
        assert panels >= 6
        assert low == [], theme


def test_a_restarted_kernel_is_named_and_the_cell_works_again(
    server: Server, open_notebook: Open
) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("No traffic yet.")
    assert notebook.page.get_by_text(GONE).count() == 0
    notebook.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    notebook.wait_ready()
    notebook.panel("Traffic").get_by_text(GONE).wait_for(timeout=8000)
    results = notebook.panel(f"Checks · {notebook.lab}")
    results.get_by_role("button", name="Check again").click()
    results.get_by_text(GONE).wait_for(timeout=8000)
    notebook.run_all()
    notebook.see("No traffic yet.")
    notebook.page.wait_for_function(
        f"() => !document.body.innerText.includes({json.dumps(GONE)})", timeout=8000
    )


def test_a_killed_kernel_loses_nothing_that_was_saved(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.write("exercise", f"%%exercise answer.py\n{RIGHT}")
    notebook.run_all()
    notebook.see("All 2 checks passed.")
    os.kill(kernel(notebook), signal.SIGKILL)
    assert (notebook.folder / "answer.py").read_text() == RIGHT
    progress = server.course.work / "progress" / f"{notebook.lab}.json"
    assert json.loads(progress.read_text())["checks"]["gives_one"]["verdict"] == "passed"


def test_a_newer_file_is_kept_and_put_into_the_cell(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("0 of 2 checks passed")
    (notebook.folder / "answer.py").write_text(RIGHT)
    notebook.run_all()
    notebook.see("All 2 checks passed.")
    older = notebook.panel("The file is newer than this cell")
    difference = older.get_by_role("region", name="Difference")
    assert "-    return 1" in str(difference.text_content())
    older.get_by_role("button", name="Keep the file").click()
    notebook.see("Run this cell again (Shift+Enter)")
    notebook.run_cell("exercise")
    assert notebook.source("exercise") == f"%%exercise answer.py\n{RIGHT.rstrip()}"
    assert (notebook.folder / "answer.py").read_text() == RIGHT


def test_a_file_opens_beside_the_notebook(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    for cell in ("open", "file"):  # the rest has never run: it is the signature that counts
        notebook.run_cell(cell)
    notebook.page.get_by_role("button", name="Open answer.py beside this notebook").click()
    editor = notebook.page.locator(".jp-FileEditor")
    editor.wait_for()
    assert notebook.page.locator(".jp-NotebookPanel").is_visible()
    beside = editor.bounding_box()
    left = notebook.page.locator(".jp-NotebookPanel").bounding_box()
    assert beside is not None
    assert left is not None
    assert beside["x"] >= left["x"] + left["width"]


def test_stopping_the_kernel_ends_a_check_cleanly(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.write("exercise", "%%exercise answer.py\ndef one():\n    while True:\n        pass\n")
    notebook.run_cell("open")
    notebook.run_cell("exercise")
    notebook.page.evaluate(
        """() => {
          const content = window.jupyterapp.shell.currentWidget.content;
          content.activeCellIndex = content.widgets.findIndex(c => c.model.id === 'check');
          window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    notebook.see("Checking…")
    notebook.see("one() gives back 1.")
    notebook.do("notebook:interrupt-kernel")
    notebook.see("Stopped by you after 0 of 2 checks.")
    notebook.write("exercise", f"%%exercise answer.py\n{RIGHT}")
    notebook.run_cell("exercise")
    notebook.run_cell("check")
    notebook.see("All 2 checks passed.")


def test_what_is_stored_is_text_and_no_state(server: Server, open_notebook: Open) -> None:
    notebook = open_notebook(server, server.toy())
    notebook.run_all()
    notebook.see("0 of 2 checks passed")
    notebook.do("docmanager:save")
    path = server.course.root / "notebooks" / f"{notebook.lab}.ipynb"

    def stored() -> bool:
        return "0 of 2 checks passed" in path.read_text()

    wait_until(stored, timeout=20, what="the saved notebook")
    saved = json.loads(path.read_text())
    assert "widgets" not in saved["metadata"]
    [cell] = [c for c in saved["cells"] if c["id"] == "check"]
    [output] = cell["outputs"]
    assert "TODO: give back 1" in "".join(output["data"]["text/plain"])
    assert "TODO: give back 1" in "".join(output["data"]["text/html"])


def test_a_readme_opens_as_text_not_as_a_notebook(server: Server, open_notebook: Open) -> None:
    (server.course.root / "READ.md").write_text("# Read me\n\nPlain words.\n")
    notebook = open_notebook(server, server.toy())
    notebook.page.evaluate(
        """() => window.jupyterapp.commands
          .execute('docmanager:open', {path: 'READ.md'}).then(() => 1)"""
    )
    notebook.page.locator(".jp-FileEditor, .jp-MarkdownViewer").first.wait_for()
    assert notebook.page.locator(".jp-NotebookPanel").count() == 1


def test_two_notebooks_and_two_servers_do_not_disturb_each_other(
    server: Server, open_notebook: Open, tmp_path: Path
) -> None:
    one = open_notebook(server, server.toy())
    two = open_notebook(server, server.toy(), fresh=True)
    with serve(tmp_path) as other:
        three = open_notebook(other, other.toy(), fresh=True)
        one.write("exercise", f"%%exercise answer.py\n{RIGHT}")
        for notebook in (one, two, three):
            notebook.run_all()
        one.see("All 2 checks passed.")
        two.see("0 of 2 checks passed")
        three.see("0 of 2 checks passed")
        three.close()
    (two.folder / "answer.py").write_text(RIGHT)
    two.page.get_by_role("button", name="Check again").click()
    two.see("All 2 checks passed.")
    assert (one.folder / "answer.py").read_text() == RIGHT


def test_an_author_runs_and_saves_the_story_without_a_change(
    server: Server, open_notebook: Open
) -> None:
    name = server.toy()
    folder = server.course.solutions(name)
    folder.mkdir()
    (folder / "answer.py").write_text(RIGHT)
    story = folder / "story.md"
    story.write_text(STORY)
    notebook = open_notebook(
        server, name, f"solutions/{name}/story.md", factory="Jupytext Notebook"
    )
    notebook.run_all()
    notebook.see("All 2 checks passed.")
    notebook.see(f"solutions/{name}/answer.py: run as it stands.")
    notebook.do("docmanager:save")
    notebook.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
    )
    assert story.read_text() == STORY
    assert (folder / "answer.py").read_text() == RIGHT
