"""Reckon with quantities such as `500m`, `1Gi` and `2e3`, as Kubernetes does.

A quantity is held as a whole number of billionths, which is as fine as Kubernetes goes; what is
finer is rounded up (https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity).
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil, floor

FORM = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(n|u|m|k|[KMGTPE]i|[MGTPE]|[eE][+-]?[0-9]+)?"
)
LONGEST, FARTHEST = 64, 64  # characters, and powers of ten: what it takes is bounded
ONE = 10**9
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
UNREADABLE = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)


def parsed(text: str) -> int:
    """Return a quantity in billionths; raise ValueError for a text that is none."""
    found = FORM.fullmatch(text) if len(text) <= LONGEST else None
    if not found:
        raise ValueError(UNREADABLE)
    number, suffix = Fraction(found[1]), found[2] or ""
    scaled: Fraction
    if suffix in BINARY:
        scaled = number * 2 ** BINARY[suffix]
    else:
        power = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
        if abs(power) > FARTHEST:
            raise ValueError(UNREADABLE)
        scaled = number * Fraction(10) ** power
    billionths = scaled * ONE
    return ceil(billionths) if billionths >= 0 else floor(billionths)


def is_quantity(text: str) -> bool:
    """Say whether a text is one."""
    try:
        parsed(text)
    except ValueError:
        return False
    return True


def whole(billionths: int) -> int:
    """Return a quantity as a number of 64 bits; raise ValueError where it is none."""
    number, rest = divmod(billionths, ONE)
    if rest or not -(2**63) <= number < 2**63:
        raise ValueError("cannot convert value to integer")
    return number


def sign(number: int) -> int:
    """Return 1, 0 or -1."""
    return (number > 0) - (number < 0)
