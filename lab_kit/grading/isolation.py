"""Hold grading to the isolation that is asked for."""

from __future__ import annotations

from lab_kit.errors import Unavailable, UsageError

LEVELS = ("none", "degraded", "full")
REQUIRE = ("full", "degraded", "any")


def demand(require: str, held: str) -> str:
    """Return the level that holds; refuse to grade below the one that is required."""
    if require not in REQUIRE:
        raise UsageError(
            f"There is no isolation level {require!r}.",
            f"The levels are {', '.join(REQUIRE)}.",
            "use one of these with --require-isolation.",
        )
    if rank(held) < rank(require):
        raise too_weak(require, held)
    return held


def too_weak(require: str, held: str) -> Unavailable:
    """Return the refusal to grade below the level that is required."""
    return Unavailable(
        "Nothing is graded here: students' programs are not isolated well enough.",
        f"This machine's level is {held!r}, and {require!r} is required.",
        "see `./lab doctor` for what is missing; --require-isolation any accepts the risk.",
    )


def rank(name: str) -> int:
    """Order the levels; 'any' asks for nothing, and an unknown level holds nothing."""
    return LEVELS.index(name) if name in LEVELS else 0
