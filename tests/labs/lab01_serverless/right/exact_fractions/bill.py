from fractions import Fraction
from math import ceil


def exact(value):
    return Fraction(str(value))


def steps(duration_ms, step_ms):
    return ceil(exact(duration_ms) / step_ms) * Fraction(step_ms, 1000)


def over(used, free):
    return max(Fraction(0), Fraction(used) - free)


def _lambda(requests, duration_ms, memory_mb, architecture, prices):
    p = prices["lambda"]
    gb_seconds = requests * steps(duration_ms, p["step_ms"]) * Fraction(memory_mb, 1024)
    return over(requests, p["free_requests"]) * exact(p["request"]) + over(
        gb_seconds, p["free_gb_seconds"]
    ) * exact(p["gb_second"][architecture])


def lambda_cost(requests, duration_ms, memory_mb, architecture, prices):
    return float(_lambda(requests, duration_ms, memory_mb, architecture, prices))


def google_cost(requests, duration_ms, memory_mb, prices):
    p = prices["google"]
    seconds = requests * steps(duration_ms, p["step_ms"])
    parts = [
        (requests, p["free_requests"], p["request"]),
        (seconds * Fraction(memory_mb, 1024), p["free_gb_seconds"], p["gb_second"]),
        (seconds * exact(p["ghz"][f"{memory_mb}"]), p["free_ghz_seconds"], p["ghz_second"]),
    ]
    return float(sum(over(used, free) * exact(price) for used, free, price in parts))


def cheapest_memory(profile, requests, prices):
    best = None
    for memory, ms in profile:
        entry = (_lambda(requests, ms, memory, "x86_64", prices), ms, memory)
        if best is None or entry < best:
            best = entry
    return best[2]


def break_even(duration_ms, memory_mb, architecture, prices):
    p = prices["lambda"]
    server = exact(prices["server"]["hour"]) * prices["server"]["hours_a_month"]
    one = steps(duration_ms, p["step_ms"]) * Fraction(memory_mb, 1024)
    request, second = exact(p["request"]), exact(p["gb_second"][architecture])
    free_n, free_gb = p["free_requests"], p["free_gb_seconds"]
    # Both tiers used up, or only one of them: the first number that satisfies its own case.
    candidates = [
        ceil((server + free_n * request + free_gb * second) / (request + one * second)),
        ceil(server / request + free_n),
        ceil((server / second + free_gb) / one),
    ]
    return min(
        n for n in candidates if _lambda(n, duration_ms, memory_mb, architecture, prices) >= server
    )


def own_break_even() -> int:
    return 31_124_489
