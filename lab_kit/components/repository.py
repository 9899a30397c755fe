"""Keep a Git repository of the lab's own; a learner's arrives by `received`.

    kiosk = Repository.make(folder)
    kiosk.write({"prices.yaml": "coffee: 3\n"})
    first = kiosk.commit("Set the prices", author=Person("Ada", "ada@kiosk.example"), key=key)
    kiosk.revert(first)

All that reads, signs or reverts here trusts the repository. See repository_received for one that
nobody may trust.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from lab_kit.components import repository_batch as batch
from lab_kit.components import repository_objects as objects
from lab_kit.components.repository_git import Git
from lab_kit.components.repository_objects import Commit, Entry, Person
from lab_kit.components.repository_received import Most, Received, received
from lab_kit.components.repository_signatures import SigningKey, signed
from lab_kit.errors import Failed, UsageError

LAB = Person("Lab", "lab@beyond.example")
MOST_OBJECT = 1 << 30
MOST_COMMITS = 100_000

__all__ = ["LAB", "Commit", "Most", "Person", "Received", "Repository", "received"]


class Repository:
    """Be a repository with its files in a folder, which is trusted."""

    def __init__(self, folder: Path) -> None:
        if not (folder / ".git").exists():
            raise UsageError(
                f"{folder} is no repository.", "There is no .git in it.", "Make one first."
            )
        self.folder = folder.resolve()
        self._git = Git(self.folder)

    @classmethod
    def make(cls, folder: Path, branch: str = "main") -> Repository:
        """Make an empty repository, without the hooks and templates of this machine."""
        if (folder / ".git").exists():
            raise UsageError(f"{folder} is a repository already.")
        folder.mkdir(parents=True, exist_ok=True)
        Git(folder)("init", "-q", "--template=", f"--initial-branch={branch}")
        return cls(folder)

    @property
    def head(self) -> str | None:
        """Return the newest commit, None before the first."""
        code, output, _ = self._git.ask("rev-parse", "-q", "--verify", "HEAD^{commit}")
        return None if code else output.decode().strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files by their paths, None removing one; commit() keeps them."""
        for path, text in files.items():
            place = self._place(path)
            if text is None:
                place.unlink(missing_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(
        self, message: str, *, author: Person = LAB, at: datetime | None = None,
        key: SigningKey | None = None, empty: bool = False,
    ) -> str:  # fmt: skip
        """Commit all files as they are in the folder, signed if there is a key."""
        self._git("add", "--all")
        return self._commit(message, author, at, key, empty)

    def revert(
        self, commit: str, *, author: Person = LAB, at: datetime | None = None,
        key: SigningKey | None = None,
    ) -> str:  # fmt: skip
        """Undo a commit by a new one; raise Failed where later commits are in the way."""
        if self._git("status", "--porcelain", "-z"):
            raise UsageError("The folder has changes that are not committed.", "", "Commit them.")
        undone = self.log(commit, most=1)[0]
        code, _, log = self._git.ask("revert", "--no-commit", undone.hash)
        if code:
            self._git("reset", "-q", "--hard")
            raise Failed(
                f"Commit {undone.hash[:10]} cannot be reverted by itself.",
                log.strip()[:1000], "Revert the later commits first, newest first.",
            )  # fmt: skip
        message = f'Revert "{undone.subject}"\n\nThis reverts commit {undone.hash}.\n'
        try:
            return self._commit(message, author, at, key, False)
        finally:
            self._git.ask("revert", "--quit")

    def log(self, commit: str = "HEAD", *, most: int = MOST_COMMITS) -> list[Commit]:
        """Return a commit and those before it, newest first."""
        if self.head is None:
            return []
        words = ("rev-list", "--date-order", f"--max-count={most}", "--end-of-options", commit)
        hashes = self._git(*words).decode().split()
        raws = self._contents(dict.fromkeys(hashes, "commit"))
        return [objects.commit(name, raws[name]) for name in hashes]

    def files(self, commit: str = "HEAD") -> dict[str, bytes]:
        """Return all files of a commit: path -> bytes."""
        output = self._git("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit)
        found: dict[str, str] = {}
        for line in output.split(b"\0")[:-1]:
            told, _, path = line.partition(b"\t")
            mode, _, name = told.split(b" ")
            folder, _, last = path.rpartition(b"/")
            above = f"{folder.decode('utf-8', 'replace')}/" if folder else ""
            found[objects.place(above, Entry(mode, last, name.decode()))] = name.decode()
        blobs = self._contents(dict.fromkeys(found.values(), "blob"))
        return {path: blobs[name] for path, name in found.items()}

    def bundle(self, place: Path, *refs: str) -> Path:
        """Write the repository into one file, as learners hand theirs in."""
        self._git("bundle", "create", "-q", place.resolve(), *(refs or ("HEAD", "--branches")))
        return place

    # -- parts -------------------------------------------------------------------------

    def _place(self, path: str) -> Path:
        for part in path.split("/"):
            if why := objects.fault(part.encode("utf-8", "surrogatepass")):
                raise UsageError(f"{path!r} is no path of a file in a repository.", why)
        place = self.folder / path
        if not place.parent.resolve().is_relative_to(self.folder) or place.is_symlink():
            raise UsageError(f"{path!r} leads out of the repository.", "A link is in the way.")
        return place

    def _commit(
        self, message: str, author: Person, at: datetime | None, key: SigningKey | None, empty: bool
    ) -> str:
        head, tree = self.head, self._git("write-tree").decode().strip()
        if head and not empty and self._tree(head) == tree:
            raise UsageError("Nothing was committed.", "All files are as in the last commit.")
        raw = commit_bytes(tree, [head] if head else [], message, author, at)
        if key:
            raw = signed(raw, key)
        name = self._git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw).decode().strip()
        self._git("update-ref", "-m", "commit", "HEAD", name, head or "0" * 40)
        return name

    def _tree(self, commit: str) -> str:
        raw = self._contents({commit: "commit"})[commit]
        return objects.commit(commit, raw).tree

    def _contents(self, kinds: Mapping[str, str]) -> dict[str, bytes]:
        """Return objects by their hashes, all in one go."""
        output = self._git("cat-file", "--batch", "--buffer", stdin=batch.request(kinds))
        stream = io.BytesIO(output)
        return {n: batch.content(stream, n, kind, MOST_OBJECT) for n, kind in kinds.items()}


def commit_bytes(
    tree: str, parents: list[str], message: str, author: Person, at: datetime | None = None
) -> bytes:
    """Write a commit as Git does, so that its hash is known before Git sees it."""
    at = at or datetime.now(UTC)
    if at.tzinfo is None:
        raise UsageError("A commit's time needs its zone.", f"Got {at}.", "Add tzinfo=UTC.")
    who = f"{author.name} <{author.email}>"
    if any(char in "<>\n\0" for char in author.name + author.email):
        raise UsageError("An author's name has no < or >, and is one line.", who)
    text = message.strip("\n")
    if not text.strip() or "\0" in text:
        raise UsageError("A commit needs a message.", "It says what changes, in one line.")
    when = f"{int(at.timestamp())} {at.strftime('%z')[:5]}"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents),
             f"author {who} {when}", f"committer {who} {when}"]  # fmt: skip
    return os.fsencode("\n".join(lines)) + b"\n\n" + text.encode() + b"\n"
