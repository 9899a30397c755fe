"""Draw a shop of a student's own: `break_even(**shop)` has another answer for everyone."""

from __future__ import annotations

from random import Random
from typing import Any


def variant(rng: Random) -> dict[str, Any]:
    """Return how long requests take, their memory, and the prices; nothing is free here."""
    return {
        "duration_ms": rng.randint(40, 400),
        "memory_mb": rng.choice((256, 512, 768, 1024, 1536, 2048)),
        "architecture": rng.choice(("x86_64", "arm64")),
        "prices": {
            "lambda": {
                "request": 0.0000002,
                "gb_second": {"x86_64": 0.0000166667, "arm64": 0.0000133334},
                "step_ms": 1,
                "free_requests": 0,
                "free_gb_seconds": 0,
            },
            "server": {"hour": rng.randint(200, 999) / 10_000, "hours_a_month": 730},
        },
    }
