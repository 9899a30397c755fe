"""Work out what a month costs, in dollars, from a price file."""

from __future__ import annotations

import math
from collections.abc import Callable


def lambda_cost(
    requests: int, duration_ms: float, memory_mb: int, architecture: str, prices: dict
) -> float:
    """Return what Lambda charges for a month of `requests`, each `duration_ms` long."""
    p = prices["lambda"]
    raise NotImplementedError("round up, work out GB-seconds, take off what is free, multiply")


def google_cost(requests: int, duration_ms: float, memory_mb: int, prices: dict) -> float:
    """Return what Google charges for such a month: memory and CPU are billed apart."""
    p = prices["google"]
    raise NotImplementedError('as above, and GHz-seconds on top, from p["ghz"][str(memory_mb)]')


def cheapest_memory(profile: list, requests: int, prices: dict) -> int:
    """Return the memory size (MB) with the smallest Lambda bill on x86_64.

    `profile` is a list of [memory_mb, duration_ms]. When two cost the same, the faster one wins.
    """

    raise NotImplementedError("compare (cost, duration) of the entries, return the best memory_mb")


def smallest(enough: Callable[[int], bool]) -> int:
    """Return the smallest number for which `enough` is true, as it is for all larger ones."""
    low, high = 0, 1
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def break_even(duration_ms: float, memory_mb: int, architecture: str, prices: dict) -> int:
    """Return the smallest number of requests a month that costs at least what the server costs."""
    server = prices["server"]["hour"] * prices["server"]["hours_a_month"]

    raise NotImplementedError("say when a number of requests is enough; smallest() finds the first one")


def own_break_even() -> int:
    """Return what break_even says of the shop in shop.json, which is yours alone."""
    raise NotImplementedError("write the number that break_even(**shop) gives in the notebook")
