"""Keep a student's file: written whole or not at all, never over a newer one, nothing thrown away.

The file is the truth. `last` remembers, by hash, what a cell and its file last agreed on; a file
that has changed since then was changed somewhere else, so the cell is the older of the two.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path

from lab_kit.errors import UsageError
from lab_kit.notebook.where import Where

KEPT = 20
BIGGEST = 1_000_000


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.chmod(0o644)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def tidy(text: str) -> str:
    """Return text with plain line ends and exactly one at its end, as cell and file compare."""
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"


class WorkFile:
    """Hold one file of a lab's work by its name below the lab's folder."""

    def __init__(self, where: Where, name: str) -> None:
        self.where = where
        self.name = name
        self.path = _inside(where.folder, name, where)

    @property
    def shown(self) -> str:
        return self.where.shown(self.path)

    def read(self) -> str | None:
        """Return the file's text, None if there is no file yet.

        Raises UsageError for what is not a plain file of text, or is larger than a cell may be.
        """
        try:
            return tidy(_read(self.path).decode("utf-8"))
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, OSError) as error:
            raise UsageError(
                f"{self.shown} could not be read as text.",
                str(error),
                "save it as UTF-8 in the editor, or move it away and run this cell again.",
            ) from error

    def is_newer_than(self, cell: str) -> bool:
        """Tell whether the file was changed elsewhere since a cell last agreed with it."""
        on_disk = self.read()
        if on_disk is None or on_disk.encode() == self._encoded(cell):
            return False
        known = self._known().get(self.name)
        if known is None:
            stub = self.where.stub(self.name)
            known = None if stub is None else _hash(tidy(stub))
        return _hash(on_disk) != known

    def save(self, text: str) -> str:
        """Write the text, keep what was there before, and say in words what was done.

        A cell that holds the same text says so with `agree`; a reset comes from no cell, so that
        the cell is the older of the two from then on.
        """
        new, old = tidy(text), self.read()
        data = self._encoded(new)
        if old == new:
            said = "unchanged"
        elif old is None:
            said = "saved"
        else:
            self._keep(old)
            said = "saved; the earlier version is kept in .history"
        if old != new:
            write_whole(self.path, data)
        return said

    def agree(self, text: str) -> None:
        """Remember that the cell now holds what the file holds."""
        known = self._known()
        if known.get(self.name) != _hash(tidy(text)):
            known[self.name] = _hash(tidy(text))
            write_whole(self._memory, json.dumps(known, indent=1, sort_keys=True).encode())

    def _encoded(self, text: str) -> bytes:
        """Return the bytes that a cell's text makes, or refuse what no file should hold."""
        try:
            data = tidy(text).encode()
        except UnicodeEncodeError as error:
            half = text[error.start : error.start + 1]
            raise UsageError(
                f"{self.shown} was not saved: the cell holds half a character.",
                f"{half!a} is no character by itself, so no file can hold it.",
                "delete it from the cell and type it again.",
            ) from error
        if len(data) > BIGGEST:
            raise UsageError(
                f"{self.shown} was not saved: the cell is larger than a megabyte.",
                f"It holds {len(data):,} bytes.",
                "put data into a file of its own and read it from there.",
            )
        return data

    def _keep(self, old: str) -> None:
        shelf = self.where.folder / ".history" / self.name
        if link := _link(self.where.folder, Path(".history") / self.name):
            raise UsageError(
                f"{self.shown} was not saved: its earlier version could not be kept.",
                f"{self.where.shown(link)} is a link, so it would go to another folder.",
                "remove the link, then try again.",
            )
        name = f"{datetime.now():%Y-%m-%d_%H-%M-%S_%f}{self.path.suffix}"
        write_whole(shelf / name, old.encode())
        for stale in sorted(p for p in shelf.iterdir() if p.is_file())[:-KEPT]:
            stale.unlink(missing_ok=True)

    @property
    def _memory(self) -> Path:
        return self.where.course.work / "cells" / f"{self.where.lab}.json"

    def _known(self) -> dict[str, str]:
        try:
            found = json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> bytes:
    """Read a plain file; a pipe would never end, and a sparse file fills the memory."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("It is not a plain file.")
        data = file.read(BIGGEST + 1)
    if len(data) > BIGGEST:
        raise OSError("It is larger than a megabyte.")
    return data


def _link(base: Path, inside: Path) -> Path | None:
    """Return the first link on the way from `base` down to `inside`, None if there is none."""
    steps = [base / inside, *(base / p for p in inside.parents)][-2::-1]  # outermost first
    return next((step for step in steps if step.is_symlink()), None)


def _inside(folder: Path, name: str, where: Where) -> Path:
    base, asked = folder.resolve(), Path(name)
    hidden = any(part.startswith(".") for part in asked.parts)
    if not asked.parts or not name.isprintable() or asked.is_absolute() or hidden:
        raise UsageError(
            f"{name!r} is not a file of this lab.",
            f"A cell may write below {where.shown(folder)}/ only, and no hidden files.",
            "use a plain name such as `%%exercise handler.py`.",
        )
    if link := _link(base, asked):
        raise UsageError(
            f"{name!r} goes through a link.",
            f"{where.shown(link)} is a link: what is written to it lands in another file.",
            "name the file itself, or remove the link and run this again.",
        )
    target = base / asked
    if target.is_dir():
        raise UsageError(
            f"{name!r} is a folder.",
            f"{where.shown(target)}/ exists already.",
            "name a file, for example `%%exercise handler.py`.",
        )
    return target
