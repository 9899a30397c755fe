"""Bundles that are handed in: honest ones are read, hostile ones end in a clear refusal."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import socket
import threading
import time
import zlib
from dataclasses import replace

import pytest

from lab_kit.components import repository_batch as batch
from lab_kit.components import repository_objects as objects
from lab_kit.components import repository_sandbox as sandbox
from lab_kit.components.repository import Most, Person, Repository, received
from lab_kit.components.repository_signatures import SigningKey, verify
from lab_kit.components.repository_stream import Timed
from lab_kit.errors import Failed, Unavailable, UsageError
from tests.components import repository_forge as forge
from tests.components.repository_forge import Forge

FILE = "100644"


@pytest.fixture
def eve(tmp_path):
    return Forge(tmp_path / "eve")


def refused(place, match="", **words):
    """Read what cannot be read; return the refusal, which says what, why and next."""
    with pytest.raises(Failed) as caught:
        received(place, Most(**words))
    error = caught.value
    assert error.what and error.why and error.next, error
    assert match in str(error), error
    assert all(line.isprintable() for line in str(error).split("\n")), error
    return error


# -- honest ----------------------------------------------------------------------------


def test_a_bundle_gives_what_the_repository_has(tmp_path):
    kiosk = Repository.make(tmp_path / "kiosk")
    key = SigningKey.make()
    for number in range(5):
        kiosk.write({"prices.yaml": f"coffee: {number}\n", f"deploy/{number}.bin": b"\0\xff"})
        kiosk.commit(f"Set {number}\n\nBody", author=Person("Ada Ü", "ada@x"), key=key)
    kiosk.revert(kiosk.head)
    got = received(kiosk.bundle(tmp_path / "repo.bundle"))
    assert list(got.commits) == kiosk.log()
    for commit in got.commits:
        assert got.files(commit) == kiosk.files(commit.hash) == got.files(commit.hash)
    assert got.files() == kiosk.files()
    assert verify(got.commits[1].raw, {"ada": key.public_line()}) == "ada"
    with pytest.raises(UsageError, match="no such commit"):
        got.files("0" * 40)


def test_a_history_with_merges_is_newest_first(eve):
    trees = [eve.tree((FILE, "a", eve.blob(b"%d" % n))) for n in range(4)]
    root = eve.commit(trees[0])
    left, right = eve.commit(trees[1], root), eve.commit(trees[2], root, message="Right")
    top = eve.commit(trees[3], left, right)
    got = received(eve.bundle())
    order = [commit.hash for commit in got.commits]
    assert (order[0], order[-1], set(order[1:3])) == (top, root, {left, right})
    assert got.commits[0].parents == (left, right)


def test_a_bundle_of_head_alone(eve):
    head = eve.commit(eve.tree((FILE, "a", eve.blob())))
    assert received(eve.bundle("HEAD")).commits[0].hash == head


def test_main_counts_and_not_what_head_names(eve):
    main = eve.commit(eve.tree((FILE, "a", eve.blob(b"main"))))
    eve.commit(eve.tree((FILE, "a", eve.blob(b"other"))), ref="refs/heads/other")
    eve.git("symbolic-ref", "HEAD", "refs/heads/other")
    got = received(eve.bundle("--all", "HEAD"))
    assert [c.hash for c in got.commits] == [main]
    assert got.files() == {"a": b"main"}


def test_an_empty_tree(eve):
    eve.commit(eve.tree())
    assert received(eve.bundle()).files() == {}


# -- passed over -----------------------------------------------------------------------


def test_replacements_grafts_hooks_and_alternates_do_not_count(eve, tmp_path):
    honest = eve.commit(eve.tree((FILE, "a", eve.blob(b"honest"))))
    other = eve.commit(eve.tree((FILE, "a", eve.blob(b"forged"))), ref="refs/heads/x")
    eve.git("update-ref", f"refs/replace/{honest}", other)
    info = eve.folder / ".git"
    for name in ("info/grafts", "hooks/post-checkout", "objects/info/alternates"):
        (info / name).parent.mkdir(exist_ok=True)
    (info / "info/grafts").write_text(f"{honest} {other}\n")
    (info / "hooks/post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/touched\n")
    (info / "hooks/post-checkout").chmod(0o755)
    (info / "objects/info/alternates").write_text("/etc\n")
    got = received(eve.bundle("--all"))
    assert got.files() == {"a": b"honest"}
    assert [c.hash for c in got.commits] == [honest]
    assert not (tmp_path / "touched").exists()


def test_files_that_git_would_obey_are_only_files(eve, tmp_path):
    evil = b"* filter=evil diff=evil merge=evil text eol=crlf\n"
    config = b"[core]\n\tfsmonitor = touch %s\n" % os.fsencode(tmp_path / "touched")
    blobs = [eve.blob(evil), eve.blob(config)]
    hooks = eve.tree((FILE, "post-index-change", blobs[1]))
    eve.commit(eve.tree((FILE, ".gitattributes", blobs[0]), (FILE, "HEAD", blobs[1]),
                        (FILE, "config", blobs[1]), ("40000", "hooks", hooks)))  # fmt: skip
    assert received(eve.bundle()).files() == {
        ".gitattributes": evil, "HEAD": config, "config": config, "hooks/post-index-change": config,
    }  # fmt: skip
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "name", [b"refs/heads/../../config", b"refs/heads/--upload-pack=x", b"../x", b"/etc/passwd",
             b"refs/replace/x", b"refs/heads/a\0b", b"refs/heads/\x1b[2J", b"HEAD.lock"],
)  # fmt: skip
def test_odd_references_are_passed_over(tmp_path, name):
    blob, tree = (b"blob", b"x"), forge.tree_line(FILE, "a", forge.oid("blob", b"x"))
    commit = forge.commit(forge.oid("tree", tree))
    tip = forge.oid("commit", commit)
    data = forge.pack(*(forge.packed(*one) for one in (("blob", blob[1]), ("tree", tree),
                                                      ("commit", commit))))  # fmt: skip
    place = forge.bundle(tmp_path / "b", [(name, "f" * 40), (b"refs/heads/main", tip)], data)
    assert received(place).files() == {"a": b"x"}


def test_a_link_in_an_older_commit_matters_only_there(eve):
    old = eve.commit(eve.tree(("120000", "a", eve.blob(b"/etc/passwd"))))
    new = eve.commit(eve.tree((FILE, "a", eve.blob(b"x"))), old)
    got = received(eve.bundle())
    assert got.files(new) == {"a": b"x"}
    with pytest.raises(Failed, match="symbolic link"):
        got.files(old)


# -- the file --------------------------------------------------------------------------


def test_what_is_no_plain_file(tmp_path):
    refused(tmp_path / "none", "no bundle")
    refused(tmp_path, "no plain file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "no plain file")
    (tmp_path / "link").symlink_to("/etc/passwd")
    refused(tmp_path / "link", "no bundle")


def test_a_bundle_that_is_too_large(tmp_path, eve):
    eve.commit(eve.tree())
    refused(eve.bundle(), "too large", bundle=100)


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"PACK", b"# v2 git bundle\n", b"# v2 git bundle\n\n", b"# v9 git bundle\n\nPACK",
     b"# v2 git bundle\n" + b"f" * 40 + b" refs/heads/main\n\nPACK",
     b"# v2 git bundle\nnonsense\n\nPACK" + b"\0" * 40, b"# v2 git bundle\n" + b"a" * 300_000,
     b"# v2 git bundle\n" + b"f" * 40 + b" refs/heads/main\n\nPACK" + b"\xff" * 40,
     b"# v2 git bundle\n" + b"f" * 40 + b" refs/heads/main\n\nPACK\0\0\0\2\0\0\0\1" + b"\0" * 40,
     b"# v2 git bundle\n" + b"F" * 40 + b" refs/heads/main\n\nPACK" + b"\0" * 40],
)  # fmt: skip
def test_what_is_no_bundle(tmp_path, data):
    (tmp_path / "b").write_bytes(data)
    refused(tmp_path / "b")


def test_what_a_bundle_may_not_say(tmp_path, eve):
    first = eve.commit(eve.tree())
    eve.commit(eve.tree((FILE, "a", eve.blob())), first)
    refused(eve.bundle("main", f"^{first}"), "incomplete")
    refused(eve.bundle("HEAD"), "branches and tags", refs=0)
    eve.git("branch", "-m", "main", "trunk")
    refused(eve.bundle("trunk"), "no branch main")
    data = forge.pack()
    both = [(b"refs/heads/main", "1" * 40), (b"refs/heads/main", "2" * 40)]
    refused(forge.bundle(tmp_path / "b", both, data), "two commits")
    for word in (b"@filter=blob:none", b"@object-format=sha256", b"@x"):
        first = b"# v3 git bundle\n" + word + b"\n"
        refused(forge.bundle(tmp_path / "b", both[:1], data, first=first), "special kind")


# -- objects ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "name", "match"),
    [
        ("120000", "a", "symbolic link"), (FILE, "a\\b", "not allowed"), (FILE, "C:x", "another"),
        (FILE, "a\x1b[2J", "cannot be seen"), (FILE, "a\nb", "cannot be seen"),
        (FILE, "a\u202eb", "cannot be seen"), (FILE, b"\xff\xfe", "UTF-8"), (FILE, "x ", "another"),
        (FILE, ".g\u200cit", ""), (FILE, "..", ""), (FILE, ".", ""), (FILE, ".git", ""),
        (FILE, ".GIT", ""), (FILE, "git~1", ""), (FILE, "/etc/passwd", ""), (FILE, "a/b", ""),
        (FILE, "../x", ""), (FILE, "", ""), (FILE, "n" * 300, "255"), (FILE, "n" * 3000, ""),
        ("100000", "a", ""), ("060000", "a", ""), ("0100644", "a", ""), ("", "a", ""),
        ("40000", "a", ""), ("120000", ".gitmodules", ""),
    ],
)  # fmt: skip
def test_a_name_or_kind_that_is_not_allowed(eve, tmp_path, mode, name, match):
    blob = eve.blob(b"/etc/passwd")
    raw = forge.tree_line(mode, name, blob)
    tree = eve.tree((mode, name, blob))
    commit = forge.commit(tree)
    place = forge.forged(
        tmp_path / "b", [("blob", b"/etc/passwd"), ("tree", raw), ("commit", commit)]
    )
    refused(place, match)


def test_names_are_judged_without_git_too():
    for name in (b"", b".", b"..", b".git", b".GiT", b"GIT~1", b"a/b", b"a\\b", b"\x7f", b"\xc3",
                 b"x.", b"a:b", b"a\xe2\x80\x8bb", b"n" * 256):  # fmt: skip
        assert objects.fault(name), name
    for name in (b"a", b".github", b".gitignore", "ü ö".encode(), b"git", b"...a", b"n" * 255):
        assert not objects.fault(name), name


def test_a_submodule(eve):
    line = f"160000 commit {'1' * 40}\tsub\n".encode()
    eve.commit(eve.git("mktree", "--missing", stdin=line))
    error = refused(eve.bundle(), "submodule")
    assert "git rm --cached sub" in error.next


def test_a_name_twice(tmp_path):
    line = forge.tree_line(FILE, "a", forge.oid("blob", b"x"))
    tree = line + line
    place = [("blob", b"x"), ("tree", tree), ("commit", forge.commit(forge.oid("tree", tree)))]
    refused(forge.forged(tmp_path / "b", place))
    with pytest.raises(Failed, match="damaged"):
        objects.entries("1" * 40, tree)


def test_main_is_no_commit(tmp_path):
    tag = b"object " + b"1" * 40 + b"\ntype commit\ntag x\ntagger " + forge.WHO + b"\n\nx\n"
    for one in (("blob", b"x"), ("tree", b""), ("tag", tag)):
        refused(forge.forged(tmp_path / "b", [one]))


def test_objects_that_are_not_there(tmp_path):
    tree = forge.tree_line(FILE, "a", "1" * 40)
    made = ("commit", forge.commit(forge.oid("tree", tree)))
    refused(forge.forged(tmp_path / "b", [("tree", tree), made]))
    refused(forge.forged(tmp_path / "b", [("tree", b""), made]))
    refused(forge.forged(tmp_path / "b", [("tree", b"")], tip="1" * 40), "missing")
    orphan = ("commit", forge.commit(forge.oid("tree", b""), "2" * 40))
    refused(forge.forged(tmp_path / "b", [("tree", b""), orphan]), "incomplete")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"tree", b"eert"), (b"1700000000", b"9" * 30), (b"<", b""), (b"author", b"rohtua"),
     (b"\n\n", b"\n"), (b"+0000\n\n", b"+0000\nparent x\n\n"), (b"Eve", b"E\0e"),
     (b"tree ", b"tree")],
)  # fmt: skip
def test_a_commit_that_git_would_not_write(tmp_path, old, new):
    raw = forge.commit(forge.oid("tree", b"")).replace(old, new, 1)
    place = forge.forged(tmp_path / "b", [("tree", b""), ("commit", raw)])
    if b"parent x" in raw:  # a header that comes too late has no meaning, for git neither
        assert received(place).commits[0].parents == ()
    else:
        refused(place)


def test_what_is_shown_of_a_stranger_has_no_controls(tmp_path):
    raw = forge.commit(forge.oid("tree", b""), message="\x1b[2Ja\u202eb\n".encode())
    (commit,) = received(forge.forged(tmp_path / "b", [("tree", b""), ("commit", raw)])).commits
    assert commit.subject == "�[2Ja�b"
    assert commit.raw == raw


# -- sizes -----------------------------------------------------------------------------


def test_more_than_any_honest_repository_has(eve):
    folder = eve.tree((FILE, "a", eve.blob(b"x" * 1000)), (FILE, "b", eve.blob(b"y" * 1000)))
    deep = eve.tree(("40000", "d", folder))
    eve.commit(deep, eve.commit(folder))
    place = eve.bundle()
    assert len(received(place).files()) == 2
    refused(place, "commits are read", commits=1)
    refused(place, "files of a commit", files=1)
    refused(place, "is too large", file=999)
    refused(place, "All files have", all_files=1999)
    refused(place, "deeper than", depth=0)
    refused(place, "objects", objects=3)
    refused(place, "A tree has", tree=40)
    refused(place, "A commit has", commit=40)
    refused(place, "folders have", all_trees=80)


def test_a_large_file_of_an_older_commit_matters_only_there(eve):
    old = eve.commit(eve.tree((FILE, "a", eve.blob(b"x" * 5000))))
    eve.commit(eve.tree((FILE, "a", eve.blob(b"x"))), old)
    got = received(eve.bundle(), Most(file=100))
    assert got.files() == {"a": b"x"}
    with pytest.raises(Failed, match="5,000 bytes"):
        got.files(old)


def test_a_folder_of_itself_many_times_over(tmp_path):
    """Ten names for one folder, ten deep: ten thousand million files in a few objects."""
    made = [("blob", b"x")]
    below, mode = forge.oid("blob", b"x"), FILE
    for _ in range(10):
        tree = b"".join(forge.tree_line(mode, f"f{n}", below) for n in range(10))
        made.append(("tree", tree))
        below, mode = forge.oid("tree", tree), "40000"
    made.append(("commit", forge.commit(below)))
    began = time.perf_counter()
    refused(forge.forged(tmp_path / "b", made), "too large")
    assert time.perf_counter() - began < 20


def test_a_folder_that_is_very_deep(tmp_path):
    made, below, mode = [("blob", b"x")], forge.oid("blob", b"x"), FILE
    for _ in range(3000):
        tree = forge.tree_line(mode, "d", below)
        made.append(("tree", tree))
        below, mode = forge.oid("tree", tree), "40000"
    refused(forge.forged(tmp_path / "b", [*made, ("commit", forge.commit(below))]))


def zeros(size):
    """Compress so many zero bytes, without having them."""
    machine, block = zlib.compressobj(9), bytes(1 << 20)
    parts = [machine.compress(block) for _ in range(size >> 20)]
    return b"".join(parts) + machine.flush()


def test_a_small_pack_with_an_enormous_file(tmp_path):
    size = 128 << 20
    digest = hashlib.sha1(b"blob %d\0" % size)
    for _ in range(size >> 20):
        digest.update(bytes(1 << 20))
    tree = forge.tree_line(FILE, "a", digest.hexdigest())
    commit = forge.commit(forge.oid("tree", tree))
    big = forge.size_of(3, size) + zeros(size)
    assert len(big) < 1 << 18
    data = forge.pack(big, forge.packed("tree", tree), forge.packed("commit", commit))
    refs = [(b"refs/heads/main", forge.oid("commit", commit))]
    refused(forge.bundle(tmp_path / "b", refs, data), "a is too large")


def test_a_small_pack_with_an_enormous_folder(tmp_path):
    size = 1 << 30
    data = forge.pack(forge.size_of(2, size) + zeros(size))
    refs = [(b"refs/heads/main", "1" * 40)]
    refused(forge.bundle(tmp_path / "b", refs, data), "takes too much")


def test_a_pack_that_takes_all_processor_time(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "LIMITS", replace(sandbox.LIMITS, cpu_s=1))
    size = 256 << 20
    one = forge.size_of(3, size) + zeros(size)
    refs = [(b"refs/heads/main", "1" * 40)]
    began = time.perf_counter()
    error = refused(forge.bundle(tmp_path / "b", refs, forge.pack(*[one] * 40)), "takes too much")
    assert "processor time" in error.why
    assert time.perf_counter() - began < 30


def test_a_delta_that_makes_much_of_little(tmp_path):
    base = bytes(1 << 20)
    times = 4000
    script = (
        forge.varint(len(base)) + forge.varint(times * len(base)) + b"\xc0\x10" * times
    )  # copy 1 MB
    data = forge.pack(forge.packed("blob", base), forge.delta(forge.oid("blob", base), script))
    refs = [(b"refs/heads/main", "1" * 40)]
    refused(forge.bundle(tmp_path / "b", refs, data), "takes too much")


@pytest.mark.parametrize(
    "script",
    [b"", b"\x01", forge.varint(4) + forge.varint(1 << 60), forge.varint(4) + forge.varint(4),
     forge.varint(1 << 62) + forge.varint(4) + b"\x91\0\4", b"\x04\x04\x91\xff\4", b"\x04\x04\0"],
)  # fmt: skip
def test_a_delta_that_lies(tmp_path, script):
    base = forge.packed("blob", b"abcd")
    data = forge.pack(base, forge.delta(forge.oid("blob", b"abcd"), script))
    refused(forge.bundle(tmp_path / "b", [(b"refs/heads/main", "1" * 40)], data))


def test_a_delta_of_what_is_not_there_or_of_itself(tmp_path):
    refs = [(b"refs/heads/main", "1" * 40)]
    refused(forge.bundle(tmp_path / "b", refs, forge.pack(forge.delta("2" * 40, b"\1\1\1x"))))
    circle = forge.size_of(6, 4) + b"\0" + zlib.compress(b"\1\1\1x")
    refused(forge.bundle(tmp_path / "b", refs, forge.pack(circle)))


@pytest.mark.parametrize("count", [0, 2, 49_999])
def test_a_pack_that_says_another_number_of_objects(tmp_path, count):
    data = forge.pack(forge.packed("tree", b""), count=count)
    refused(forge.bundle(tmp_path / "b", [(b"refs/heads/main", forge.oid("tree", b""))], data))


def test_random_changes_are_refused_or_do_not_matter(eve, tmp_path):
    eve.commit(eve.tree((FILE, "a", eve.blob(b"x" * 500)), (FILE, "b", eve.blob(b"y"))))
    good = eve.bundle().read_bytes()
    honest, chance = received(tmp_path / "repo.bundle"), random.Random(7)
    for _ in range(60):
        changed = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        (tmp_path / "b").write_bytes(changed[: chance.choice([len(changed)] * 3 + [100, 200])])
        with contextlib.suppress(Failed):
            assert received(tmp_path / "b") == honest


# -- a git that was taken over ---------------------------------------------------------

NAME = forge.oid("blob", b"honest")


@pytest.mark.parametrize(
    "answer",
    [
        f"{NAME} blob 6\nforged\n", f"{NAME} blob 99999\nhonest\n", f"{NAME} tree 6\nhonest\n",
        f"{NAME} blob -1\nhonest\n", f"{NAME} missing\n", f"{'1' * 40} blob 6\nhonest\n",
        f"{NAME} blob 6 \nhonest\n", "x" * 10_000, f"{NAME} blob {'9' * 5000}\n", "\n",
        f"{NAME} blob 7\nhonest\n\n",
    ],
)  # fmt: skip
def test_a_git_that_lies_is_not_believed(answer):
    with pytest.raises(Failed, match="damaged"):
        batch.content(io.BytesIO(answer.encode()), NAME, "blob", 100)


@pytest.mark.parametrize("answer", ["", NAME, f"{NAME} blob 6\nhon", f"{NAME} blob 6\nhonest"])
def test_a_git_that_stops_in_the_middle(answer):
    with pytest.raises(EOFError):
        batch.content(io.BytesIO(answer.encode()), NAME, "blob", 100)


def test_a_git_that_answers_a_byte_at_a_time_does_not_hold_us():
    ours, theirs = socket.socketpair()
    stop = threading.Event()

    def drip():
        while not stop.wait(0.01):
            theirs.send(b"1")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with ours, pytest.raises(TimeoutError):
            Timed(ours, time.monotonic() + 0.2).read(1 << 20)
    finally:
        stop.set()
        thread.join()
        theirs.close()


def test_a_git_that_says_nothing_is_ended(eve, monkeypatch):
    monkeypatch.setattr(sandbox, "SCRIPT", "sleep 600")
    monkeypatch.setattr(sandbox, "PATIENCE", 0.3)
    eve.commit(eve.tree())
    with pytest.raises(Unavailable, match="did not answer within"):
        received(eve.bundle())


def test_no_git_in_the_sandbox_is_not_the_learners_fault(eve, monkeypatch):
    monkeypatch.setattr(sandbox, "SCRIPT", sandbox.SCRIPT.replace("command -v git", "false"))
    eve.commit(eve.tree())
    with pytest.raises(Unavailable, match="There is no git"):
        received(eve.bundle())


def test_nothing_is_left_behind(eve, tmp_path, monkeypatch):
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(sandbox.tempfile, "tempdir", str(tmp_path / "t"))
    eve.commit(eve.tree())
    received(eve.bundle())
    refused(forge.bundle(tmp_path / "b", [(b"HEAD", "1" * 40)], forge.pack()))
    assert list((tmp_path / "t").iterdir()) == []


def test_a_long_history_is_read_and_a_longer_one_refused(tmp_path):
    made, above = [("tree", b"")], []
    for number in range(2001):
        raw = forge.commit(forge.oid("tree", b""), *above, message=b"%d\n" % number)
        made.append(("commit", raw))
        above = [forge.oid("commit", raw)]
    refused(forge.forged(tmp_path / "b", made), "2,000 commits")
    began = time.perf_counter()
    got = received(forge.forged(tmp_path / "b", made[:-1]))
    print(f"2,000 commits: {(time.perf_counter() - began) * 1000:.0f} ms")
    assert [c.subject for c in got.commits] == [str(n) for n in range(1999, -1, -1)]
