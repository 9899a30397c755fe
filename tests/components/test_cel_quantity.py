"""Quantities, against decimal arithmetic and the examples of Kubernetes' documentation."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_kit.components import cel_quantity as q


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1", 1), ("1.5G", 1_500_000_000), ("200k", 200_000), ("1Ki", 1024), ("0.5Gi", 2**29),
     ("2e3", 2000), ("2E3", 2000), ("1E", 10**18), ("+5", 5), ("-5", -5), (".5k", 500), ("5.", 5),
     ("1Ei", 2**60), ("12e-1k", None), ("1e-9", None)],
)  # fmt: skip
def test_what_the_documentation_says(text: str, wanted: int | None) -> None:
    if wanted is None:
        assert q.is_quantity(text) == (text == "1e-9")
    else:
        assert q.whole(q.parsed(text)) == wanted


@pytest.mark.parametrize(
    "text", ["", "200K", "Three", "Mi", "1,3G", "1 ", " 1", "1..2", "1e", "1e99999", "--1", "1mi",
             "1" * 65, "\u0661", "1\n"],
)  # fmt: skip
def test_what_is_no_quantity(text: str) -> None:
    assert not q.is_quantity(text)
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        q.parsed(text)


@given(st.decimals(-(10**9), 10**9, places=3, allow_nan=False), st.sampled_from(sorted(q.DECIMAL)))
def test_it_agrees_with_decimals(number: Decimal, suffix: str) -> None:
    exact = number * Decimal(10) ** (q.DECIMAL[suffix] + 9)
    found = q.parsed(f"{number:f}{suffix}")
    assert abs(found) >= abs(exact) > abs(found) - 1
    assert (found > 0) == (exact > 0)


@pytest.mark.parametrize("text", ["1500m", "99E", "-9223372036854775809"])
def test_what_is_no_whole_number_of_64_bits(text: str) -> None:
    with pytest.raises(ValueError, match="cannot convert value to integer"):
        q.whole(q.parsed(text))
