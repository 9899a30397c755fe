"""`./lab` as a student meets it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_kit.course import Course
from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import WorkFile
from lab_kit.process import wait_until
from tests.judge.conftest import Ran
from tests.judge.toys import SQUARE, STUB, environment

Lab = Callable[..., Ran]


def solve(course: Path, source: str = SQUARE) -> Path:
    file = course / "exercises" / "lab01_shapes" / "shapes.py"
    file.write_text(source)
    return file


def test_check_passes_with_code_0(lab: Lab, course: Path) -> None:
    solve(course)
    ran = lab("check", "lab01_shapes")
    assert (ran.code, ran.err) == (0, "")
    assert "✓ passed  `area` gives the area of a square." in ran.out
    assert "2 passed; core 3 of 3 points." in ran.out
    assert "\x1b" not in ran.out


def test_check_fails_with_code_1_and_says_what_to_do(lab: Lab) -> None:
    ran = lab("check", "1")
    assert ran.code == 1
    assert ran.err == ""
    assert "TODO: multiply the side by itself" in ran.out
    assert "Next: write it at exercises/lab01_shapes/shapes.py:2." in ran.out
    assert "  … 1 check waits for squares_are_measured\n" in ran.out
    assert "1 failed, 1 waits;" in ran.out
    assert "blocked" not in ran.out
    assert "Stuck? ./lab hint lab01_shapes squares_are_measured" in ran.out


def test_check_could_not_judge_with_code_3(lab: Lab, course: Path) -> None:
    (course / "tests" / "labs" / "lab01_shapes" / "check_shapes.py").write_text("1 / 0\n")
    ran = lab("check", "shapes")
    assert ran.code == 3
    assert "? Nothing was judged." in ran.out
    assert "The checks of lab01_shapes could not be loaded." in ran.out


def test_check_takes_a_part_and_another_folder(lab: Lab, square: Path) -> None:
    ran = lab("check", "1", "--only", "squares_are_measured", "--submission", str(square))
    assert ran.code == 0
    assert "1 passed; core 2 of 2 points." in ran.out
    assert "none tried yet" in lab("list").out


@pytest.mark.parametrize(
    "words",
    [
        ["squares_are_measured"],
        ["--seed", "5", "squares_are_measured"],
        ["--only", "squares_are_measured"],
    ],
)
def test_check_takes_a_part_as_reset_does(words: list[str], lab: Lab, course: Path) -> None:
    solve(course)
    ran = lab("check", "1", *words)
    assert (ran.code, ran.err) == (0, "")
    assert "1 passed; core 2 of 2 points." in ran.out


@pytest.mark.parametrize("name", ["shapes.py", "shapes", "exercises/lab01_shapes/shapes.py"])
def test_check_takes_a_file(name: str, lab: Lab, course: Path) -> None:
    solve(course)
    ran = lab("check", "1", name)
    assert (ran.code, ran.err) == (0, "")
    assert "2 passed; core 3 of 3 points." in ran.out


def test_an_unknown_option_is_not_taken_for_a_part(lab: Lab) -> None:
    ran = lab("check", "1", "--onyl", "shapes.py")
    assert ran.code == 2
    assert "unrecognized arguments: --onyl" in ran.err


def test_a_slip_of_the_pen_is_answered_with_the_nearest_name(lab: Lab) -> None:
    ran = lab("check", "1", "square_is_measured")
    assert ran.code == 2
    assert ran.err == (
        "lab01_shapes has no check or exercise called 'square_is_measured'.\n"
        "  The checks of shapes.py are squares_are_measured, negative_sides_are_refused.\n"
        "  Next: did you mean squares_are_measured?\n"
    )
    assert "Next: did you mean shapes.py?" in lab("hint", "1", "shaeps.py").err


def test_points_and_the_list_are_explained(lab: Lab) -> None:
    told = lab("--help").out
    assert "show the labs, the minutes they take, and where you stand" in told
    assert "A check that passes earns its points: core ones are for everybody" in told
    assert "PART" in lab("check", "--help").out


def test_check_writes_json(lab: Lab, course: Path, tmp_path: Path) -> None:
    solve(course)
    target = tmp_path / "report.json"
    ran = lab("check", "1", "--seed", "5", "--json", str(target))
    report = json.loads(target.read_text())
    assert ran.code == 0
    assert report["seed"] == 5
    assert [row["verdict"] for row in report["results"]] == ["passed", "passed"]
    alone = lab("check", "1", "--seed", "5", "--json", "-")
    assert json.loads(alone.out)["submission"] == report["submission"]


@pytest.mark.parametrize(
    ("words", "what", "next"),
    [
        (["frob"], "The command was not understood.", "run `./lab --help`"),
        (["check"], "The command was not understood.", "run `./lab check --help`"),
        (["check", "1", "--seed", "x"], "The command was not understood.", "run `./lab check"),
        (["check", "9"], "There is no lab called '9'.", "run `./lab list`"),
        (
            ["check", "1", "--only", "circle"],
            "lab01_shapes has no check or exercise called 'circle'.",
            "use one of these names",
        ),
        (["check", "1", "--submission", "no/where"], "There is no folder", "check the path"),
        (["check", "1", "--json", "no/where.json"], "The report could not be written", "name a"),
        (["check", "1", "--json", "."], "The report could not be written to .", "name a file"),
        (["hint", "1", "circle"], "lab01_shapes has no check or exercise called", "use one"),
        (
            ["hint", "1", "squares_are_measured", "--number", "3"],
            "squares_are_measured has no hint 3.",
            "run `./lab hint lab01_shapes squares_are_measured`.",
        ),
        (["hint", "1", "squares_are_measured", "--number", "0"], "squares_are_measured has no", ""),
        (["reset", "1", "../x.py"], "lab01_shapes hands out no file called '../x.py'.", "run `./"),
    ],
)
def test_wrong_usage_has_code_2(words: list[str], what: str, next: str, lab: Lab) -> None:
    ran = lab(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(what)
    assert f"Next: {next}" in ran.err


def test_no_course_has_code_2(lab: Lab, tmp_path: Path) -> None:
    ran = lab("list", BEYOND_ROOT=str(tmp_path / "nowhere"))
    assert ran.code == 2
    assert ran.err.startswith("No course was found at BEYOND_ROOT.")


def test_hints_come_one_after_the_other(lab: Lab) -> None:
    words = ("hint", "1", "squares_are_measured")
    assert lab(*words).out.startswith("Hint 1 of 2: Multiply.\nAnother: ./lab hint")
    both = "Hint 1 of 2: Multiply.\nHint 2 of 2: The area of a square is its side times itself.\n"
    assert lab(*words).out == both + "That was the last one.\n"
    assert lab(*words).out == both + "That was the last one.\n"
    assert lab(*words, "--number", "2").out == both.splitlines(keepends=True)[1]


def test_hint_of_a_file_is_that_of_its_first_failed_check(lab: Lab) -> None:
    before = lab("hint", "1", "shapes.py")
    assert before.code == 2
    assert before.err == (
        "No check of shapes.py has failed so far, and a hint belongs to one check.\n"
        "  Its checks are squares_are_measured, negative_sides_are_refused.\n"
        "  Next: check shapes.py first, or ask for the hint of one of these checks.\n"
    )
    lab("check", "1")
    assert lab("hint", "1", "shapes.py").out == (
        "squares_are_measured: `area` gives the area of a square.\n"
        "Hint 1 of 2: Multiply.\nAnother: ./lab hint lab01_shapes squares_are_measured\n"
    )


def test_list_shows_where_the_student_stands(lab: Lab, course: Path) -> None:
    before = lab("list")
    assert before.code == 0
    assert "lab01_shapes" in before.out
    assert "5 min, 2 checks, none tried yet" in before.out
    lab("check", "1")
    assert "5 min, 0 of 2 checks passed" in lab("list").out
    solve(course)
    lab("check", "1", "--only", "squares_are_measured")
    assert "5 min, 1 of 2 checks passed" in lab("list").out
    lab("check", "1")
    assert "✓ lab01_shapes" in lab("list").out


def test_list_says_that_nothing_is_built(lab: Lab, course: Path) -> None:
    for notebook in (course / "notebooks").iterdir():
        notebook.unlink()
    assert lab("list").out == "No lab is built yet. Authors run `./lab build`.\n"


def test_reset_brings_the_stub_back_and_keeps_the_work(lab: Lab, course: Path) -> None:
    file = solve(course)
    ran = lab("reset", "1", "shapes.py")
    assert ran.code == 0
    assert file.read_text() == STUB
    kept = [p.read_text() for p in (file.parent / ".history" / "shapes.py").iterdir()]
    assert kept == [SQUARE]
    assert ran.out == (
        "exercises/lab01_shapes/shapes.py is put back as it was handed out; "
        "your version is kept in .history.\n"
        "  Next: the notebook's cell may still hold your version. Begin it with\n"
        "  `%%exercise shapes.py --keep-file` and run it once to see the file there.\n"
    )
    again = lab("reset", "1", "shapes.py").out
    assert (
        again == "exercises/lab01_shapes/shapes.py is as it was handed out; nothing was changed.\n"
    )
    file.unlink()
    assert lab("reset", "1", "exercises/lab01_shapes/shapes.py").code == 0
    assert file.read_text() == STUB


def test_a_cell_does_not_undo_a_reset(lab: Lab, course: Path) -> None:
    work = WorkFile(Where(Course(course), "lab01_shapes"), "shapes.py")
    work.save(SQUARE)
    work.agree(SQUARE)
    assert not work.is_newer_than(SQUARE + "# more\n")
    lab("reset", "1", "shapes.py")
    assert work.is_newer_than(SQUARE)
    assert not work.is_newer_than(STUB)


def test_missing_file_is_told_with_the_command_that_helps(lab: Lab, course: Path) -> None:
    solve(course).unlink()
    ran = lab("check", "1")
    assert ran.code == 1
    assert "shapes.py is missing." in ran.out
    assert "run `./lab reset lab01_shapes shapes.py`" in ran.out


def test_our_own_fault_is_one_message_and_a_file(lab: Lab, course: Path) -> None:
    (course / "notebooks" / "lab01_shapes.ipynb").write_text("{")
    ran = lab("check", "1")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("Something of ours broke; it is not your work.\n  JSONDecodeError:")
    kept = course / ".beyond" / "last-error.txt"
    assert f"tell your instructor, with the file {kept}." in ran.err
    assert "Traceback" in kept.read_text()


def start(course: Path, *words: str, **streams: int) -> subprocess.Popen[bytes]:
    """Start the command as a terminal does, also where the suite itself ignores Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "lab_kit", *words],
        cwd=course,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env=environment(BEYOND_ROOT=str(course), PYTHONUNBUFFERED="1", TERM="xterm"),
        **streams,
    )


