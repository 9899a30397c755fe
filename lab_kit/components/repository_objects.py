"""Read Git's objects from their bytes: commits, trees and the names in them.

They may be a stranger's: every length and every name is checked, and nothing is looked up.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from lab_kit.errors import Failed

FOLDER, LINK, MODULE = b"40000", b"120000", b"160000"
FILES = (b"100644", b"100755", b"100664")
MOST_NAME = 255
HASH = re.compile(rb"[0-9a-f]{40}")
SHORT_GIT = re.compile(r"git~[0-9]+", re.IGNORECASE)  # what .git is called on FAT and NTFS
PERSON = re.compile(rb"([^<>\n\0]*?) ?<([^<>\n\0]*)> ([0-9]{1,11}) [+-][0-9]{4}")
NEXT = "Make the repository with git alone, and hand it in again."


@dataclass(frozen=True)
class Person:
    """Name an author as Git does."""

    name: str
    email: str


@dataclass(frozen=True)
class Commit:
    """Hold one commit; `raw` is what its hash and its signature are about."""

    hash: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    time: int  # the committer's, in seconds since 1970
    subject: str
    raw: bytes = field(repr=False)

    @property
    def message(self) -> str:
        """Return all of the message."""
        return self.raw.partition(b"\n\n")[2].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one line of a tree."""

    mode: bytes
    name: bytes
    hash: str


def broken(why: str) -> Failed:
    """Return the refusal of an object that is not what Git would write."""
    return Failed("The repository is damaged.", why, NEXT)


def commit(name: str, raw: bytes) -> Commit:
    """Read a commit from its bytes; raise Failed."""
    head, blank, message = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    hashes = [line.partition(b" ") for line in lines]
    parents = 0
    while parents + 1 < len(hashes) and hashes[parents + 1][0] == b"parent":
        parents += 1
    rest = hashes[parents + 1 : parents + 3]
    if (
        not blank or hashes[0][0] != b"tree" or [r[0] for r in rest] != [b"author", b"committer"]
        or not all(HASH.fullmatch(h[2]) for h in hashes[: parents + 1])
    ):  # fmt: skip
        raise broken(f"Commit {name[:10]} has other headers than Git writes.")
    (author, _), (committer, time) = (_person(name, r[2]) for r in rest)
    tree, *others = (h[2].decode() for h in hashes[: parents + 1])
    subject = shown(message.strip(b"\n").partition(b"\n")[0][:500])
    return Commit(name, tree, tuple(others), author, committer, time, subject, raw)


def _person(name: str, line: bytes) -> tuple[Person, int]:
    found = PERSON.fullmatch(line)
    if not found:
        raise broken(f"Commit {name[:10]} has an author or committer that Git would not write.")
    who, email, time = found.groups()
    return Person(shown(who), shown(email)), int(time)


def shown(text: bytes) -> str:
    """Decode a stranger's text for one line on a screen: no controls, no reordering."""
    decoded = text.decode("utf-8", "replace")
    hidden = _hidden(decoded)
    return "".join("�" if char in hidden else char for char in decoded) if hidden else decoded


def _hidden(text: str) -> set[str]:
    """Return the characters that do not show, or that reorder what does."""
    if text.isprintable():
        return set()
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


def entries(name: str, raw: bytes) -> list[Entry]:
    """Read a tree from its bytes; raise Failed."""
    found: list[Entry] = []
    at = 0
    while at < len(raw):
        space = raw.find(b" ", at, at + 8)
        null = raw.find(b"\0", space, space + MOST_NAME * 4) if space > 0 else -1
        if null < 0 or null + 21 > len(raw):
            raise broken(f"Tree {name[:10]} is cut off, or has a name that is too long.")
        entry = Entry(raw[at:space], raw[space + 1 : null], raw[null + 1 : null + 21].hex())
        found.append(entry)
        at = null + 21
    if len({entry.name for entry in found}) != len(found):
        raise broken(f"Tree {name[:10]} has a name twice.")
    return found


def place(folder: str, entry: Entry) -> str:
    """Return an entry's path; raise Failed for what could do harm in a file system."""
    path = f"{folder}{shown(entry.name)}"
    if why := fault(entry.name):
        raise Failed(f"The path {path[:200]!r} is not allowed.", why, "Rename it, and commit.")
    if entry.mode == LINK:
        raise Failed(
            f"{path} is a symbolic link.", "Only plain files are read.",
            "Put the file itself there, and commit.",
        )  # fmt: skip
    if entry.mode == MODULE:
        raise Failed(
            f"{path} is a submodule.", "It names a commit of another repository, not files.",
            f"git rm --cached {path}, add its files themselves, and commit.",
        )  # fmt: skip
    if entry.mode != FOLDER and entry.mode not in FILES:
        raise broken(f"{path} is of a kind that Git does not know.")
    return path


def fault(name: bytes) -> str:
    """Say what is wrong with a name in a tree, or nothing."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return "A name has to be UTF-8."
    if not text or len(name) > MOST_NAME:
        return f"A name has 1 to {MOST_NAME} bytes."
    if text in (".", "..") or "/" in text or "\\" in text:
        return "A name is no way to another folder."
    if _hidden(text):
        return "It has characters that cannot be seen."
    if text[-1] in ". " or ":" in text:
        return "Some file systems read it as another name."
    if text.lower() == ".git" or SHORT_GIT.fullmatch(text):
        return "It is where Git keeps its own files."
    return ""
