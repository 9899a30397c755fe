"""Name the place where a verdict was found, as far as it can depend on that."""

from __future__ import annotations

import hashlib
import platform
import sys
from functools import cache
from pathlib import Path

import lab_kit


def environment(held: str) -> str:
    """Return Python, system, isolation and locked packages of this very lab_kit."""
    lock = Path(lab_kit.__file__).parents[1] / "requirements.lock"
    packages = hashlib.sha256(lock.read_bytes()).hexdigest()[:12] if lock.is_file() else "none"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {sys.platform} {platform.machine()}, isolation {held}, packages {packages}"


@cache
def source() -> str:
    """Return a short hash of this lab_kit's own code."""
    digest = hashlib.sha256()
    root = Path(lab_kit.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
