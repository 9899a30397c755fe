"""Say what must hold, and what to tell the student when it does not."""

from __future__ import annotations

from typing import Any

from lab_kit.errors import Failed

LONGEST = 600


def expect(ok: bool, what: str, why: str = "", next: str = "") -> None:
    """Raise Failed with these words unless `ok` is true."""
    if ok is not True:
        raise Failed(what, why, next)


def expect_equal(
    got: Any,
    expected: Any,
    what: str = "The answer is not the expected one.",
    given: Any = ...,
    next: str = "",
) -> None:
    """Raise Failed unless `got` equals `expected`, and show both, what was `given` and where
    the two first differ.

    True is not 1 here, as in JSON. `expected` may also be anything that compares by `==`,
    such as `pytest.approx(3.2)`.
    """
    if same(got, expected):
        return
    lines = [] if given is ... else [f"given:    {shown(given)}"]
    lines += [f"expected: {shown(expected)}", f"got:      {shown(got)}"]
    place = first_difference(got, expected)
    if place:
        lines.append(f"they differ first at {place}")
    raise Failed(what, "\n".join(lines), next)


def same(got: Any, expected: Any) -> bool:
    """Tell whether two JSON-like values are equal, keeping booleans apart from numbers."""
    if isinstance(got, bool) or isinstance(expected, bool):
        return got is expected
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(same(got[k], expected[k]) for k in expected)
    if isinstance(got, list | tuple) and isinstance(expected, list | tuple):
        return len(got) == len(expected) and all(map(same, got, expected))
    return bool(got == expected)


def first_difference(got: Any, expected: Any, path: str = "") -> str:
    """Return where two nested values first differ, in words, or '' when they are not nested."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in expected:
            here = f"{path}[{key!r}]"
            if key not in got:
                return f"{here}, which is missing"
            if not same(got[key], expected[key]):
                return first_difference(got[key], expected[key], here)
        extra = next((key for key in got if key not in expected), None)
        return f"{path}[{extra!r}], which should not be there"
    if isinstance(got, list | tuple) and isinstance(expected, list | tuple):
        for i, (one, other) in enumerate(zip(got, expected, strict=False)):
            if not same(one, other):
                return first_difference(one, other, f"{path}[{i}]")
        return f"{path or 'the length'}: {len(expected)} entries expected, {len(got)} got"
    return f"{path}: expected {shown(expected, 80)}, got {shown(got, 80)}" if path else ""


def shown(value: Any, longest: int = LONGEST) -> str:
    """Return a value as Python writes it, cut to a length that fits a message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a bottomless list
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= longest else f"{text[: longest - 20]} … ({len(text):,} characters)"
