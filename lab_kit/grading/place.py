"""Name the place where a verdict was found, as far as it can depend on that."""

from __future__ import annotations

import hashlib
import platform
import sys
from pathlib import Path

import lab_kit


def environment(held: str) -> str:
    """Return Python, system, isolation and locked packages of this very lab_kit."""
    lock = Path(lab_kit.__file__).parents[1] / "requirements.lock"
    packages = hashlib.sha256(lock.read_bytes()).hexdigest()[:12] if lock.is_file() else "none"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {sys.platform} {platform.machine()}, isolation {held}, packages {packages}"
