"""One commit of a repository is read, and nothing that its owner put there steers git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lab_kit.grading.intake import repository

from .conftest import GOOD, said, texts


def git(folder: Path, *words: str) -> str:
    settings = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@x.org",
        "-c",
        "init.defaultBranch=main",
    ]
    done = subprocess.run(
        ["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(fill) -> Path:
    folder = fill("class/ada", {"exercises/lab01_toys/answers.py": GOOD, "README.md": "hello"})
    (folder / "exercises/lab01_toys/answers.py").chmod(0o755)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "work")
    return folder


def test_the_last_commit_is_read_and_not_the_folder(repo, take):
    (repo / "exercises/lab01_toys/answers.py").write_text("not committed\n")
    for path in (repo, repo.parent):
        (one,) = take(path)
        assert texts(one) == {"answers.py": GOOD}
        assert one.student == "ada"
        assert one.submitted is None
        assert one.flags == (f"read from commit {git(repo, 'rev-parse', 'HEAD')[:12]}",)
        assert (one.folder / "answers.py").stat().st_mode & 0o100


def test_a_bare_or_packed_clone_and_a_bundle_are_read(repo, take, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare")
    git(repo, "gc", "-q")
    git(repo, "bundle", "create", "-q", str(tmp_path / "ada.bundle"), "HEAD", "main")
    git(repo, "bundle", "create", "-q", str(tmp_path / "main.bundle"), "main")
    for name in ("bare", "class/ada", "ada.bundle", "main.bundle"):
        (one,) = take(tmp_path / name)
        assert texts(one) == {"answers.py": GOOD}, name
    shutil.copy(tmp_path / "ada.bundle", tmp_path / "class" / "zoe.bundle")
    assert [one.student for one in take(tmp_path / "class")] == ["ada", "zoe"]


def test_nothing_of_the_owners_runs(repo, take, tmp_path):
    proof = tmp_path / "proof"
    evil = f"touch {proof}; cat"
    for name, value in {
        "core.fsmonitor": evil, "core.sshCommand": evil, "core.pager": evil, "core.editor": evil,
        "filter.evil.smudge": evil, "filter.evil.clean": evil, "diff.evil.textconv": evil,
        "alias.rev-parse": f"!{evil}", "alias.ls-tree": f"!{evil}", "core.hooksPath": ".",
        "include.path": str(tmp_path / "more"), "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::sh -c '{evil}'", "remote.origin.promisor": "true",
        "protocol.ext.allow": "always", "core.worktree": "/",
    }.items():  # fmt: skip
        git(repo, "config", name, value)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (repo / ".git/hooks" / hook).write_text(f"#!/bin/sh\n{evil}\n")
        (repo / ".git/hooks" / hook).chmod(0o755)
    (repo / ".git/info/attributes").write_text(
        "* filter=evil diff=evil text eol=crlf export-subst\n"
    )
    (one,) = take(repo)
    assert texts(one) == {"answers.py": GOOD}
    assert not proof.exists()


def test_other_peoples_objects_are_out_of_reach(repo, take, fill):
    theirs = fill("theirs", {"answers.py": "the solution\n"})
    git(theirs, "init", "-q")
    git(theirs, "add", ".")
    git(theirs, "commit", "-qm", "solution")
    (repo / ".git/objects/info").mkdir(exist_ok=True)
    (repo / ".git/objects/info/alternates").write_text(f"{theirs}/.git/objects\n")
    (repo / ".git/HEAD").write_text(git(theirs, "rev-parse", "HEAD") + "\n")
    text = said(take(repo))
    assert "The repository could not be read." in text
    assert "hand in a complete clone or bundle" in text


def test_a_replacement_does_not_count(repo, take):
    old = git(repo, "rev-parse", "HEAD:exercises/lab01_toys/answers.py")
    new = git(repo, "hash-object", "-w", "README.md")
    git(repo, "replace", old, new)
    (one,) = take(repo)
    assert texts(one) == {"answers.py": GOOD}


def test_a_link_in_a_commit_is_refused(repo, take):
    (repo / "exercises/lab01_toys/data").symlink_to("/etc")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "link")
    assert "exercises/lab01_toys/data is none" in said(take(repo))


def test_a_git_that_leads_elsewhere_is_refused(repo, take, fill):
    folder = fill("ben", {"answers.py": GOOD})
    (folder / ".git").write_text(f"gitdir: {repo}/.git\n")
    assert "Its .git leads to somewhere else." in said(take(folder))
    (folder / ".git").unlink()
    (folder / ".git").symlink_to(repo / ".git")
    assert "Its .git leads to somewhere else." in said(take(folder))


def test_a_repository_without_a_commit_is_said(fill, take):
    folder = fill("ada", {"answers.py": GOOD})
    git(folder, "init", "-q")
    text = said(take(folder))
    assert "The repository could not be read." in text
    assert "commit the work" in text


@pytest.mark.parametrize("rest", [b"", b"\n", b"0" * 40 + b" refs/heads/main\n\nPACK broken"])
def test_a_broken_bundle_is_said(tmp_path, take, rest):
    place = tmp_path / "ada.bundle"
    place.write_bytes(b"# v2 git bundle\n" + rest)
    assert "The repository could not be read." in said(take(place))


def test_a_bundle_of_several_branches_says_which_is_meant(repo, take, tmp_path):
    git(repo, "branch", "-m", "one")
    git(repo, "branch", "two")
    git(repo, "bundle", "create", "-q", str(tmp_path / "a.bundle"), "one", "two")
    assert "does not say which of its branches is meant" in said(take(tmp_path / "a.bundle"))


def test_what_is_too_large_is_said(repo, take, monkeypatch):
    monkeypatch.setattr(repository, "MOST_BYTES", 10)
    assert "too large" in said(take(repo))
    monkeypatch.setattr(repository, "BIGGEST", 10)
    assert "too large" in said(take(repo))


def test_a_tree_of_trees_that_never_ends_is_stopped(repo, take, monkeypatch):
    number = git(repo, "rev-parse", "HEAD^{tree}")
    for _ in range(9):
        rows = "".join(f"040000 tree {number}\t{name}\n" for name in "abcdefghij")
        number = subprocess.run(
            ["git", "mktree"], cwd=repo, check=True, capture_output=True, text=True, input=rows
        ).stdout.strip()
    git(repo, "update-ref", "HEAD", git(repo, "commit-tree", "-m", "x", number))
    monkeypatch.setattr(repository, "MOST_NAMES", 1000)
    assert "The repository could not be read. It is too large." in said(take(repo))


def test_names_that_are_not_text_are_refused(repo, take):
    listing = "100644 blob " + git(repo, "hash-object", "-w", "README.md") + "\t"
    tree = subprocess.run(
        ["git", "mktree", "-z"], cwd=repo, check=True, capture_output=True,
        input=f"{listing}answers.py\0".encode() + f"{listing}b".encode() + b"\xff.py\0",
    ).stdout.decode().strip()  # fmt: skip
    git(repo, "update-ref", "HEAD", git(repo, "commit-tree", "-m", "x", tree))
    assert "has a name that is not text" in said(take(repo))
