from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from lab_kit import start
from lab_kit.authoring.product import seal
from lab_kit.course import Course
from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import start_trusted, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "course.toml").write_text("")
    (tmp_path / "notebooks").mkdir()
    for name in ("lab02_two", "lab01_one"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(json.dumps({"metadata": {}}))
    return Course(tmp_path)


def worked_on(course: Course, lab: str, when: int) -> None:
    path = course.work / "progress" / f"{lab}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (when, when))


def test_the_first_notebook_is_opened_first(course: Course):
    assert start.notebook(course) == "notebooks/lab01_one.ipynb"


def test_the_notebook_last_worked_on_is_opened_later(course: Course):
    worked_on(course, "lab01_one", 100)
    worked_on(course, "lab02_two", 200)
    worked_on(course, "lab09_gone", 300)
    assert start.notebook(course) == "notebooks/lab02_two.ipynb"


def test_without_notebooks_the_folder_is_opened(tmp_path: Path):
    argv = start.command(Course(tmp_path), [], browser=True)
    assert "--LabApp.default_url=/lab" in argv


def test_jupyterlab_listens_on_loopback_only(course: Course):
    argv = start.command(course, ["--port", "9000"], browser=True)
    assert "--ServerApp.ip=127.0.0.1" in argv
    assert f"--ServerApp.root_dir={course.root}" in argv
    assert argv[-2:] == ["--port", "9000"]
    assert "--no-browser" not in argv


def test_a_lab_may_be_named(course: Course):
    argv = start.command(course, ["2", "--port", "9000"], browser=True)
    assert "--LabApp.default_url=/lab/tree/notebooks/lab02_two.ipynb" in argv
    assert argv[-2:] == ["--port", "9000"]
    assert "2" not in argv


def test_a_lab_that_is_not_there_is_told_in_our_words(course: Course):
    with pytest.raises(UsageError, match="no lab called '7'") as caught:
        start.command(course, ["7"], browser=True)
    assert "lab01_one, lab02_two" in str(caught.value)


def test_a_file_goes_on_to_jupyterlab(course: Course):
    argv = start.command(course, ["notebooks/lab02_two.ipynb"], browser=True)
    assert argv[-1] == "notebooks/lab02_two.ipynb"


def trusted(path: Path, folder: Path) -> bool:
    folder.mkdir(exist_ok=True)
    notary = NotebookNotary(data_dir=str(folder))
    try:
        return notary.check_signature(nbformat.read(path, as_version=4))
    finally:
        notary.store.close()


@pytest.mark.parametrize("change", ["", "source", "output", "seal"])
def test_only_a_notebook_that_is_as_built_is_trusted(course: Course, tmp_path: Path, change: str):
    """Whatever somebody else put into a notebook keeps the question that JupyterLab asks."""
    cell: dict = {"cell_type": "code", "id": "a", "metadata": {}, "source": ["1 +\n", "1"],
                  "outputs": [], "execution_count": None}  # fmt: skip
    made: dict = {"cells": [cell], "metadata": {"beyond": {}}, "nbformat": 4, "nbformat_minor": 5}
    if change == "output":
        data = {"text/html": "<script>1</script>"}
        cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    made["metadata"]["beyond"]["seal"] = "none" if change == "seal" else seal(made)
    if change == "source":
        cell["source"] = ["2"]
    path = course.root / "notebooks" / "lab03_three.ipynb"
    path.write_text(json.dumps(made))
    folder = tmp_path / "data"
    start.trust(course, {"JUPYTER_DATA_DIR": str(folder)})
    assert trusted(path, folder) is (change == "")


def test_a_notary_that_cannot_work_stops_nothing(course: Course, tmp_path: Path):
    (tmp_path / "file").write_text("")
    made: dict = {"cells": [], "metadata": {"beyond": {}}, "nbformat": 4, "nbformat_minor": 5}
    made["metadata"]["beyond"]["seal"] = seal(made)
    (course.root / "notebooks" / "lab03_three.ipynb").write_text(json.dumps(made))
    start.trust(course, {"JUPYTER_DATA_DIR": str(tmp_path / "file")})


def test_without_a_screen_only_the_link_is_printed(course: Course):
    assert "--no-browser" in start.command(course, [], browser=False)
    assert start.has_browser({"DISPLAY": ":0"})
    assert start.has_browser({"BROWSER": "wslview"})
    assert start.has_browser({"DISPLAY": ""}) is (sys.platform == "darwin")


def test_our_settings_stand_before_the_learners(course: Course, tmp_path: Path):
    env = start.environment(course, {"HOME": str(tmp_path), "JUPYTER_CONFIG_PATH": "/mine"})
    ours, theirs = env["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert (Path(ours) / "labconfig" / "page_config.json").is_file()
    assert theirs == "/mine"
    assert env["BEYOND_ROOT"] == str(course.root)
    assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert env["HOME"] == str(tmp_path)


def test_a_home_that_is_missing_is_replaced_by_one_in_the_course(course: Course):
    env = start.environment(course, {"HOME": "/nowhere/at/all"})
    assert env["HOME"] == str(course.work / "home")
    assert Path(env["HOME"]).is_dir()


def test_a_jupyterlab_that_does_not_start_is_told(course: Course, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.chdir(course.root)
    with pytest.raises(Unavailable, match="JupyterLab could not be started") as caught:
        start.start(course, [])
    assert "/nowhere/python" in caught.value.why
    assert "./lab doctor" in caught.value.next


class Served:
    """Run `./lab` in a home of its own until its page is served."""

    def __init__(self, home: Path) -> None:
        self.runtime = home / "runtime"
        self.runtime.mkdir(parents=True)
        env = {**os.environ, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(self.runtime)}
        env = {k: v for k, v in env.items() if k not in ("DISPLAY", "BROWSER", "BEYOND_ROOT")}
        self.program = start_trusted([ROOT / "lab"], env=env, cwd=home)

    def __enter__(self) -> Served:
        self.program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.program.stop()
        self.program.__exit__(*error)

    def server(self) -> dict:
        """Return what the server says of itself once it is up."""
        found = self.runtime.glob("jpserver-*.json")
        wait_until(
            lambda: any(self.runtime.glob("jpserver-*.json")) and "token=" in self.program.output(),
            timeout=60, poll=0.1, alive=lambda: self.program.alive, what="JupyterLab",
        )  # fmt: skip
        return json.loads(next(found).read_text())

    def page(self) -> str:
        link = re.search(r"http://127\S+", self.program.output())
        assert link, self.program.output()
        with urllib.request.urlopen(link[0], timeout=20) as answer:
            return answer.geturl() + answer.read().decode()


def test_two_jupyterlabs_run_side_by_side(tmp_path: Path):
    with Served(tmp_path / "one") as one, Served(tmp_path / "two") as two:
        first, second = one.server(), two.server()
        assert first["port"] != second["port"]
        for served in (one, two):
            page = served.page()
            assert "websocket_ping_timeout" not in served.program.output()
            assert start.notebook(Course(ROOT)) in page
            assert "JupyterLab" in page
        one.program.stop()
        assert "JupyterLab" in two.page()


def test_a_notebook_is_signed_once_and_again_when_it_was_built_anew(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made: dict = {"cells": [], "metadata": {"beyond": {}}, "nbformat": 4, "nbformat_minor": 5}
    made["metadata"]["beyond"]["seal"] = seal(made)
    path = course.root / "notebooks" / "lab03_three.ipynb"
    path.write_text(json.dumps(made))
    env = {"JUPYTER_DATA_DIR": str(tmp_path / "data")}
    start.trust(course, env)
    signed = course.work / "signed.json"
    first = signed.read_text("utf-8")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "nbformat.sign", None)  # loading the slow notary would fail
        start.trust(course, env)
    os.utime(path, ns=(1, 1))
    start.trust(course, env)
    assert signed.read_text("utf-8") != first
