from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import KEPT, WorkFile
from tests.unit.notebook.conftest import LAB, STUB, put_in, run

Capture = pytest.CaptureFixture[str]


def history(answer: Path) -> list[Path]:
    return sorted((answer.parent / ".history" / "answer.py").glob("*"))


def test_a_cell_becomes_the_file_and_the_earlier_text_is_kept(shell: Any, answer: Path) -> None:
    run(shell, "%%exercise answer.py\ndef one():\n    return 1\n")
    assert answer.read_text() == "def one():\n    return 1\n"
    assert [p.read_text() for p in history(answer)] == [STUB]
    run(shell, "assert one() == 1")


def test_the_last_expression_is_shown(shell: Any) -> None:
    assert run(shell, "%%exercise answer.py\n40 + 2").result == 42


def test_the_same_text_writes_nothing(shell: Any, answer: Path) -> None:
    before = answer.stat().st_mtime_ns
    run(shell, f"%%exercise answer.py\n{STUB}")
    assert answer.stat().st_mtime_ns == before
    assert history(answer) == []


def test_twenty_earlier_contents_are_kept(shell: Any, answer: Path) -> None:
    for n in range(KEPT + 5):
        run(shell, f"%%exercise answer.py\nx = {n}")
    kept = [p.read_text() for p in history(answer)]
    assert kept == [f"x = {n}\n" for n in range(4, KEPT + 4)]


def test_an_empty_cell_loads_the_file(shell: Any, answer: Path) -> None:
    answer.write_text("kept = 7\n")
    run(shell, "%%exercise answer.py")
    assert put_in(shell) == "%%exercise answer.py\nkept = 7"
    assert answer.read_text() == "kept = 7\n"
    run(shell, "assert kept == 7")


def test_an_empty_cell_without_a_file_says_so(shell: Any, capsys: Capture) -> None:
    run(shell, "%%exercise other.py\n\n")
    assert f"There is no file exercises/{LAB}/other.py to load." in capsys.readouterr().err


def test_a_cell_older_than_its_file_overwrites_nothing(
    shell: Any, answer: Path, capsys: Capture
) -> None:
    run(shell, "%%exercise answer.py\nmine = 1")
    answer.write_text("mine = 'from the editor'\n")
    run(shell, "%%exercise answer.py\nmine = 2")
    said = capsys.readouterr().out
    assert answer.read_text() == "mine = 'from the editor'\n"
    assert "was changed somewhere else" in said
    assert "-mine = 'from the editor'\n+mine = 2" in said
    assert "%%exercise answer.py --keep-file" in said
    assert "%%exercise answer.py --keep-cell" in said
    run(shell, "assert mine == 'from the editor'")


def test_a_fresh_stub_never_overwrites_a_file_written_before(shell: Any, answer: Path) -> None:
    answer.write_text("def one():\n    return 1\n")
    run(shell, f"%%exercise answer.py\n{STUB}")
    assert answer.read_text() == "def one():\n    return 1\n"
    run(shell, "assert one() == 1")


def test_a_cell_edited_before_its_first_run_is_saved(shell: Any, answer: Path) -> None:
    run(shell, "%%exercise answer.py\ndef one():\n    return 1")
    assert answer.read_text() == "def one():\n    return 1\n"


def test_keep_cell_saves_over_the_file_and_leaves_the_switch_out(shell: Any, answer: Path) -> None:
    answer.write_text("theirs = 1\n")
    run(shell, "%%exercise answer.py --keep-cell\nmine = 2")
    assert answer.read_text() == "mine = 2\n"
    assert [p.read_text() for p in history(answer)] == ["theirs = 1\n"]
    assert put_in(shell) == "%%exercise answer.py\nmine = 2"


def test_keep_file_fills_the_cell_from_the_file(shell: Any, answer: Path) -> None:
    answer.write_text("theirs = 1\n")
    run(shell, "%%exercise answer.py --keep-file\nmine = 2")
    assert answer.read_text() == "theirs = 1\n"
    assert put_in(shell) == "%%exercise answer.py\ntheirs = 1"
    run(shell, "%%exercise answer.py\ntheirs = 3")  # now they agree, so the cell may go on
    assert answer.read_text() == "theirs = 3\n"


@pytest.mark.parametrize(
    "name", ["../up.py", "../../course.toml", "/etc/passwd", ".history/x.py", ".", "a/../../b.py"]
)
def test_no_cell_writes_outside_its_folder(
    shell: Any, answer: Path, capsys: Capture, name: str
) -> None:
    def files() -> dict[Path, bytes]:
        root = answer.parents[2]
        return {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}

    before = files()
    run(shell, f"%%exercise {name}\nx = 1")
    assert files() == before
    said = capsys.readouterr().err
    assert "is not a file of this lab." in said
    assert f"below exercises/{LAB}/ only" in said


