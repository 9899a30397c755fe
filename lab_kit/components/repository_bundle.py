"""Take a bundle apart without git: its list of branches in text, then the pack.

    # v2 git bundle
    <hash> refs/heads/main

    PACK...

Git's own reader of this list is left out on purpose: ours makes no reference, and follows none.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from lab_kit.errors import Failed

MAIN, HEAD = b"refs/heads/main", b"HEAD"
VERSION = re.compile(rb"# v[23] git bundle")
REF = re.compile(rb"([0-9a-f]{40}) (.{1,255})")
MOST_HEAD = 256 * 1024
MAKE = "Make it in your repository: git bundle create repo.bundle HEAD main"


@dataclass(frozen=True)
class Pack:
    """Hold what is asked of a bundle: the newest commit's hash and the pack with everything."""

    tip: str
    data: bytes


def refused(why: str, what: str = "The bundle cannot be read.") -> Failed:
    """Return the refusal of a bundle."""
    return Failed(what, why, MAKE)


def content(place: Path, most: int) -> bytes:
    """Return a plain file's bytes; raise Failed for links, devices and what is too large."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(place, flags)
    except OSError as error:
        raise refused(f"{place.name}: {error.strerror}.", "There is no bundle to read.") from None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise refused(f"{place.name} is no plain file.", "There is no bundle to read.")
        data = _read(fd, most + 1)
    finally:
        os.close(fd)
    if len(data) > most:
        raise Failed(
            "The bundle is too large.", f"At most {most:,} bytes are read.",
            "Large files stay in the history: begin a new repository without them.",
        )  # fmt: skip
    return data


def _read(fd: int, most: int) -> bytes:
    found = bytearray()
    while len(found) < most and (part := os.read(fd, min(1 << 20, most - len(found)))):
        found += part
    return bytes(found)


def parsed(data: bytes, most_refs: int, most_objects: int) -> Pack:
    """Find the branch that counts and the pack; raise Failed."""
    end = data.find(b"\n\n", 0, MOST_HEAD)
    lines = data[: max(end, 0)].split(b"\n")
    if end < 0 or not VERSION.fullmatch(lines[0]):
        raise refused("It does not begin as a bundle of Git's.")
    tip = _tip(lines[1:], most_refs)
    pack = data[end + 2 :]
    if pack[:4] != b"PACK" or len(pack) < 32:
        raise refused("It is cut off: there are no objects in it.")
    count = int.from_bytes(pack[8:12], "big")
    if count > most_objects:
        raise Failed(
            "The repository is too large.", f"It has {count:,} objects, {most_objects:,} are read.",
            "Leave out what the exercise does not ask for.",
        )  # fmt: skip
    return Pack(tip, pack)


def _tip(lines: list[bytes], most: int) -> str:
    """Return the hash of main, or else of HEAD; all other references are passed over."""
    if len(lines) > most:
        raise refused(f"It lists {len(lines):,} branches and tags, {most:,} are read.")
    found: dict[bytes, set[bytes]] = {}
    for line in lines:
        if line.startswith(b"-"):
            raise refused("It builds on commits that are not in it.", "The bundle is incomplete.")
        if line.startswith(b"@"):
            if line != b"@object-format=sha1":
                raise refused("It is of a special kind: filtered, or with other hashes.")
            continue
        ref = REF.fullmatch(line)
        if not ref:
            raise refused("Its list of branches is not as Git writes it.")
        found.setdefault(ref[2], set()).add(ref[1])
    names = found.get(MAIN) or found.get(HEAD)
    if not names:
        raise refused("It has no branch main.", "There is no branch main in the bundle.")
    if len(names) > 1:
        raise refused("It names two commits for one branch.")
    return names.pop().decode()
