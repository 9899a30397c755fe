"""Search a finished copy for canaries: names, bytes, and what is packed or escaped in them.

A notebook is looked at cell by cell, its texts as they are meant and not as JSON writes them;
base64 in it (attachments), zip and gzip files and git's objects are unpacked.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_kit.release.blocks import collapsed
from lab_kit.release.canaries import Canary

DEEPEST = 4
BASE64 = re.compile(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Leak:
    """Say where a canary was found, and where it comes from."""

    place: str
    canary: Canary


@dataclass
class Search:
    """Know the canaries; what has been searched once is not searched again in the next copy."""

    canaries: list[Canary]
    seen: dict[bytes, list[Leak]] = field(default_factory=dict)

    def folder(self, root: Path) -> Iterator[Leak]:
        """Give every leak in a folder, in the order of its files."""
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            yield from self.text("", name, f"the name {name}")
            if path.is_file():
                yield from self.file(name, path.read_bytes())

    def file(self, name: str, data: bytes) -> Iterator[Leak]:
        """Give every leak in one file."""
        key = hashlib.sha256(Path(name).suffix.encode() + b"\0" + data).digest()
        if key not in self.seen:
            found = [leak for place, text in views(data) for leak in self.text(place, text, "")]
            self.seen[key] = list({leak.canary: leak for leak in found[::-1]}.values())[::-1]
        for leak in self.seen[key]:
            yield Leak(f"{name}{leak.place}", leak.canary)

    def text(self, place: str, text: str, name: str) -> Iterator[Leak]:
        """Give every canary in one text; the line is that of its beginning."""
        flat = collapsed(text)
        for canary in self.canaries:
            if canary.text in flat:
                yield Leak(name or f"{place}, line {line_of(canary.text, text)}", canary)


def line_of(wanted: str, text: str) -> int:
    """Return the line in which a text begins."""
    rows = [collapsed(line) for line in text.split("\n")]
    whole = (n for n, row in enumerate(rows, 1) if wanted in row)
    begun = (n for n, row in enumerate(rows, 1) if len(row) > 7 and wanted.startswith(row))
    return next(whole, next(begun, 1))


def views(data: bytes, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Give (place, text) for all that a file's bytes can be read as, the bytes themselves last."""
    if depth < DEEPEST:
        for place, inner in unpacked(data):
            for further, text in views(inner, depth + 1):
                yield f"{place}{further}", text
        if data.lstrip()[:1] in (b"{", b"["):
            with suppress(ValueError, RecursionError):
                yield from from_json(json.loads(data), depth)
    if data[:2] in UTF_16:
        yield ", as UTF-16", data.decode("utf-16", "replace")
    yield "", data.decode("utf-8", "replace")


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give what is inside of a gzip or zip file, or of one of git's objects."""
    if data[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):
            yield ", unpacked", gzip.decompress(data)
    elif data[:4] == b"PK\x03\x04":
        broken = (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error)
        with suppress(*broken), zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield ", a name in it", name.encode()
                yield f", {name}", packed.read(name)
    elif data[:1] == b"\x78":
        with suppress(zlib.error):
            yield ", unpacked", zlib.decompress(data)


def from_json(found: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Give the texts of a JSON value; of a notebook, those of each cell apart."""
    cells = found.get("cells") if isinstance(found, dict) else None
    parts: list[tuple[str, Any]] = [("", found)]
    if isinstance(cells, list):
        rest = {key: value for key, value in found.items() if key != "cells"}
        parts = [(f", cell {n}", cell) for n, cell in enumerate(cells, 1)]
        parts.append((", metadata", rest))
    for place, part in parts:
        words = list(strings(part))
        yield place, "\n".join(word.rstrip("\n") for word in words)
        for word in words:
            for further, text in encoded(word, depth):
                yield f"{place}{further}", text


def strings(value: Any) -> Iterator[str]:
    """Give all texts in a JSON value, keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def encoded(word: str, depth: int) -> Iterator[tuple[str, str]]:
    """Give what a text in base64 stands for."""
    if BASE64.fullmatch(word):
        try:
            data = base64.b64decode("".join(word.split()), validate=True)
        except (binascii.Error, ValueError):
            return
        for place, text in views(data, depth + 1):
            yield f", base64{place}", text