def test_no_cell_writes_through_a_link(shell: Any, answer: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious.txt"
    target.write_text("precious")
    (answer.parent / "link.py").symlink_to(target)
    run(shell, "%%exercise link.py\nx = 1")
    assert target.read_text() == "precious"


def test_a_folder_is_no_file(shell: Any, answer: Path, capsys: Capture) -> None:
    (answer.parent / "app").mkdir()
    run(shell, "%%exercise app\nx = 1")
    assert "'app' is a folder." in capsys.readouterr().err


@pytest.mark.parametrize("line", ["", "a.py b.py", "a.py --force", "'a.py"])
def test_a_wrong_first_line_says_how_to_write_it(shell: Any, capsys: Capture, line: str) -> None:
    run(shell, f"%%exercise {line}\nx = 1")
    assert "write, for example, `%%exercise handler.py`." in capsys.readouterr().err


def test_an_error_names_file_and_line_and_stops_nothing(shell: Any, capsys: Capture) -> None:
    run(shell, "%%exercise answer.py\ndef one():\n    return 1 / 0\none()\n")
    said = capsys.readouterr().err
    assert f"exercises/{LAB}/answer.py stopped while it was run: ZeroDivisionError." in said
    assert f"exercises/{LAB}/answer.py:2, in one\n      return 1 / 0" in said
    assert f"Next: look at exercises/{LAB}/answer.py:2" in said
    assert "exec(" not in said, "our own lines are of no use to a learner"


def test_a_syntax_error_names_file_and_line(shell: Any, answer: Path, capsys: Capture) -> None:
    run(shell, "%%exercise answer.py\ndef one(:\n    pass\n")
    said = capsys.readouterr().err
    assert f"exercises/{LAB}/answer.py is saved, but Python cannot read it." in said
    assert f"exercises/{LAB}/answer.py:1: " in said
    assert "Next: mend line 1" in said
    assert answer.read_text().startswith("def one(:")


def test_a_stub_that_runs_at_once_is_a_todo(shell: Any, capsys: Capture) -> None:
    run(shell, f"%%exercise answer.py\n{STUB}one()")
    said = capsys.readouterr().err
    assert said.startswith(f"TODO in exercises/{LAB}/answer.py:2: give back 1")
    assert "NotImplementedError" not in said


def test_asking_python_to_exit_is_refused_kindly(shell: Any, capsys: Capture) -> None:
    run(shell, "%%exercise answer.py\nimport sys\nsys.exit(3)")
    assert "asked Python to exit." in capsys.readouterr().err


def test_ctrl_c_in_a_cell_loses_nothing(shell: Any, answer: Path, capsys: Capture) -> None:
    run(shell, "%%exercise answer.py\nx = 1\nraise KeyboardInterrupt")
    assert "was stopped by you." in capsys.readouterr().err
    assert answer.read_text().startswith("x = 1")


def test_other_languages_are_saved_and_not_run(shell: Any, answer: Path) -> None:
    run(shell, "%%exercise app/policy.yaml\nallow: [tea]")
    assert (answer.parent / "app" / "policy.yaml").read_text() == "allow: [tea]\n"


def test_one_file_of_a_lab_imports_another_as_it_is_now(shell: Any) -> None:
    run(shell, "%%exercise price.py\nPRICE = 1")
    run(shell, "%%exercise answer.py\nfrom price import PRICE")
    run(shell, "%%exercise price.py\nPRICE = 2")
    run(shell, "%%exercise answer.py\nfrom price import PRICE\n")
    run(shell, "assert PRICE == 2")
    assert "price" in sys.modules
    del sys.modules["price"]


def test_an_edit_of_the_same_length_in_the_same_second_is_seen(
    shell: Any, answer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    price = answer.with_name("price.py")
    for value in range(5):
        run(shell, f"%%exercise price.py\nPRICE = {value}")
        os.utime(price, (1_700_000_000, 1_700_000_000))
        run(shell, f"%%exercise answer.py\nfrom price import PRICE  # {value}")
        run(shell, f"assert PRICE == {value}")
    del sys.modules["price"]


def test_a_file_knows_its_own_name(shell: Any, answer: Path) -> None:
    assert run(shell, "%%exercise answer.py\n__file__").result == str(answer)
    run(shell, "assert '__file__' not in globals()")


def test_our_own_future_imports_do_not_reach_the_learner(shell: Any) -> None:
    run(shell, "%%exercise answer.py\ndef one(x: 1 + 1): ...\nkind = one.__annotations__['x']")
    run(shell, "assert kind == 2")


def test_a_file_that_is_no_text_is_left_alone(shell: Any, answer: Path, capsys: Capture) -> None:
    answer.write_bytes(b"\xff\xfe\x00")
    run(shell, "%%exercise answer.py\nx = 1")
    assert answer.read_bytes() == b"\xff\xfe\x00"
    assert "could not be read as text." in capsys.readouterr().err


def test_a_cell_of_a_megabyte_is_refused(shell: Any, answer: Path, capsys: Capture) -> None:
    run(shell, f"%%exercise answer.py --keep-cell\nx = '{'a' * 1_000_001}'")
    assert answer.read_text() == STUB
    assert "larger than a megabyte" in capsys.readouterr().err


def test_a_full_disk_is_said_and_loses_nothing(
    shell: Any, answer: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab_kit.notebook.workfile.write_whole", full)
    run(shell, "%%exercise answer.py\nx = 1")
    assert answer.read_text() == STUB
    assert "The file could not be written." in capsys.readouterr().err


def test_a_story_runs_the_finished_file_and_stays_as_it_is(
    shell: Any, where: Any, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    story = where.course.solutions(LAB) / "story.md"
    monkeypatch.setenv("JPY_SESSION_NAME", str(story))
    run(shell, "%%exercise answer.py")
    assert put_in(shell) == ""
    run(shell, "assert one() == 1")
    run(shell, "%%exercise answer.py\nx = 1")
    assert "A story holds no code of its own." in capsys.readouterr().err
    run(shell, "%%exercise gone.py")
    assert f"There is no file solutions/{LAB}/gone.py." in capsys.readouterr().err


def test_the_next_step_names_the_exercise_and_not_what_it_called(
    shell: Any, answer: Path, capsys: Capture
) -> None:
    (answer.parent / "tables.py").write_text("def load():\n\n\n    raise OSError('no')\n")
    run(shell, "%%exercise answer.py\nimport tables\ntables.load()")
    said = capsys.readouterr().err
    assert f"exercises/{LAB}/tables.py:4, in load" in said
    assert f"Next: look at exercises/{LAB}/answer.py:2 (line 3 of the cell), change it" in said


@pytest.mark.parametrize("code", ["{}['RATES_URL']", "raise RuntimeError('RATES_URL is not set')"])
def test_an_address_that_is_not_set_asks_for_its_service(
    shell: Any, capsys: Capture, code: str
) -> None:
    run(shell, f"%%exercise answer.py\n{code}")
    said = capsys.readouterr().err
    assert "Next: run the cell above that starts a service and sets RATES_URL, then this" in said


def test_a_line_of_the_cell_is_named_only_where_the_cell_holds_the_file(
    shell: Any, answer: Path, capsys: Capture
) -> None:
    run(shell, "%%exercise answer.py\nx = 1\ndef f(:\n")
    assert "Next: mend line 2 (line 3 of the cell)" in capsys.readouterr().err
    answer.write_text("1 / 0\n")
    run(shell, "%%exercise answer.py\nx = 1")
    said = capsys.readouterr().err
    assert f"look at exercises/{LAB}/answer.py:1, change it" in said
    assert "of the cell" not in said


def test_a_cell_older_than_a_reset_overwrites_nothing(
    shell: Any, where: Where, answer: Path, capsys: Capture
) -> None:
    run(shell, "%%exercise answer.py\ndef one():\n    return 2")
    WorkFile(where, "answer.py").save(STUB)  # as `./lab reset` does
    run(shell, "%%exercise answer.py\ndef one():\n    return 2")
    assert answer.read_text() == STUB
    assert "-    raise NotImplementedError" in capsys.readouterr().out
    run(shell, "%%exercise answer.py --keep-file\ndef one():\n    return 2")
    run(shell, "%%exercise answer.py\ndef one():\n    return 1")
    assert answer.read_text() == "def one():\n    return 1\n"


def test_a_name_with_a_slip_is_asked_about(shell: Any, answer: Path, capsys: Capture) -> None:
    run(shell, "%%exercise anwser.py\nx = 1")
    said = capsys.readouterr().out
    assert "hands out no anwser.py; did you mean `%%exercise answer.py`?" in said
    assert (answer.parent / "anwser.py").is_file()
    run(shell, "%%exercise helper.py\nx = 1")
    assert "hands out no helper.py: it is a file of your own." in capsys.readouterr().out
    run(shell, "%%exercise answer.py\nx = 1")
    assert "hands out no" not in capsys.readouterr().out
