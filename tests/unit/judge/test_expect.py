from __future__ import annotations

from typing import Any

import pytest

from lab_kit.errors import Failed
from lab_kit.judge.expect import expect, expect_equal, same, shown


class AgreesWithAll:
    """Be equal to everything, as a careless author's helper might be."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_expect_raises_its_words() -> None:
    expect(True, "Nothing happened.")
    with pytest.raises(Failed) as caught:
        expect(False, "It broke.", "It was thin.", "make it thick.")
    assert str(caught.value) == "It broke.\n  It was thin.\n  Next: make it thick."


def test_expect_takes_nothing_for_true_but_true() -> None:
    with pytest.raises(Failed):
        expect([1], "A list is no answer to yes or no.")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("got", "expected", "equal"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (0, False, False),
        ([1, {"a": True}], [1, {"a": 1}], False),
        ((1, 2), [1, 2], True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (0.1 + 0.2, pytest.approx(0.3), True),
        ("1", 1, False),
        (None, 0, False),
        (float("nan"), float("nan"), False),
    ],
)
def test_same_compares_as_json_does(got: Any, expected: Any, equal: bool) -> None:
    assert same(got, expected) is equal


@pytest.mark.parametrize(
    ("got", "expected", "place"),
    [
        ({"a": [1, 2, 4]}, {"a": [1, 2, 3]}, "['a'][2]: expected 3, got 4"),
        ({}, {"a": 1}, "['a'], which is missing"),
        ({"a": 1, "b": 2}, {"a": 1}, "['b'], which should not be there"),
        ([1], [1, 2], "the length: 2 entries expected, 1 got"),
        ({"a": [1]}, {"a": []}, "['a']: 0 entries expected, 1 got"),
        ([True], [1], "[0]: expected 1, got True"),
    ],
)
def test_difference_is_placed(got: Any, expected: Any, place: str) -> None:
    with pytest.raises(Failed) as caught:
        expect_equal(got, expected, given="it")
    assert caught.value.why.splitlines()[0] == "given:    'it'"
    assert caught.value.why.splitlines()[-1] == f"they differ first at {place}"


def test_plain_difference_shows_both_sides() -> None:
    with pytest.raises(Failed) as caught:
        expect_equal(3, 4, "The sum was wrong.", next="add again.")
    assert caught.value.what == "The sum was wrong."
    assert caught.value.why == "expected: 4\ngot:      3"
    assert caught.value.next == "add again."


def test_shown_is_cut_and_never_raises() -> None:
    assert len(shown("x" * 10_000)) < 650
    assert "10,002 characters" in shown("x" * 10_000)
    assert shown(10**5000) == "a int too large to show"
