"""Serve a copy of the course as `./lab` does, and look at it through a real browser.

One server and one browser serve many tests, each with a lab of its own. What is waited for is what
proved steady: the kernel's own state, asked through JupyterLab's application object, and texts.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lab_kit.course import Course
from lab_kit.process import Trusted, start_trusted, wait_until
from lab_kit.start import command, environment
from tests.e2e.toy import write_toy

ROOT = Path(__file__).parents[2]
COPIED = ("course.toml", "README.md", "notebooks", "exercises", "solutions", "tests/labs")
ASIDE = shutil.ignore_patterns("__pycache__", ".history", ".ipynb_checkpoints")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
READY = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  return context?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
RUN = """([command, ms]) => Promise.race([
  window.jupyterapp.commands.execute(command).then(() => 'done'),
  new Promise(later => setTimeout(() => later(
    'still running; dialog: ' + document.querySelector('.jp-Dialog')?.innerText), ms))])"""
SET_SOURCE = """([id, text]) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const index = panel.content.widgets.findIndex(cell => cell.model.id === id);
  panel.content.activeCellIndex = index;
  panel.content.widgets[index].model.sharedModel.setSource(text);
}"""
SELECT = """id => {
  const content = window.jupyterapp.shell.currentWidget.content;
  content.activeCellIndex = content.widgets.findIndex(cell => cell.model.id === id);
}"""
SOURCE = """id => window.jupyterapp.shell.currentWidget.content.widgets
  .find(cell => cell.model.id === id).model.sharedModel.getSource()"""


@dataclass
class Server:
    """Be one JupyterLab on one copy of the course."""

    course: Course
    url: str
    token: str
    program: Trusted
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(80))

    def toy(self) -> str:
        """Write a small lab into the course and return its name."""
        name = f"lab{next(self.numbers)}_toy"
        write_toy(self.course, name)
        return name


@dataclass
class Notebook:
    """Be one notebook on a page of its own."""

    page: Page
    server: Server
    lab: str
    errors: list[str]

    @property
    def folder(self) -> Path:
        return self.server.course.exercises(self.lab)

    def run_all(self, limit: float = 90) -> None:
        self.do("notebook:run-all-cells", limit)

    def run_cell(self, cell: str, limit: float = 60) -> None:
        self.page.evaluate(SELECT, cell)
        self.do("notebook:run-cell", limit)

    def do(self, command: str, limit: float = 60) -> None:
        said = self.page.evaluate(RUN, [command, limit * 1000])
        assert said == "done", f"{command}: {said}"

    def write(self, cell: str, text: str) -> None:
        self.page.evaluate(SET_SOURCE, [cell, text])

    def source(self, cell: str) -> str:
        return str(self.page.evaluate(SOURCE, cell))

    def panel(self, name: str) -> Any:
        return self.page.get_by_role("region", name=name)

    def see(self, text: str, seconds: float = 20) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=seconds * 1000)


Open = Callable[..., Notebook]


def copy_course(to: Path) -> Course:
    for name in COPIED:
        source, target = ROOT / name, to / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=ASIDE)
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return Course(to)


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """Copy the course below `folder` and serve the copy; the server ends with the block."""
    course = copy_course((folder / "course").resolve())
    home = folder / "home"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY", "IPYTHON"))}
    runtime = home / "runtime"
    kept |= {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT)}
    args = ["--LabApp.expose_app_in_browser=True", "--IdentityProvider.token=let-me-in"]
    argv = command(course, args, browser=False)
    with start_trusted(argv, env=environment(course, kept), cwd=course.root) as program:

        def started() -> bool:
            return bool(list(runtime.glob("jpserver-*.json")))

        wait_until(
            started, timeout=60, poll=0.05, alive=lambda: program.alive, what="JupyterLab's address"
        )
        about = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
        try:
            yield Server(course, str(about["url"]), "let-me-in", program)
        finally:
            program.stop(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("BEYOND_CHROMIUM") or shutil.which("chromium")
    assert found, "There is no Chromium here: `sudo apt install chromium`, or set BEYOND_CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def open_notebook(context: BrowserContext) -> Iterator[Open]:
    """Open a lab's notebook on a page of its own; errors on the console fail the test."""
    opened: list[Notebook] = []

    def open_it(server: Server, lab: str, path: str = "") -> Notebook:
        page, errors = context.new_page(), []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        path = path or f"notebooks/{lab}.ipynb"
        space = f"w{time.time_ns()}"  # an own workspace: no tabs of an earlier test
        page.goto(f"{server.url}lab/workspaces/{space}/tree/{path}?token={server.token}")
        page.wait_for_function(READY, timeout=60_000)
        opened.append(Notebook(page, server, lab, errors))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.page.evaluate(
            "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown()"
        )
        assert notebook.errors == [], "the browser's console shows errors"


def kernels(server: Server) -> list[int]:
    """Return the process ids of a server's kernels."""
    import psutil

    children = psutil.Process(server.program.pid).children(recursive=True)
    return [c.pid for c in children if "ipykernel_launcher" in " ".join(c.cmdline())]


__all__ = ["READY", "Notebook", "Open", "Server", "kernels", "serve", "sys"]
