"""The lab's own repositories, and learners' honest ones."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lab_kit.components import repository_git
from lab_kit.components.repository import Person, Repository
from lab_kit.components.repository_signatures import SigningKey, verify
from lab_kit.errors import Failed, Unavailable, UsageError

ADA = Person("Ada Lovelace", "ada@kiosk.example")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))
KEY = SigningKey.make(b"k" * 32)


@pytest.fixture
def kiosk(tmp_path):
    made = Repository.make(tmp_path / "kiosk")
    made.write({"prices.yaml": "coffee: 3\n", "deploy/kiosk.yaml": b"replicas: 1\n"})
    made.commit("Open the kiosk", author=ADA, at=NOON)
    return made


def git(folder, *words):
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, check=True, timeout=60)
    return done.stdout.decode().strip()


def test_a_commit_has_its_author_date_and_files(kiosk):
    (only,) = kiosk.log()
    assert (only.author, only.committer, only.subject) == (ADA, ADA, "Open the kiosk")
    assert only.time == int(NOON.timestamp())
    assert only.parents == ()
    assert only.hash == kiosk.head
    assert kiosk.files() == {"prices.yaml": b"coffee: 3\n", "deploy/kiosk.yaml": b"replicas: 1\n"}
    shown = git(kiosk.folder, "log", "--format=%H|%an|%ae|%aI|%s")
    assert shown == f"{kiosk.head}|Ada Lovelace|ada@kiosk.example|2026-03-01T12:00:00+01:00|" + (
        "Open the kiosk"
    )
    assert git(kiosk.folder, "status", "--porcelain") == ""
    assert git(kiosk.folder, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert git(kiosk.folder, "fsck", "--strict") == ""


def test_the_same_commit_has_the_same_hash_everywhere(kiosk, tmp_path):
    other = Repository.make(tmp_path / "other")
    other.write({"deploy/kiosk.yaml": b"replicas: 1\n", "prices.yaml": b"coffee: 3\n"})
    assert other.commit("Open the kiosk", author=ADA, at=NOON) == kiosk.head


def test_files_of_an_older_commit(kiosk):
    first = kiosk.head
    kiosk.write({"prices.yaml": None, "tea.yaml": "tea: 2\n", "ü/ä ö.bin": bytes(range(256))})
    second = kiosk.commit("Sell tea")
    assert kiosk.files(first)["prices.yaml"] == b"coffee: 3\n"
    assert sorted(kiosk.files(second)) == ["deploy/kiosk.yaml", "tea.yaml", "ü/ä ö.bin"]
    assert kiosk.files()["ü/ä ö.bin"] == bytes(range(256))
    assert [c.subject for c in kiosk.log()] == ["Sell tea", "Open the kiosk"]
    assert kiosk.log()[0].parents == (first,)
    assert [c.hash for c in kiosk.log(first)] == [first]


def test_an_empty_repository(tmp_path):
    made = Repository.make(tmp_path / "a" / "b")
    assert (made.head, made.log()) == (None, [])
    with pytest.raises(UsageError, match="did not work"):
        made.files()
    assert Repository(tmp_path / "a" / "b").head is None


def test_revert(kiosk):
    before = kiosk.files()
    kiosk.write({"prices.yaml": "coffee: 300\n", "new.yaml": "x: 1\n"})
    bad = kiosk.commit('Raise the "price"')
    back = kiosk.revert(bad, author=ADA, at=NOON, key=KEY)
    assert kiosk.files() == before
    assert not (kiosk.folder / "new.yaml").exists()
    assert kiosk.log()[0].message == f'Revert "Raise the "price""\n\nThis reverts commit {bad}.\n'
    assert kiosk.log()[0].hash == back and len(kiosk.log()) == 3
    assert verify(kiosk.log()[0].raw, {"ada": KEY.public_line()}) == "ada"
    assert "revert" not in git(kiosk.folder, "status").lower()


def test_a_revert_with_a_later_commit_in_the_way(kiosk):
    kiosk.write({"prices.yaml": "coffee: 4\n"})
    four = kiosk.commit("Four")
    kiosk.write({"prices.yaml": "coffee: 5\n"})
    five = kiosk.commit("Five")
    with pytest.raises(Failed, match="cannot be reverted by itself"):
        kiosk.revert(four)
    assert (kiosk.head, kiosk.files()["prices.yaml"]) == (five, b"coffee: 5\n")
    assert git(kiosk.folder, "status", "--porcelain") == ""
    kiosk.write({"prices.yaml": "coffee: 6\n"})
    with pytest.raises(UsageError, match="not committed"):
        kiosk.revert(five)


def test_a_signed_commit_is_good_for_git_too(kiosk, tmp_path):
    kiosk.write({"a": "b"})
    name = kiosk.commit("Sign it", author=ADA, at=NOON, key=KEY)
    raw = kiosk.log()[0].raw
    assert verify(raw, {ADA.email: KEY.public_line()}) == ADA.email
    (tmp_path / "allowed").write_text(f"{ADA.email} {KEY.public_line()}\n")
    allowed = f"gpg.ssh.allowedSignersFile={tmp_path / 'allowed'}"
    git(kiosk.folder, "-c", "gpg.format=ssh", "-c", allowed, "verify-commit", name)


def test_nothing_to_commit(kiosk):
    with pytest.raises(UsageError, match="Nothing was committed"):
        kiosk.commit("Again")
    assert kiosk.commit("Again", empty=True) == kiosk.head


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ({"message": " \n"}, "needs a message"),
        ({"message": "x", "author": Person("A<b", "c")}, "no < or >"),
        ({"message": "x", "author": Person("A\nparent", "c")}, "one line"),
        ({"message": "x", "at": datetime(2026, 1, 1)}, "needs its zone"),
    ],
)
def test_a_commit_that_git_would_not_write(kiosk, words, match):
    with pytest.raises(UsageError, match=match):
        kiosk.commit(**words, empty=True)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../b", ".git/config", "a\\b", "a\nb", "",
                                  "a//b", ".GIT/x", "a\u202eb", "git~1/x", "x."])  # fmt: skip
def test_a_path_that_leads_elsewhere(kiosk, path):
    with pytest.raises(UsageError, match="is no path"):
        kiosk.write({path: "x"})


def test_a_link_that_leads_elsewhere(kiosk, tmp_path):
    (kiosk.folder / "out").symlink_to(tmp_path)
    (kiosk.folder / "file").symlink_to(tmp_path / "victim")
    for path in ("out/x", "file"):
        with pytest.raises(UsageError, match="leads out"):
            kiosk.write({path: "x"})
    kiosk.commit("Link")
    with pytest.raises(Failed, match="symbolic link"):
        kiosk.files()


def test_no_repository_and_one_already(tmp_path, kiosk):
    with pytest.raises(UsageError, match="is no repository"):
        Repository(tmp_path)
    with pytest.raises(UsageError, match="already"):
        Repository.make(kiosk.folder)


def test_an_unknown_commit_is_told_in_gits_words(kiosk):
    with pytest.raises(UsageError, match=r"(?s)did not work.*nowhere"):
        kiosk.files("nowhere")
    with pytest.raises(UsageError, match="did not work"):
        kiosk.files("--output=/tmp/x")


def test_no_git(kiosk, monkeypatch):
    monkeypatch.setattr(repository_git.shutil, "which", lambda _: None)
    with pytest.raises(Unavailable, match="There is no git"):
        kiosk.log()


def test_settings_of_the_home_and_the_shell_do_not_matter(tmp_path, monkeypatch):
    """A home with hooks, signing, filters, odd names and an alias changes nothing."""
    touched = tmp_path / "touched"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >>{touched}\n")
        (hooks / name).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\nhooksPath={hooks}\nautocrlf=true\nfsmonitor={hooks}/pre-commit\n"
        "[commit]\ngpgSign=true\n[user]\nname=Home\n[init]\ndefaultBranch=trunk\n"
    )
    monkeypatch.setenv("HOME", str(home))
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Shell")
    made = Repository.make(tmp_path / "made")
    made.write({"a": "b\r\n"})
    made.commit("One", at=NOON)
    assert made.log()[0].author.name == "Lab"
    assert made.files() == {"a": b"b\r\n"}
    assert b"gpgsig" not in made.log()[0].raw
    assert not touched.exists() and not (tmp_path / "elsewhere").exists()


def test_hooks_of_the_repository_do_not_run(kiosk, tmp_path):
    hook = kiosk.folder / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/touched\n")
    hook.chmod(0o755)
    kiosk.commit("Two", empty=True)
    assert not (tmp_path / "touched").exists()


def test_a_thousand_files_are_read_in_one_go(tmp_path):
    made = Repository.make(tmp_path / "many")
    files = {f"dir{i % 20}/file{i}.yaml": b"x: %d\n" % i * 50 for i in range(1000)}
    made.write(files)
    made.commit("Many", at=datetime.now(UTC))
    began = time.perf_counter()
    assert made.files() == files
    print(f"1,000 files: {(time.perf_counter() - began) * 1000:.0f} ms")
    assert os.listdir(made.folder / ".git" / "objects")
