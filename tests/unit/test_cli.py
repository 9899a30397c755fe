"""The frame of the command line, without a process behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab_kit import cli
from lab_kit.errors import JudgeError, Unavailable, UsageError

ROOT = Path(__file__).resolve().parents[2]
VERBS = (
    "start",
    "list",
    "check",
    "hint",
    "reset",
    "doctor",
    "fetch",
    "build",
    "release",
    "test",
)


def test_help_names_every_verb() -> None:
    command = [sys.executable, "-P", "-m", "lab_kit", "--help"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0
    assert all(f"\n    {verb} " in done.stdout for verb in VERBS)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, lab_kit.cli as c; c.parser().format_help(); print(*sys.modules)"
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    heavy = {"pytest", "IPython", "ipywidgets", "boto3", "lab_kit.judge", "lab_kit.process"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("words", "verb", "rest"),
    [
        ([], "start", []),
        (["--no-browser", "--port", "9"], "start", ["--no-browser", "--port", "9"]),
        (["start", "2", "--no-browser"], "start", ["2", "--no-browser"]),
        (["test", "-k", "judge", "-x"], "test", ["-k", "judge", "-x"]),
    ],
)
def test_start_is_the_default_and_hands_on_its_words(
    words: list[str], verb: str, rest: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, list[str]]] = []

    def choose(name: str) -> cli.Verb:
        return lambda course, args: seen.append((name, args.rest)) or 0

    monkeypatch.setattr(cli, "choose", choose)
    assert cli.main(words) == 0
    assert seen == [(verb, rest)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("Wrong.", "Why.", "do this."), 2),
        (Unavailable("Missing.", "Why.", "get it."), 3),
        (JudgeError("Broken.", "Why.", "tell us."), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_error_becomes_an_exit_code(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(words: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "run", fail)
    assert cli.main(["list"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("" if code == 130 else f"{error}\n")


def test_unexpected_error_keeps_its_traceback_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "course.toml").write_text("")
    monkeypatch.setenv("BEYOND_ROOT", str(tmp_path))

    def fail(words: list[str]) -> int:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(cli, "run", fail)
    assert cli.main(["list"]) == 3
    kept = tmp_path / ".beyond" / "last-error.txt"
    assert "ZeroDivisionError: by nought" in kept.read_text()
    assert capsys.readouterr().err == (
        "Something of ours broke; it is not your work.\n  ZeroDivisionError: by nought\n"
        f"  Next: tell your instructor, with the file {kept}.\n"
    )
