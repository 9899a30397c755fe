"""See one commit of a git repository or bundle as a tree.

Its objects are copied beside a configuration of our own, so that no hook, filter, alias,
alternate, replacement or remote of the student's exists where git runs; git runs in the
sandbox, is told plumbing only, and writes into a folder from which we read with limits.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab_kit.grading.intake import names
from lab_kit.grading.intake.tree import (
    MOST_NAMES,
    OPEN,
    Entry,
    Tree,
    Unfit,
    folder_tree,
    too_large,
)
from lab_kit.judge.sealed import MOST_BYTES
from lab_kit.process import Limits, run

BIGGEST = 256 << 20  # all objects, with their history
LIMITS = Limits(data_mb=512, file_mb=300, cpu_s=60, threads=16, open_files=256)
TIMEOUT = 120.0
BUNDLES = (b"# v2 git bundle\n", b"# v3 git bundle\n")
ID = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
STORED = re.compile(r"HEAD|packed-refs|shallow|refs/.+|objects/([0-9a-f]{2}/[0-9a-f]+|pack/[^/]+)")
CONFIG = "[core]\n\trepositoryformatversion = {0}\n\tbare = true\n{1}"
SHA256 = "[extensions]\n\tobjectformat = sha256\n"
ENV = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "file",
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0",
}  # fmt: skip

# Git does not look at whether what it prints can be written: it would list a tree of trees for as
# long as it may. So it is watched, and ended once it has printed too much.
SHIM = """import os, sys
feed, out, most = sys.argv[1:4]
reader, writer = os.pipe()
child = os.fork()
if not child:
    os.dup2(os.open(feed, os.O_RDONLY), 0)
    os.dup2(writer, 1)
    try:
        os.execvp(sys.argv[4], sys.argv[4:])
    except OSError as error:
        sys.exit(f"git could not be started: {error.strerror}")
os.close(writer)
left = int(most)
with open(out, "wb") as file:
    while data := os.read(reader, 65536):
        left -= len(data)
        if left < 0:
            os.kill(child, 9)
            sys.exit("It is too large.")
        file.write(data)
sys.exit(1 if os.waitpid(child, 0)[1] else 0)
"""


def is_repository(folder: Path) -> bool:
    """Tell whether a folder is a working copy or a bare repository."""
    if os.path.lexists(folder / ".git"):
        return True
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def is_bundle(path: Path) -> bool:
    """Tell whether a file is a git bundle, from its first line."""
    with path.open("rb") as file:
        return file.read(16) in BUNDLES


@contextmanager
def repository_tree(source: Path, desk: Path) -> Iterator[Tree]:
    """See the last commit of a repository or bundle; `desk` is an empty folder for the work."""
    store, out = desk / "store", desk / "out"
    out.mkdir()
    if source.is_dir():
        adopt(source / ".git" if os.path.lexists(source / ".git") else source, store)
    else:
        unbundle(source, store, out)
    commit = git(store, out, ["rev-parse", "--verify", "HEAD^{commit}"]).strip()
    if not re.fullmatch(ID, commit):
        raise empty("It has no commit.")
    listing = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit]
    files, ids, odd = entries(git(store, out, listing, most=MOST_NAMES * 400))
    kept: dict[str, bytes] = {}

    def prepare(paths: Sequence[str]) -> None:
        sizes = {path: files[path].size for path in paths}
        kept.update(contents(store, out, {path: ids[path] for path in paths}, sizes))

    def read(path: str, most: int) -> bytes:
        if path not in kept:
            prepare([path])
        return kept[path][:most]

    yield Tree(files, odd, read, prepare, (f"read from commit {commit[:12]}",))


def adopt(source: Path, store: Path) -> None:
    """Copy a repository's objects and branches, and nothing that could steer git."""
    if not source.is_dir() or source.is_symlink():
        raise empty("Its .git leads to somewhere else.")
    with folder_tree(source) as tree:
        wanted = [path for path in tree.files if STORED.fullmatch(path)]
        total = sum(tree.files[path].size for path in wanted)
        if total > BIGGEST:
            raise too_large()
        form = tree.files.get("config")
        config = tree.read("config", 1 << 20) if form and form.size < 1 << 20 else b""
        skeleton(store, b"sha256" in config)
        for path in wanted:
            target = store / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(tree.read(path, BIGGEST))


def skeleton(store: Path, sha256: bool) -> None:
    """Make a bare repository that says nothing but its format."""
    for folder in ("objects", "refs"):
        (store / folder).mkdir(parents=True)
    (store / "config").write_text(CONFIG.format(int(sha256), SHA256 if sha256 else ""))
    (store / "HEAD").write_text("ref: refs/heads/main\n")