def test_interrupted_check_is_quiet(course: Path) -> None:
    solve(course, "def area(side):\n    while True: pass\n")
    shapes = course / "tests" / "labs" / "lab01_shapes" / "check_shapes.py"
    shapes.write_text(
        shapes.read_text().replace(
            "    side = fresh", f"    open({str(course / 'busy')!r}, 'w')\n    side = fresh"
        )
    )
    with start(course, "check", "1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        wait_until((course / "busy").exists, timeout=30, what="the check")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, b"", b"")


def test_reader_that_leaves_is_no_error(course: Path) -> None:
    with start(course, "check", "1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == b""


@pytest.mark.parametrize("no_colour", [False, True])
def test_colour_and_progress_are_for_terminals(no_colour: bool, course: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-P", "-m", "lab_kit", "check", "1"]
    env = environment(BEYOND_ROOT=str(course), TERM="xterm")
    env.pop("NO_COLOR", None)
    if no_colour:
        env["NO_COLOR"] = "1"
    with subprocess.Popen(words, cwd=course, env=env, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 1 << 16):
                text += part
        except OSError:  # how a terminal says that nobody writes any more
            pass
    os.close(ours)
    assert running.returncode == 1
    assert ("\x1b[31m✗ failed\x1b[0m".encode() in text) is not no_colour
    assert b"\r\x1b[Kstarting the judge" in text
    assert b"1 checked, last" in text


def test_output_fits_an_old_terminal(lab: Lab) -> None:
    ran = lab("check", "1", PYTHONIOENCODING="ascii")
    assert ran.code == 1
    assert "\\u2717 failed" in ran.out


def test_every_verdict_is_told(lab: Lab, course: Path) -> None:
    (course / "exercises" / "lab00_behaviours" / "shapes.py").write_text(SQUARE)
    ran = lab("check", "0")
    assert ran.code == 1
    for told in (
        "✓ passed  `area` gives None for a negative side.",
        "✗ failed  What comes after a dead process is judged all the same.",
        "… 2 checks wait for the_rest_is_still_judged",
        "The check itself broke, so your work was not judged.",
        "Envoy is missing.",
        "Next: run `./lab doctor`.",
        "The judge's process ended with code 9. (seen while running the_judge_dies)",
        "It did not finish within 0.5 s. (seen while running the_judge_hangs)",
        "2 passed, 2 failed, 2 wait, 6 not judged;",
    ):
        assert told in ran.out
