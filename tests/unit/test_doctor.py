from __future__ import annotations

import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from lab_kit import doctor, setup
from lab_kit.course import Course
from lab_kit.errors import Unavailable
from lab_kit.process import Level

COURSE = Course(Path(__file__).parents[2])


def states(findings) -> dict[str, str]:
    return {found.name.strip(): found.state for found in findings}


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "level", lambda: Level("full", {"files": "held"}, []))
    monkeypatch.setattr(doctor, "chromium", lambda env: "/usr/bin/chromium")
    monkeypatch.setattr(setup, "complete", lambda root, lock: True)


@pytest.mark.usefixtures("healthy")
def test_a_machine_that_can_run_the_labs_is_told_so(capsys):
    assert doctor.doctor(COURSE) == 0
    said = capsys.readouterr().out
    assert said.endswith("The labs can be run here.\n")
    assert "Fix:" not in said
    assert max(map(len, said.splitlines())) <= 100
    assert len(said.splitlines()) <= 24


@pytest.mark.usefixtures("healthy")
def test_a_missing_component_is_told_with_how_to_get_it(capsys, monkeypatch):
    version = metadata.version

    def lacking(name: str) -> str:
        if name == "awslambdaric":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", lacking)
    assert doctor.doctor(COURSE) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "MISSING awslambdaric not installed (AWS's runtime client)" in said
    assert ("run ./lab" if sys.platform == "linux" else "use Linux") in said
    assert said.endswith("The labs cannot be run here yet: mend awslambdaric.")


def test_each_compiler_is_told_with_its_size_or_the_way_to_it(monkeypatch):
    monkeypatch.setattr("lab_kit.components.toolchain.find", lambda language, folder: None)
    found = list(doctor.compilers(COURSE))
    assert [(f.state, f.name, f.text) for f in found] == [
        ("note", title, "no compiler for WebAssembly") for title in ("C", "Rust", "Go")
    ]
    assert all("./lab fetch" in f.fix or "Install" in f.fix for f in found)


@pytest.mark.compilers
def test_a_compiler_that_is_there_is_told_with_its_size():
    for found in doctor.compilers(COURSE):
        assert found.state == "ok"
        assert found.text.split()[-1] == "MB"


@pytest.mark.parametrize(
    ("name", "layers", "says"),
    [
        ("degraded", {"files": "held", "network": "absent (no namespaces)"}, "can be graded"),
        ("none", {"files": "HOLLOW (the act worked)"}, "practise here; grading refuses"),
    ],
)
def test_each_missing_protection_is_named(monkeypatch, name: str, layers, says: str):
    missing = [layer for layer, how in layers.items() if how != "held"]
    monkeypatch.setattr(doctor, "level", lambda: Level(name, layers, missing))
    found = list(doctor.sandbox(COURSE))
    assert found[0].state == "note"
    assert found[0].text.startswith(f"level {name}: ")
    assert says in found[0].text
    assert found[-1].text == f"{missing[-1]} {layers[missing[-1]]}"
    assert "max_user_namespaces" in found[-1].fix


def test_a_sandbox_that_cannot_be_tried_does_not_end_the_rest(monkeypatch):
    def broken() -> Level:
        raise Unavailable("The zygote died.", "Killed.", "run ./lab doctor again.")

    monkeypatch.setattr(doctor, "level", broken)
    found = {f.name: f for f in doctor.examine(COURSE)}
    assert found["sandbox"].state == "MISSING"
    assert found["sandbox"].text == "The zygote died. Killed."
    assert found["sandbox"].fix == "run ./lab doctor again."
    assert "git" in found


def test_little_room_is_told(monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=7_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    (found,) = doctor.disk(COURSE)
    assert (found.state, found.text) == ("note", "only 7 MB free")
    assert found.fix == "make 500 MB of room"


def test_stale_packages_are_told(tmp_path: Path):
    assert states(doctor.python(Course(tmp_path))) == {"python": "ok", "packages": "note"}


def test_tools_that_are_not_there_are_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("BEYOND_CHROMIUM", raising=False)
    (git,) = doctor.git(COURSE)
    (browser,) = doctor.browser(COURSE)
    assert git.fix == "sudo apt install git"
    assert browser.fix == "sudo apt install chromium"
    assert states([git, browser]) == {"git": "note", "browser": "note"}
