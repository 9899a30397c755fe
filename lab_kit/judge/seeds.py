"""Draw the seeds of a run, and from one the fresh inputs of each check."""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets

SIZE = 1 << 32


def practice_seed() -> int:
    """Draw a seed that nobody can foresee."""
    return secrets.randbelow(SIZE)


def graded_seed(secret: bytes, student: str, version: str) -> int:
    """Derive a seed that only the course can compute, so that a regrade repeats."""
    text = f"{student}\0{version}".encode()
    return int.from_bytes(hmac.new(secret, text, hashlib.sha256).digest()[:4], "big")


def fresh_for(seed: int, check: str) -> random.Random:
    """Return the random source of one check: the same whichever checks run beside it."""
    return random.Random(f"{seed}:{check}")
