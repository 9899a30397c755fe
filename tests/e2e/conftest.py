"""Serve a copy of the course as `./lab` does, and look at it through a real browser.

One server and one browser serve many tests, each with a lab of its own. What is waited for is what
proved steady: the kernel's own state, asked through JupyterLab's application object, and texts.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lab_kit.course import Course
from lab_kit.process import Trusted, start_trusted, wait_until
from lab_kit.start import command, environment, trust
from tests.e2e.toy import write_toy

ROOT = Path(__file__).parents[2]
COPIED = ("course.toml", "README.md", "notebooks", "exercises", "solutions", "tests/labs")
ASIDE = shutil.ignore_patterns("__pycache__", ".history", ".ipynb_checkpoints")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
READY = """path => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  return context?.path === path && context.isReady
    && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
OPEN = """([path, factory]) => window.jupyterapp.commands
  .execute('docmanager:open', {path, factory}).then(() => 1)"""
LEAVE = """async () => {
  const widget = window.jupyterapp?.shell?.currentWidget;
  await widget?.sessionContext?.shutdown();
  [...window.jupyterapp.shell.widgets('main')].forEach(open => open.dispose());
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
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type === 'code')
  .map(cell => cell.model.outputs.toJSON().find(output => output.output_type === 'error'))
  .filter(error => error).map(error => `${error.ename}: ${error.evalue}`)"""
STATE = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const kernel = panel.sessionContext.session?.kernel;
  const waiting = panel.content.widgets.filter(cell => cell.promptNode?.textContent === '[*]:')
    .map(cell => cell.model.sharedModel.getSource().slice(0, 80));
  return JSON.stringify({kernel: kernel?.status, link: kernel?.connectionStatus, waiting});
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
    env: dict[str, str]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(80))

    def toy(self) -> str:
        """Write a small lab into the course and return its name."""
        name = f"lab{next(self.numbers)}_toy"
        write_toy(self.course, name)
        trust(self.course, self.env)
        return name


@dataclass
class Notebook:
    """Be one notebook on a page of its own."""

    page: Page
    server: Server
    lab: str
    path: str
    errors: list[str]
    shared: bool

    @property
    def folder(self) -> Path:
        return self.server.course.exercises(self.lab)

    def run_all(self, limit: float = 90) -> None:
        self.do("notebook:run-all-cells", limit)
        assert self.page.evaluate(ERRORS) == [], "a cell stopped Run All"

    def run_cell(self, cell: str, limit: float = 60) -> None:
        self.page.evaluate(SELECT, cell)
        self.do("notebook:run-cell", limit)

    def do(self, command: str, limit: float = 60) -> None:
        said = self.page.evaluate(RUN, [command, limit * 1000])
        if said != "done":
            log = self.server.program.output()[-2000:]
            pytest.fail(f"{command}: {said}; {self.page.evaluate(STATE)}; {self.errors}; {log}")

    def write(self, cell: str, text: str) -> None:
        self.page.evaluate(SET_SOURCE, [cell, text])

    def source(self, cell: str) -> str:
        return str(self.page.evaluate(SOURCE, cell))

    def panel(self, name: str) -> Any:
        return self.page.get_by_role("region", name=name)

    def close(self) -> None:
        """End the kernel and close what is open; an own page is left as well."""
        if self.page.is_closed():
            return
        self.page.evaluate(LEAVE)
        if not self.shared:
            self.page.close()

    def wait_ready(self) -> None:
        self.page.wait_for_function(READY, arg=self.path, timeout=60_000)

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
    kept["JUPYTER_DATA_DIR"] = str(home / "data")
    args = ["--LabApp.expose_app_in_browser=True", "--IdentityProvider.token=let-me-in"]
    argv = command(course, args, browser=False)
    env = environment(course, kept)
    with start_trusted(argv, env=env, cwd=course.root) as program:

        def started() -> dict[str, Any] | None:
            for path in runtime.glob("jpserver-*.json"):
                with suppress(ValueError):  # half written
                    return dict(json.loads(path.read_text()))
            return None

        wait_until(
            started, timeout=60, poll=0.05, alive=lambda: program.alive, what="JupyterLab's address"
        )
        about = started() or {}
        try:
            yield Server(course, str(about["url"]), "let-me-in", program, env)
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


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    context.set_default_timeout(20_000)
    yield context
    context.close()


RENEWED = "WebSocket is already in CLOSING or CLOSED state"


@dataclass
class Window:
    """Be a browser's tab with JupyterLab in it, and what its console complained of."""

    page: Page
    errors: list[str]


def open_window(context: BrowserContext, server: Server, path: str) -> Window:
    """Open JupyterLab at a path by its address, as a learner's browser does."""
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    space = f"w{time.time_ns()}"  # an own workspace: no tabs of an earlier test
    page.goto(f"{server.url}lab/workspaces/{space}{path}?token={server.token}")
    return Window(page, errors)


@pytest.fixture(scope="session")
def window(context: BrowserContext, server: Server) -> Window:
    """The window that most tests share: loading JupyterLab is what takes longest."""
    opened = open_window(context, server, "")
    opened.page.wait_for_function("() => window.jupyterapp?.shell", timeout=60_000)
    opened.page.evaluate("() => window.jupyterapp.restored.then(() => 1)")
    return opened


@pytest.fixture
def open_notebook(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a lab's notebook; errors on the console fail the test.

    `fresh` opens it by its address in a window of its own.
    """
    opened: list[Notebook] = []

    def open_it(
        server: Server, lab: str, path: str = "", *, fresh: bool = False, factory: str = "Notebook"
    ) -> Notebook:
        path = path or f"notebooks/{lab}.ipynb"
        if fresh:
            window = open_window(context, server, f"/tree/{path}")
        else:
            window = request.getfixturevalue("window")
            window.errors.clear()
            window.page.evaluate(OPEN, [path, factory])
        notebook = Notebook(window.page, server, lab, path, window.errors, shared=not fresh)
        opened.append(notebook)
        notebook.wait_ready()
        return notebook

    yield open_it
    for notebook in opened:
        # Ending a kernel makes JupyterLab grumble: not counted after this, nor the browser's own
        # word for a message sent while JupyterLab renews its connection to a slow server.
        complaints = [text for text in notebook.errors if RENEWED not in text]
        notebook.close()
        assert complaints == [], "the browser's console shows errors"


def kernel(notebook: Notebook) -> int:
    """Return the process id of a notebook's kernel."""
    name = notebook.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
    )
    children = psutil.Process(notebook.server.program.pid).children(recursive=True)
    [found] = [c.pid for c in children if str(name) in " ".join(c.cmdline())]
    return found