def unbundle(source: Path, store: Path, out: Path) -> None:
    """Unpack a bundle's objects and point HEAD at its HEAD, else at its only branch."""
    size = source.stat().st_size
    if size > BIGGEST:
        raise too_large()
    with source.open("rb") as file:
        sha256 = b"@object-format=sha256" in file.read(4096)
    skeleton(store, sha256)
    shutil.copyfile(source, store.parent / "bundle")
    bundle = store.parent / "bundle"
    refs = git(store, out, ["bundle", "unbundle", str(bundle)], read=[bundle], write=[store])
    found = {name: number for number, _, name in (r.partition(" ") for r in refs.splitlines())}
    heads = [name for name in found if name.startswith("refs/heads/")]
    named = [name for name in ("HEAD", "refs/heads/main", "refs/heads/master") if name in found]
    chosen = named or heads
    if not chosen or (not named and len(heads) > 1):
        raise empty("It does not say which of its branches is meant.")
    if not re.fullmatch(ID, found[chosen[0]]):
        raise empty("It has no commit.")
    (store / "HEAD").write_text(found[chosen[0]] + "\n")


def entries(listing: str) -> tuple[dict[str, Entry], dict[str, str], tuple[str, ...]]:
    """Read what ls-tree printed: files, their object ids, and links and submodules."""
    files: dict[str, Entry] = {}
    ids: dict[str, str] = {}
    odd = []
    rows = listing.split("\0")[:-1]
    if len(rows) > MOST_NAMES:
        raise too_large()
    for row in rows:
        head, _, name = row.partition("\t")
        mode, _, number, size = head.split()
        path = names.inside(name)
        if names.ignored(path):
            continue
        if mode not in ("100644", "100755", "100664"):
            odd.append(path)
        else:
            files[path] = Entry(int(size) if size.isdigit() else 0, mode == "100755")
            ids[path] = number
    return files, ids, tuple(odd)


def contents(
    store: Path, out: Path, ids: Mapping[str, str], sizes: Mapping[str, int]
) -> dict[str, bytes]:
    """Read objects as they are stored: no filter, no attribute, no line ends touched."""
    if sum(sizes.values()) > MOST_BYTES:
        raise too_large()
    order = list(ids)
    wanted = store.parent / "wanted"
    wanted.write_text("".join(f"{ids[path]}\n" for path in order))
    data = git_bytes(store, out, ["cat-file", "--batch"], read=[wanted], feed=wanted, most=BIGGEST)
    found, at = {}, 0
    for path in order:
        end = data.find(b"\n", at)
        words = data[at:end].split()
        if len(words) != 3 or words[1] != b"blob" or int(words[2]) != sizes[path]:
            raise empty(f"The content of {names.shown(path)} is missing.")
        at = end + 1 + sizes[path]
        found[path] = data[end + 1 : at]
        at += 1
    return found


def git(
    store: Path, out: Path, words: Sequence[str], *, most: int = 1 << 20,
    read: Sequence[Path] = (), write: Sequence[Path] = (),
) -> str:  # fmt: skip
    """Run git for text; names that are not UTF-8 keep their bytes."""
    data = git_bytes(store, out, words, most=most, read=read, write=write)
    return data.decode("utf-8", "surrogateescape")


def git_bytes(
    store: Path, out: Path, words: Sequence[str], *, most: int,
    read: Sequence[Path] = (), write: Sequence[Path] = (), feed: Path = Path("/dev/null"),
) -> bytes:  # fmt: skip
    """Run git in the sandbox and return what it printed; raise Unfit when it failed."""
    file = out / "printed"
    fixed = ["core.hooksPath=/dev/null", "protocol.allow=never", f"safe.directory={store}"]
    settings = [word for setting in fixed for word in ("-c", setting)]
    program = ["git", "--git-dir", str(store), *settings, *words]
    argv = [sys.executable, "-I", "-S", "-c", SHIM, str(feed), str(file), str(most), *program]
    done = run(argv, cwd=store, timeout=TIMEOUT, read=[store, *read], write=[out, *write],
               env=ENV, limits=LIMITS)  # fmt: skip
    if done.exit.code != 0:
        said = done.output.strip().splitlines()
        raise empty(names.shown(said[-1]) if said else done.exit.reason)
    with open(os.open(file, OPEN), "rb") as printed:
        data = printed.read(most + 1)
    file.unlink()
    if len(data) > most:
        raise too_large()
    return data


def empty(why: str) -> Unfit:
    """Return the error for a repository without a commit that can be read."""
    return Unfit(
        "The repository could not be read.",
        why,
        "commit the work, see that `git status` is clean, and hand in a complete clone or bundle.",
    )
