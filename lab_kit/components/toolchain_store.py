"""Keep what was compiled, by its content: sources, command and compiler. Only we write here."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lab_kit.components.toolchain_compilers import Compiler
from lab_kit.errors import Unavailable

MOST = 300 * 1024 * 1024  # bytes kept; what was not asked for longest goes first


def named(compiler: Compiler, files: Mapping[str, bytes], exports: Sequence[str]) -> str:
    """Return the name of an output: equal inputs give equal names."""
    told = {
        "compiler": compiler.name, "words": compiler.words(list(files), exports),
        "exports": list(exports),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def kept(folder: Path, name: str) -> Path | None:
    """Return an output that was kept, and note that it was asked for."""
    path = folder / name
    try:
        os.utime(path)
    except OSError:
        return path if path.is_file() else None  # kept by somebody else
    return path


def keep(folder: Path, name: str, data: bytes, mode: int = 0o644) -> Path:
    """Keep an output, whole or not at all; return its path."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number, draft = tempfile.mkstemp(prefix="draft-", dir=folder)
        with open(number, "wb") as file:
            file.write(data)
        os.chmod(draft, mode)
        os.replace(draft, folder / name)
    except OSError as error:
        raise Unavailable(
            "What was compiled could not be kept.", f"{folder}: {error.strerror}.",
            "Make room there, or make the folder yours, then try again.",
        ) from error  # fmt: skip
    _forget(folder, folder / name)
    return folder / name


def _forget(folder: Path, spared: Path) -> None:
    """Remove the oldest outputs beyond the most that is kept."""
    found = []
    for path in folder.iterdir():
        with suppress(OSError):  # gone meanwhile
            found.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= MOST:
            return
        if path != spared:
            total -= size
            with suppress(OSError):
                path.unlink()


def exports_of(wasm: bytes) -> set[str]:
    """Return the names that a module exports, none if it is no module.

    Read from the export section alone (WebAssembly 1.0, 5.5.10), as a module of Go's takes seconds
    to compile.
    """
    try:
        if wasm[:8] != b"\0asm\1\0\0\0":
            return set()
        at = 8
        while at < len(wasm):
            kind = wasm[at]
            size, at = _number(wasm, at + 1)
            if kind == 7:
                return _names(wasm[at : at + size])
            at += size
    except (IndexError, ValueError):
        pass
    return set()


def _names(section: bytes) -> set[str]:
    count, at = _number(section, 0)
    names = set()
    for _ in range(count):
        length, at = _number(section, at)
        names.add(section[at : at + length].decode())
        _, at = _number(section, at + length + 1)
    return names


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and where it ends."""
    value, shift = 0, 0
    while shift < 35:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError
