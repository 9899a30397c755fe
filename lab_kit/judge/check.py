"""Mark a function as a check: a sentence that the student reads, and the lines that test it.

The first line of the docstring is the promise. Hints say where to look, never the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lab_kit.errors import AuthorError

Function = TypeVar("Function", bound=Callable[..., Any])
MARK = "__beyond_check__"


@dataclass(frozen=True)
class Check:
    """Hold what an author says about a check."""

    name: str
    promise: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    deadline: float


def check(
    points: float = 1,
    hint: str | Sequence[str] = (),
    needs: str | Sequence[str] = (),
    deadline: float = 60.0,
) -> Callable[[Function], Function]:
    """Mark a function as a check that is worth `points`.

    `hint` is one text or several, revealed in order. `needs` names the checks that must
    pass first; when one does not, this check is blocked. A check that runs longer than
    `deadline` seconds is stopped and not judged. Raises AuthorError when the promise or
    every hint is missing.
    """

    def mark(function: Function) -> Function:
        setattr(function, MARK, describe(function, points, listed(hint), listed(needs), deadline))
        return function

    return mark


def describe(
    function: Callable[..., Any],
    points: float,
    hints: tuple[str, ...],
    needs: tuple[str, ...],
    deadline: float,
) -> Check:
    """Collect what is known of a check, and refuse one that says too little."""
    code = function.__code__
    place = f"{code.co_filename}:{code.co_firstlineno}"
    promise = (function.__doc__ or "").strip().partition("\n")[0].strip()
    if not promise:
        raise AuthorError(
            f"The check {function.__name__} makes no promise.",
            "The first line of its docstring is what the student is told.",
            f"write it at {place}.",
        )
    if not hints or not all(text.strip() for text in hints):
        raise AuthorError(
            f"The check {function.__name__} has no hint.",
            "A student who is stuck asks for one.",
            f"say where to look: @check(hint=...) at {place}.",
        )
    if points < 0:
        raise AuthorError(
            f"The check {function.__name__} is worth {points} points.",
            "Points are never negative.",
            f"correct it at {place}.",
        )
    return Check(function.__name__, promise, points, hints, needs, deadline)


def listed(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return one text or several as several."""
    return (value,) if isinstance(value, str) else tuple(value)
