from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab_kit import selftest, setup
from lab_kit.course import Course
from lab_kit.errors import LabError, Unavailable
from lab_kit.packages import Stopped


class Calls:
    """Stand in for the programs that are run, and remember them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: str = "") -> None:
        self.argv: list[list[str]] = []
        self.env: dict[str, str] = {}
        self.failing = failing
        monkeypatch.setattr(selftest, "call", self)
        monkeypatch.setattr(setup, "ensure", lambda root, lock: None)
        monkeypatch.setattr(selftest, "installed", lambda root, env: "")
        monkeypatch.setattr(selftest, "compilers", lambda root, env: True)

    def __call__(self, argv, root, env) -> int:
        self.argv.append(list(argv))
        self.env = dict(env)
        return 2 if self.failing and self.failing in argv else 0


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def test_pytest_comes_last_and_with_all_tests(course, monkeypatch):
    calls = Calls(monkeypatch)
    monkeypatch.setattr(selftest, "chromium", lambda env: "/usr/bin/chromium")
    assert selftest.run(course, []) == 0
    assert calls.argv[-1] == [sys.executable, "-P", "-m", "pytest"]
    assert calls.env["BEYOND_CHROMIUM"] == "/usr/bin/chromium"
    assert "BEYOND_ROOT" not in calls.env
    assert [argv[3] for argv in calls.argv[:3]] == ["ruff", "ruff", "mypy"]


def test_an_inspection_that_fails_ends_it(course, monkeypatch, capsys):
    calls = Calls(monkeypatch, failing="mypy")
    assert selftest.run(course, []) == 1
    assert "mypy found what is said above; nothing was tested." in capsys.readouterr().err
    assert not any("pytest" in argv for argv in calls.argv)


def test_with_arguments_only_pytest_runs(course, monkeypatch):
    calls = Calls(monkeypatch, failing="pytest")
    monkeypatch.setattr(selftest, "chromium", lambda env: "/usr/bin/chromium")
    assert selftest.run(course, ["-k", "story"]) == 2
    assert calls.argv == [[sys.executable, "-P", "-m", "pytest", "-k", "story"]]


def test_without_a_browser_its_tests_are_left_out_in_one_line(course, monkeypatch, capsys):
    calls = Calls(monkeypatch)
    monkeypatch.setattr(selftest, "chromium", lambda env: "")
    monkeypatch.delenv("CI", raising=False)
    assert selftest.run(course, ["-x"]) == 0
    assert calls.argv[-1][-3:] == ["-m", "not browser", "-x"]
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "`sudo apt install chromium`" in said


def test_in_continuous_integration_no_test_is_left_out(course, monkeypatch):
    calls = Calls(monkeypatch)
    monkeypatch.setattr(selftest, "chromium", lambda env: "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(LabError, match="cannot be left out here, where CI=true") as caught:
        selftest.run(course, ["-x"])
    assert "BEYOND_CHROMIUM=/path" in caught.value.why
    assert calls.argv == []


def no_compilers(monkeypatch) -> None:
    def fetch(self, progress) -> None:
        progress("C: looking for clang.")
        raise Unavailable("A compiler for C could not be fetched.", "No network.", "Try again.")

    monkeypatch.setattr(selftest.Toolchain, "fetch", fetch)


def test_without_compilers_their_tests_are_left_out_and_the_reason_is_said(
    course, monkeypatch, capsys
):
    real = selftest.compilers
    calls = Calls(monkeypatch)
    monkeypatch.setattr(selftest, "compilers", real)
    monkeypatch.setattr(selftest, "chromium", lambda env: "")
    monkeypatch.delenv("CI", raising=False)
    no_compilers(monkeypatch)
    assert selftest.run(course, ["-x"]) == 0
    assert calls.argv[-1][-3:] == ["-m", "not browser and not compilers", "-x"]
    said = capsys.readouterr().out
    assert "C: looking for clang." in said
    assert "The tests of compilers are left out.\nA compiler for C could not be fetched." in said
    assert "Next: Try again." in said


def test_in_continuous_integration_there_are_compilers(course, monkeypatch):
    no_compilers(monkeypatch)
    with pytest.raises(
        LabError, match="compilers cannot be left out here, where CI=true"
    ) as caught:
        selftest.compilers(course.root, {"CI": "true"})
    assert "No network." in caught.value.why


def test_a_set_up_that_stops_is_told(course, monkeypatch):
    def stop(root, lock):
        raise Stopped("Packages could not be installed: no network.")

    monkeypatch.setattr(setup, "ensure", stop)
    with pytest.raises(Unavailable, match="The tests could not be set up") as caught:
        selftest.run(course, [])
    assert caught.value.why == "Packages could not be installed: no network."


def program(folder: Path, name: str, body: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_browser_that_is_only_a_notice_does_not_count(tmp_path: Path):
    program(tmp_path, "chromium", "echo please install the snap; exit 1")
    assert selftest.chromium({"PATH": str(tmp_path)}) == ""
    real = program(tmp_path, "google-chrome", "echo Chrome 1")
    assert selftest.chromium({"PATH": str(tmp_path)}) == real


def test_a_named_browser_is_the_only_one_asked(tmp_path: Path):
    program(tmp_path, "chromium", "echo Chromium 1")
    mine = program(tmp_path, "mine", "echo Mine 1")
    assert selftest.chromium({"PATH": str(tmp_path), "BEYOND_CHROMIUM": mine}) == mine
    assert selftest.chromium({"PATH": str(tmp_path), "BEYOND_CHROMIUM": "/nowhere"}) == ""


def test_what_apt_says_is_passed_on(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(selftest.os, "geteuid", lambda: 0)
    program(tmp_path, "apt-get", "echo E: no such package; exit 100")
    assert selftest.installed(tmp_path, {"PATH": str(tmp_path)}) == ""
    said = capsys.readouterr().out
    assert "Installing chromium and fonts-dejavu-core for the browser tests." in said
    assert "apt-get did not do that: E: no such package" in said


def test_without_the_right_nothing_is_installed(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(selftest.os, "geteuid", lambda: 1000)
    program(tmp_path, "apt-get", "exit 9")
    assert selftest.installed(tmp_path, {"PATH": str(tmp_path)}) == ""
    assert capsys.readouterr().out == ""
