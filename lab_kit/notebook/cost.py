"""Draw what a month costs against its traffic, and where the cheaper way changes.

    CostPanel(prices, memory_mb=256, duration_ms=40)
    CostPanel(lines={"my bill.py": my_cost, "a server": lambda requests: 30.0})

`prices` is the lab's price file, or a flat mapping:
    request        price of one request                    0.20e-6
    gb_second      price of one GB-second                  1.66667e-5
    server_month   price of an always-on server, a month   30.37
    server         its name, optional                      "t3.medium"
    server_rps     requests a second that one carries, optional; above it a second one is paid
    currency, as_of, source   said with the figures, optional
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import traitlets

from lab_kit.errors import UsageError
from lab_kit.notebook.panel import Panel, script
from lab_kit.notebook.prices import prices_of

Cost = Callable[[float], float]
STEPS = 121
MONTH_S = 30 * 24 * 3600


class CostPanel(Panel):
    """Show the lines of cost over requests a month on logarithmic axes; a slider reads them."""

    _esm = script("cost")
    xs: Any = traitlets.List([]).tag(sync=True)
    lines: Any = traitlets.List([]).tag(sync=True)
    even: Any = traitlets.List([]).tag(sync=True)
    currency = traitlets.Unicode("USD").tag(sync=True)
    about = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        prices: Mapping[str, Any] | None = None,
        *,
        memory_mb: int = 128,
        duration_ms: float = 50.0,
        arch: str = "x86_64",
        lines: Mapping[str, Cost] | None = None,
        requests: tuple[float, float] = (1e4, 1e9),
    ) -> None:
        needed = () if lines else ("request", "gb_second", "server_month")
        flat = prices_of(prices or {}, needed, arch)
        costs = dict(lines or {}) or usual(flat, memory_mb, duration_ms)
        low, high = math.log10(requests[0]), math.log10(requests[1])
        xs = [10 ** (low + (high - low) * n / (STEPS - 1)) for n in range(STEPS)]
        drawn = [{"name": n, "ys": [_value(n, f, x) for x in xs]} for n, f in costs.items()]
        first, second = [*costs.values(), None, None][:2]
        even = break_even(first, second, *requests) if first and second else []
        super().__init__(
            xs=xs,
            lines=drawn,
            even=even,
            currency=str(flat.get("currency", "USD")),
            about=_about(flat, memory_mb, duration_ms),
        )

    def as_text(self) -> str:
        rows = [f"Cost a month in {self.currency}. {self.about}".strip()]
        names = [line["name"] for line in self.lines]
        rows.append(f"{'requests':>14} " + " ".join(f"{n[:16]:>16}" for n in names))
        for n in range(0, STEPS, (STEPS - 1) // 10):
            figures = " ".join(f"{line['ys'][n]:>16,.2f}" for line in self.lines)
            rows.append(f"{self.xs[n]:>14,.0f} {figures}")
        if self.even and len(names) > 1:
            points = ", ".join(f"{x:,.0f}" for x in self.even)
            rows.append(f"{names[0]} and {names[1]} cost the same at {points} requests a month.")
        return "\n".join(rows)


def usual(prices: Mapping[str, Any], memory_mb: int, duration_ms: float) -> dict[str, Cost]:
    """Return Lambda's and an always-on server's cost as functions of requests a month.

    Durations are rounded up to 1 ms, memory counts in GB of 1024 MB, nothing is free of charge.
    """
    gb_seconds = memory_mb / 1024 * math.ceil(duration_ms) / 1000
    each = float(prices["request"]) + gb_seconds * float(prices["gb_second"])
    server, carries = float(prices["server_month"]), float(prices.get("server_rps") or math.inf)

    def servers(requests: float) -> float:
        return server * max(1, math.ceil(requests / MONTH_S / carries))

    name = str(prices.get("server", "server"))
    return {"Lambda": lambda requests: requests * each, f"{name}, always on": servers}


def break_even(one: Cost, other: Cost, low: float, high: float) -> list[float]:
    """Return at most five traffics between `low` and `high` where which is cheaper changes."""
    found: list[float] = []
    steps = 400
    xs = [low * (high / low) ** (n / steps) for n in range(steps + 1)]
    for a, b in pairwise(xs):
        sign = one(a) <= other(a)
        if sign != (one(b) <= other(b)) and len(found) < 5:
            for _ in range(60):
                middle = math.sqrt(a * b)
                a, b = (middle, b) if (one(middle) <= other(middle)) == sign else (a, middle)
            found.append(b)
    return found


def _value(name: str, cost: Cost, requests: float) -> float:
    try:
        value = float(cost(requests))
    except Exception as error:
        raise UsageError(
            f"The cost function {name!r} could not be drawn.",
            f"For {requests:,.0f} requests it raised {type(error).__name__}: {error}.",
            "it takes requests a month and returns a price; try it in a cell of its own.",
        ) from error
    if not math.isfinite(value):
        raise UsageError(
            f"The cost function {name!r} gave {value}.",
            f"It was asked for {requests:,.0f} requests a month.",
            "return a price that is a finite number.",
        )
    return value


def _about(prices: Mapping[str, Any], memory_mb: int, duration_ms: float) -> str:
    if not prices:
        return ""
    said = [f"{memory_mb} MB, {duration_ms:g} ms a request"]
    if prices.get("as_of"):
        said.append(f"prices of {prices['as_of']}")
    if prices.get("source"):
        said.append(str(prices["source"]))
    return "; ".join(said) + "."
