"""Read a repository that a learner handed in as one file, trusting nothing in it.

    kiosk = received(Path("repo.bundle"))
    kiosk.commits[0].subject, kiosk.files()["prices.yaml"], kiosk.files(kiosk.commits[1])

Git unpacks it in the sandbox (repository_sandbox); commits and trees are read here from bytes that
have the hash that was asked for. Nothing is checked out, and other branches, tags, replacements,
notes and attributes are passed over.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab_kit.components import repository_bundle as bundles
from lab_kit.components import repository_objects as objects
from lab_kit.components.repository_objects import FILES, FOLDER, Commit, Entry
from lab_kit.components.repository_sandbox import Unpacked
from lab_kit.errors import Failed, UsageError

LESS = "Leave out what the exercise does not ask for."


@dataclass(frozen=True)
class Most:
    """Bound what is read of one repository."""

    bundle: int = 16 << 20  # bytes
    refs: int = 1_000
    objects: int = 50_000
    commits: int = 2_000
    files: int = 2_000  # of one commit
    depth: int = 16  # folders in folders
    file: int = 1 << 20  # bytes
    all_files: int = 32 << 20  # bytes of all files of all commits, each content once
    commit: int = 64 << 10  # bytes of a commit object
    tree: int = 1 << 20  # bytes of a tree object
    all_trees: int = 8 << 20


@dataclass(frozen=True)
class Received:
    """Hold a learner's commits, newest first, and the files of each."""

    commits: tuple[Commit, ...]
    _trees: Mapping[str, Sequence[Entry]] = field(repr=False)
    _blobs: Mapping[str, bytes | int] = field(repr=False)  # bytes, or the size of too many
    _most: Most = field(repr=False, default=Most())

    def files(self, commit: Commit | str | None = None) -> dict[str, bytes]:
        """Return all files of a commit, the newest unless told: path -> bytes; raise Failed."""
        wanted = commit or self.commits[0]
        name = wanted if isinstance(wanted, str) else wanted.hash
        tree = next((known.tree for known in self.commits if known.hash == name), None)
        if tree is None:
            raise UsageError("There is no such commit in the bundle.", f"Got {name[:40]!r}.")
        found: dict[str, bytes] = {}
        waiting = [("", tree, 0)]
        budget = self._most.files * 2  # entries looked at, folders included
        while waiting:
            folder, tree, depth = waiting.pop()
            if depth > self._most.depth:
                raise too_much(f"{folder[:200]} is deeper than {self._most.depth} folders.")
            for entry in self._trees[tree]:
                path, budget = objects.place(folder, entry), budget - 1
                if entry.mode == FOLDER:
                    waiting.append((f"{path}/", entry.hash, depth + 1))
                else:
                    found[path] = self._blob(path, entry.hash)
                if budget < 0 or len(found) > self._most.files:
                    raise too_much(f"At most {self._most.files:,} files of a commit are read.")
        return dict(sorted(found.items()))

    def _blob(self, path: str, name: str) -> bytes:
        data = self._blobs[name]
        if isinstance(data, int):
            raise Failed(
                f"{path} is too large.",
                f"It has {data:,} bytes, {self._most.file:,} are read.",
                LESS,
            )
        return data


def received(bundle: Path, most: Most = Most()) -> Received:
    """Read a learner's bundle; raise Failed that says what is wrong with it."""
    pack = bundles.parsed(bundles.content(bundle, most.bundle), most.refs, most.objects)
    with Unpacked(pack.data) as unpacked:
        commits = _commits(unpacked, pack.tip, most)
        trees = _trees(unpacked, [commit.tree for commit in commits], most)
        blobs = _blobs(unpacked, trees, most)
    found = Received(tuple(commits), trees, blobs, most)
    found.files()  # what is wrong with the newest commit is told here
    return found


def too_much(why: str) -> Failed:
    """Return the refusal of a repository that is larger than any honest one."""
    return Failed("The repository is too large.", why, LESS)


def _sized(unpacked: Unpacked, names: Sequence[str], kind: str, most: int) -> int:
    """Return how many bytes some objects have; raise Failed for one that does not belong."""
    total = 0
    for name, (told, size) in zip(names, unpacked.heads(names), strict=True):
        if told != kind:
            raise objects.broken(f"Object {name[:10]} is a {told}, where a {kind} belongs.")
        if size > most:
            raise too_much(f"A {kind} has {size:,} bytes, {most:,} are read.")
        total += size
    return total


def _commits(unpacked: Unpacked, tip: str, most: Most) -> list[Commit]:
    """Return all commits before the tip, newest first and none before its children."""
    found: dict[str, Commit] = {}
    wanted = [tip]
    while wanted:
        if len(found) + len(wanted) > most.commits:
            raise too_much(f"At most {most.commits:,} commits are read.")
        _sized(unpacked, wanted, "commit", most.commit)
        raws = unpacked.contents(wanted, "commit", most.commit)
        new = [objects.commit(name, raw) for name, raw in zip(wanted, raws, strict=True)]
        found |= {commit.hash: commit for commit in new}
        parents = dict.fromkeys(parent for commit in new for parent in commit.parents)
        wanted = [parent for parent in parents if parent not in found]
    return _ordered(found, tip)


def _ordered(found: Mapping[str, Commit], tip: str) -> list[Commit]:
    children = dict.fromkeys(found, 0)
    for commit in found.values():
        for parent in set(commit.parents):
            children[parent] += 1
    ready, order = [(-found[tip].time, tip)], []
    while ready:
        commit = found[heapq.heappop(ready)[1]]
        order.append(commit)
        for parent in set(commit.parents):
            children[parent] -= 1
            if not children[parent]:
                heapq.heappush(ready, (-found[parent].time, parent))
    return order


def _trees(unpacked: Unpacked, roots: Sequence[str], most: Most) -> dict[str, Sequence[Entry]]:
    """Return all trees, each once however often it is named."""
    found: dict[str, Sequence[Entry]] = {}
    wanted, total = list(dict.fromkeys(roots)), 0
    while wanted:
        total += _sized(unpacked, wanted, "tree", most.tree)
        if total > most.all_trees:
            raise too_much(f"Its folders have more than {most.all_trees:,} bytes.")
        raws = unpacked.contents(wanted, "tree", most.tree)
        for name, raw in zip(wanted, raws, strict=True):
            found[name] = objects.entries(name, raw)
        below = (entry for name in wanted for entry in found[name] if entry.mode == FOLDER)
        wanted = [name for name in dict.fromkeys(e.hash for e in below) if name not in found]
    return found


def _blobs(
    unpacked: Unpacked, trees: Mapping[str, Sequence[Entry]], most: Most
) -> dict[str, bytes | int]:
    """Return the contents of all files, of those that are too large only the size."""
    named = (entry.hash for tree in trees.values() for entry in tree if entry.mode in FILES)
    names = list(dict.fromkeys(named))
    found: dict[str, bytes | int] = {}
    total = 0
    for name, (kind, size) in zip(names, unpacked.heads(names), strict=True):
        if kind != "blob":
            raise objects.broken(f"Object {name[:10]} is a {kind}, where a file belongs.")
        found[name] = size
        total += size if size <= most.file else 0
    if total > most.all_files:
        raise too_much(f"All files have {total:,} bytes, {most.all_files:,} are read.")
    small = [name for name in names if found[name] <= most.file]  # type: ignore[operator]
    found |= dict(zip(small, unpacked.contents(small, "blob", most.file), strict=True))
    return found
