from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_kit.errors import Failed, UsageError
from lab_kit.judge import sealed as sealing
from lab_kit.judge.sealed import sealed


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "run.sh").write_text("true\n")
    (folder / "app" / "run.sh").chmod(0o755)
    (folder / "a.py").write_text("x = 1\n")
    return folder


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def test_copy_holds_the_files_read_only_and_goes_away(source: Path, tmp_path: Path) -> None:
    with sealed(source, tmp_path) as (copy, scratch, digest):
        assert files(copy) == ["a.py", "app/run.sh"]
        assert (copy / "a.py").stat().st_mode & 0o777 == 0o444
        assert (copy / "app" / "run.sh").stat().st_mode & 0o777 == 0o555
        assert list(scratch.iterdir()) == []
        assert len(digest) == 64
    assert not copy.exists()
    assert files(source) == ["a.py", "app/run.sh"]


def test_copy_leaves_out_all_but_plain_files(source: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.py").write_text("secret")
    (source / "link.txt").symlink_to(tmp_path / "secret.txt")
    (source / "folder").symlink_to(tmp_path / "elsewhere")
    (source / "loop").symlink_to(source)
    os.mkfifo(source / "pipe")
    for name in (".git", ".history", "__pycache__", "node_modules"):
        (source / name).mkdir()
        (source / name / "c.py").write_text("left out")
    (source / ".env").write_text("kept")
    with sealed(source, tmp_path) as (copy, _, _):
        assert files(copy) == [".env", "a.py", "app/run.sh"]


def test_the_folder_itself_may_be_a_link(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    with sealed(tmp_path / "link", tmp_path) as (copy, _, _):
        assert files(copy) == ["a.py", "app/run.sh"]


def test_hash_depends_on_names_and_contents_alone(source: Path, tmp_path: Path) -> None:
    def digest() -> str:
        with sealed(source, tmp_path) as (_, _, found):
            return found

    first = digest()
    os.utime(source / "a.py", (1, 1))
    assert digest() == first
    (source / "a.py").rename(source / "b.py")
    assert digest() != first


def test_too_much_is_refused(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST_FILES", 1)
    with pytest.raises(Failed, match="too large"), sealed(source, tmp_path):
        pass
    monkeypatch.undo()
    monkeypatch.setattr(sealing, "MOST_BYTES", 8)
    with pytest.raises(Failed, match="too large"), sealed(source, tmp_path):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_a_bottomless_tree_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "/".join("d" * 300)).mkdir(parents=True)
    with pytest.raises(Failed, match="too large"), sealed(source, tmp_path):
        pass


def test_a_file_is_no_submission(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"), sealed(source / "a.py", tmp_path):
        pass


def test_empty_folders_and_links_were_not_counted(source: Path, tmp_path: Path) -> None:
    for number in range(sealing.MOST_FILES + 1):
        (source / "app" / f"{number}").mkdir()
    with pytest.raises(Failed, match="too large") as caught, sealed(source, tmp_path):
        pass
    assert "2,000 files and folders" in caught.value.why
    for number in range(sealing.MOST_FILES + 1):
        (source / "app" / f"{number}").rmdir()
        (source / "app" / f"{number}").symlink_to("nowhere")
    with pytest.raises(Failed, match="too large"), sealed(source, tmp_path):
        pass
