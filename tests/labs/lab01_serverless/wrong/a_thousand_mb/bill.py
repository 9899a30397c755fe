"""Work out what a month costs, in dollars, from a price file."""

from __future__ import annotations

import math


def lambda_cost(
    requests: int, duration_ms: float, memory_mb: int, architecture: str, prices: dict
) -> float:
    """Return what Lambda charges for a month of `requests`, each `duration_ms` long."""
    p = prices["lambda"]
    billed_s = math.ceil(duration_ms / p["step_ms"]) * p["step_ms"] / 1000
    gb_seconds = requests * billed_s * memory_mb / 1000
    paid_requests = max(0, requests - p["free_requests"])
    paid_gb_seconds = max(0, gb_seconds - p["free_gb_seconds"])
    return paid_requests * p["request"] + paid_gb_seconds * p["gb_second"][architecture]


def google_cost(requests: int, duration_ms: float, memory_mb: int, prices: dict) -> float:
    """Return what Google charges for such a month: memory and CPU are billed apart."""
    p = prices["google"]
    billed_s = math.ceil(duration_ms / p["step_ms"]) * p["step_ms"] / 1000
    seconds = requests * billed_s
    paid_requests = max(0, requests - p["free_requests"])
    paid_gb = max(0, seconds * memory_mb / 1024 - p["free_gb_seconds"])
    paid_ghz = max(0, seconds * p["ghz"][str(memory_mb)] - p["free_ghz_seconds"])
    return paid_requests * p["request"] + paid_gb * p["gb_second"] + paid_ghz * p["ghz_second"]


def cheapest_memory(profile: list, requests: int, prices: dict) -> int:
    """Return the memory size (MB) with the smallest Lambda bill on x86_64.

    `profile` is a list of [memory_mb, duration_ms]. When two cost the same, the faster one wins.
    """

    def cost_then_time(entry: list) -> tuple[float, float]:
        memory_mb, duration_ms = entry
        return lambda_cost(requests, duration_ms, memory_mb, "x86_64", prices), duration_ms

    return min(profile, key=cost_then_time)[0]


def break_even(duration_ms: float, memory_mb: int, architecture: str, prices: dict) -> int:
    """Return the smallest number of requests a month that costs at least what the server costs."""
    server = prices["server"]["hour"] * prices["server"]["hours_a_month"]
    low, high = 0, 1
    while lambda_cost(high, duration_ms, memory_mb, architecture, prices) < server:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if lambda_cost(middle, duration_ms, memory_mb, architecture, prices) < server:
            low = middle
        else:
            high = middle
    return high


def own_break_even() -> int:
    return 31_124_489
