"""Files, cells and errors that a cell must survive: each test is named after the mistake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lab_kit.errors import UsageError
from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import BIGGEST, WorkFile
from tests.unit.notebook.conftest import LAB, STUB, run

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("link", [".history", ".history/answer.py"])
def test_a_linked_shelf_deleted_the_files_of_another_folder(
    where: Where, answer: Path, tmp_path: Path, link: str
) -> None:
    other = tmp_path / "other"
    (other / "answer.py").mkdir(parents=True)
    foreign = [other / f"{n}" for n in range(40)]
    foreign += [other / "answer.py" / f"{n}" for n in range(40)]
    for file in foreign:
        file.write_text("precious")
    (answer.parent / link).parent.mkdir(exist_ok=True)
    (answer.parent / link).symlink_to(other)
    with pytest.raises(UsageError, match="earlier version could not be kept") as caught:
        WorkFile(where, "answer.py").save("x = 1")
    assert caught.value.why.startswith(f"exercises/{LAB}/{link} is a link")
    assert all(file.exists() for file in foreign)
    assert answer.read_text() == STUB


@pytest.mark.parametrize("name", ["alias.py", "app/answer.py", "itself.py"])
def test_a_link_inside_the_folder_let_one_exercise_overwrite_another(
    where: Where, answer: Path, name: str
) -> None:
    (answer.parent / "alias.py").symlink_to(answer)
    (answer.parent / "app").symlink_to(answer.parent, target_is_directory=True)
    (answer.parent / "itself.py").symlink_to("itself.py")
    with pytest.raises(UsageError, match="goes through a link") as caught:
        WorkFile(where, name)
    assert caught.value.why.startswith(f"exercises/{LAB}/{name.split('/')[0]} is a link:")
    assert "remove the link" in caught.value.next


def test_a_pipe_in_place_of_the_file_hung_the_cell(
    shell: Any, answer: Path, capsys: Capture
) -> None:
    answer.unlink()
    os.mkfifo(answer)
    run(shell, "%%exercise answer.py\nx = 1")
    assert "It is not a plain file." in capsys.readouterr().err


def test_a_huge_sparse_file_filled_the_memory(shell: Any, answer: Path, capsys: Capture) -> None:
    os.truncate(answer, BIGGEST + 1)
    run(shell, "%%exercise answer.py\nx = 1")
    assert "It is larger than a megabyte." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a\0b.py", "a\x1b[31m.py", "a\u202eyp.b", "a\ud800.py"])
def test_an_unprintable_name_was_raised_out_of_the_cell(
    shell: Any, answer: Path, capsys: Capture, name: str
) -> None:
    shell.run_cell_magic("exercise", name, "x = 1")
    said = capsys.readouterr().err
    assert f"{name!r} is not a file of this lab." in said
    assert list(answer.parent.iterdir()) == [answer]


@pytest.mark.parametrize("switch", ["", " --keep-cell"])
def test_half_a_character_in_a_cell_was_raised_out_of_it(
    shell: Any, answer: Path, capsys: Capture, switch: str
) -> None:
    shell.run_cell_magic("exercise", f"answer.py{switch}", "x = '\ud800'")
    said = capsys.readouterr().err
    assert "was not saved: the cell holds half a character." in said
    assert "'\\ud800' is no character by itself" in said
    assert answer.read_text() == STUB


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("raise GeneratorExit", "stopped while it was run: GeneratorExit."),
        ("class Own(BaseException): ...\nraise Own", "stopped while it was run: Own."),
        ("raise SyntaxError('x', (__file__, 1, 2, 3))", "stopped while it was run: SyntaxError."),
        (
            "class Mute(Exception):\n    def __str__(self): raise OSError\nraise Mute",
            "stopped while it was run: Mute.",
        ),
    ],
)
def test_an_odd_error_was_raised_out_of_the_cell(
    shell: Any, capsys: Capture, code: str, what: str
) -> None:
    run(shell, f"%%exercise answer.py\n{code}")
    assert what in capsys.readouterr().err


def test_a_learners_error_text_reached_the_terminal_raw(shell: Any, capsys: Capture) -> None:
    run(shell, "%%exercise answer.py\nraise ValueError('\\x1b]0;owned\\x07')")
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert r"\x1b]0;owned\x07" in said
