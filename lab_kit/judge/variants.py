"""Give every student a problem of their own, which the judge can derive again.

A lab whose story names a `variant` file has `tests/labs/<lab>/variant.py`, which defines

    def variant(rng: random.Random) -> dict      # plain values, as JSON has them

A release writes each student's own into that file. When graded, the values come from the secret
and the student's name, never from what was handed in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import runpy
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_kit.errors import AuthorError, UsageError

SOURCE = "variant.py"
LEAST = 16


def derive(checks: Path, secret: bytes, student: str, lab: str) -> dict[str, Any] | None:
    """Return a student's own values; None when the lab is the same for all.

    Raises AuthorError when the lab's variant.py does not give plain values.
    """
    path = checks / SOURCE
    if not path.is_file():
        return None
    text = f"variant\0{student}\0{lab}".encode()
    rng = random.Random(hmac.new(secret, text, hashlib.sha256).digest())
    try:
        values = runpy.run_path(str(path))["variant"](rng)
        plain: dict[str, Any] = json.loads(encode(values))
        if not isinstance(values, dict) or plain != values:
            raise TypeError(f"it gave {values!r:.100}")
        return plain
    except Exception as error:  # an author's code can raise anything
        raise AuthorError(
            f"The variants of {lab} cannot be drawn.",
            f"{path}: {type(error).__name__}: {error}",
            "define `def variant(rng)` there, which returns a dict of plain values.",
        ) from error


def encode(values: Mapping[str, Any]) -> str:
    """Return the text of the file that holds a variant."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def put(folder: Path, file: str, values: Mapping[str, Any]) -> None:
    """Write a variant into a private copy of a submission, whatever is there."""
    place = folder / file
    for above in place.relative_to(folder).parents:
        if (folder / above).is_file():
            (folder / above).unlink()
    if place.is_dir():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.write_text(encode(values), "utf-8")
    place.chmod(0o444)


def read_secret(path: Path) -> bytes:
    """Read the course's secret; UsageError when it is missing, short, or others may read it."""
    try:
        data, mode = path.read_bytes().strip(), path.stat().st_mode
    except OSError as error:
        raise UsageError(
            "The secret could not be read.", str(error), "check the path of --secret."
        ) from None
    if len(data) < LEAST:
        raise UsageError(
            f"{path} holds no secret.",
            f"It has {len(data)} bytes; {LEAST} at least cannot be guessed.",
            "name a file that does not exist yet in `./lab release --secret`: it is made.",
        )
    if mode & 0o077:
        raise UsageError(
            "The secret may be read by others.", f"That is {path}.", f"run `chmod 600 {path}`."
        )
    return data


def make_secret(path: Path) -> bytes:
    """Write a new secret to a file that does not exist yet, and return it."""
    data = secrets.token_hex(32).encode()
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(number, "wb") as file:
            file.write(data + b"\n")
    except OSError as error:
        raise UsageError(
            "The secret could not be written.", str(error), "check the path of --secret."
        ) from None
    return data
