"""Talk with `git cat-file --batch`, believing nothing that it answers.

An object is taken only if its bytes have the hash that was asked for: a git that lies is found out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Protocol

from lab_kit.components.repository_objects import broken

LINE = re.compile(rb"([0-9a-f]{40}) (commit|tree|blob|tag) ([0-9]{1,15})\n")
MOST_LINE = 256


class Stream(Protocol):
    """Be anything that bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, fewer only at the end."""

    def readline(self, size: int, /) -> bytes:
        """Return a line, or so many bytes of it."""


def request(names: Iterable[str]) -> bytes:
    """Write the question for some objects."""
    return "".join(f"{name}\n" for name in names).encode()


def head(stream: Stream, name: str) -> tuple[str, int]:
    """Read an answer's first line: the kind and the size; raise Failed, or EOFError."""
    line = stream.readline(MOST_LINE)
    if not line.endswith(b"\n") and len(line) < MOST_LINE:
        raise EOFError
    found = LINE.fullmatch(line)
    if line == f"{name} missing\n".encode():
        raise broken(f"Object {name[:10]} is missing.")
    if not found or found[1] != name.encode():
        raise broken(f"Object {name[:10]} could not be read.")
    return found[2].decode(), int(found[3])


def content(stream: Stream, name: str, kind: str, most: int) -> bytes:
    """Read an answer with its bytes; raise Failed, or EOFError."""
    told, size = head(stream, name)
    if told != kind or size > most:
        raise broken(f"Object {name[:10]} is a {told} of {size} bytes, where a {kind} belongs.")
    data = stream.read(size + 1)
    if len(data) != size + 1:
        raise EOFError
    data = data[:-1]
    if hashlib.sha1(b"%s %d\0" % (kind.encode(), size) + data).hexdigest() != name:
        raise broken(f"Object {name[:10]} does not have the bytes that its name says.")
    return data
