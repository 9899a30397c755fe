"""Write a form whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from lab_kit.errors import JudgeError

Target = Path | TextIO


@contextmanager
def opened(target: Target) -> Iterator[TextIO]:
    """Give a stream to write to; a file appears under its name when the block has ended well.

    Line ends are written as they are told. Raises JudgeError when the disk does not take it; what
    stood there before stays.
    """
    if not isinstance(target, Path):
        yield target
        return
    draft = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        number, draft = tempfile.mkstemp(prefix=f".{target.name[:40]}-", dir=target.parent)
        with open(number, "w", encoding="utf-8", newline="") as stream:
            yield stream
        os.chmod(draft, 0o644)
        os.replace(draft, target)
        draft = None
    except OSError as error:
        raise JudgeError(
            f"{target} could not be written.",
            str(error),
            "make room or choose another place; the grades themselves are safe in the store.",
        ) from error
    finally:
        if draft:
            with suppress(OSError):
                os.unlink(draft)
