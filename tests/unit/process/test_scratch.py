"""Whatever a student makes in a scratch folder ends with that student and harms nobody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_kit.process import Limits, Zygote
from lab_kit.process.inside import scratch, watch
from lab_kit.process.inside.scratch import Scratch

DIG = """
import os
def dig(deep):
    os.chdir(os.environ["TMPDIR"])
    for _ in range(deep):
        os.mkdir("d")
        os.chdir("d")
def burn():
    while True: pass
def answer():
    return 42
"""


@pytest.fixture
def tmp(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def dig(folder: Path, deep: int, name: str = "d") -> None:
    """Make folders in folders, deeper than any path can name."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(deep):
        os.mkdir(name, dir_fd=at)
        inner = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(os.open("end", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)


@pytest.mark.parametrize("name", ["d", "d" * 200])
def test_a_folder_deeper_than_calls_may_nest_is_removed(tmp, name):
    own = Scratch()
    folder = Path(own.new())
    dig(folder, 1500, name)
    own.remove(str(folder))
    assert not folder.exists()
    own.close()
    assert list(tmp.iterdir()) == []


def test_closed_folders_and_links_are_removed_and_what_they_point_at_stays(tmp):
    own = Scratch()
    folder = Path(own.new())
    kept = tmp / "kept"
    kept.mkdir()
    (kept / "file").write_text("mine")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "link").symlink_to(kept)
    (folder / "link").symlink_to(kept)
    os.mkfifo(folder / "a" / "b" / "pipe")
    for closed in (folder / "a" / "b", folder / "a", folder):
        closed.chmod(0)
    own.close()
    assert [path.name for path in tmp.iterdir()] == ["kept"]
    assert (kept / "file").read_text() == "mine" and kept.stat().st_mode & 0o700 == 0o700


def test_a_deep_folder_left_behind_does_not_stop_the_next_zygote(tmp):
    left = tmp / "beyond-scratch-left"
    left.mkdir()
    dig(left, 1500)
    own = Scratch()
    own.new()
    assert not left.exists()
    own.close()


def test_a_pipe_with_our_prefix_does_not_hang_the_next_zygote(tmp):
    os.mkfifo(tmp / "beyond-scratch-zz")
    own = Scratch()
    own.new()
    own.close()
    assert [path.name for path in tmp.iterdir()] == ["beyond-scratch-zz"]


def test_a_folder_of_somebody_else_is_left_alone(tmp, monkeypatch):
    (tmp / "beyond-scratch-theirs" / "deep").mkdir(parents=True)
    monkeypatch.setattr(scratch.os, "getuid", lambda: os.stat(tmp).st_uid + 1)
    own = Scratch()
    own.new()
    own.close()
    assert (tmp / "beyond-scratch-theirs" / "deep").is_dir()


def test_a_folder_too_deep_or_too_full_counts_as_too_much(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"x" * 8192)
    assert 8 <= watch.folder_kb(str(tmp_path)) < watch.TOO_MUCH_KB
    monkeypatch.setattr(watch, "MOST_ENTRIES", 3)
    dig(tmp_path, 2)
    assert watch.folder_kb(str(tmp_path)) == watch.TOO_MUCH_KB
    monkeypatch.undo()
    monkeypatch.setattr(watch, "MOST_DEEP", 1)
    assert watch.folder_kb(str(tmp_path)) == watch.TOO_MUCH_KB


def test_one_student_that_digs_deep_does_not_end_the_judge(submit):
    with Zygote(force="degraded") as own:
        with own.student(submit(DIG), limits=Limits(scratch_mb=64)) as student:
            student.call("work.py", "dig", 1500)
            ended = student.call("work.py", "burn", timeout=10).error
        assert ended.message == "It was killed: its files in /tmp took more room than they may."
        with own.student(submit(DIG)) as other:
            assert other.call("work.py", "answer").value == 42
    with Zygote(force="degraded") as another, another.student(submit(DIG)) as other:
        assert other.call("work.py", "answer").value == 42
