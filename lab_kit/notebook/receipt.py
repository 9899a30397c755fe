"""Print what invocations cost, itemised, like a till's receipt.

    Receipt(traffic.invocations, prices)
    print(Receipt([runtime.invoke({})], prices))

`prices` is the lab's price file, or a flat mapping with `request` (one request) and `gb_second`,
and perhaps `currency`, `region`, `arch`, `as_of` and `source`. Every figure comes from the
invocations: billed milliseconds, memory, outcome.
What the front door turned away (429, 413) is listed and costs nothing; failed and timed-out
invocations are charged like any other, as on Lambda.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from lab_kit.notebook.prices import prices_of

WIDTH = 46
STYLE = (
    "display:inline-block;background:#fffdf5;color:#1a1a1a;padding:14px 18px;line-height:1.35;"
    "border:1px dashed #767676;font-family:monospace;white-space:pre"
)


class Receipt:
    """Hold the lines of one receipt; `total` is the price of all invocations together."""

    def __init__(
        self,
        invocations: Iterable[Any],
        prices: Mapping[str, Any],
        *,
        shop: str = "KIOSK",
        arch: str = "x86_64",
    ) -> None:
        self.prices = prices_of(prices, ("request", "gb_second"), arch)
        self.shop = shop
        self.when = datetime.now()
        every = list(invocations)
        self.charged = [i for i in every if i.status == 200]
        self.refused = [i for i in every if i.status != 200]

    @property
    def requests(self) -> float:
        """Return the price of the requests alone."""
        return len(self.charged) * float(self.prices["request"])

    @property
    def gb_seconds(self) -> float:
        return float(sum(i.billed_ms / 1000 * i.memory_mb / 1024 for i in self.charged))

    @property
    def compute(self) -> float:
        """Return the price of memory times time."""
        return self.gb_seconds * float(self.prices["gb_second"])

    @property
    def starting(self) -> float:
        """Return the part of `compute` that paid for init phases."""
        cold = [(min(i.init_ms or 0.0, i.billed_ms), i.memory_mb) for i in self.charged if i.cold]
        gb_seconds = sum(ms / 1000 * mb / 1024 for ms, mb in cold)
        return float(gb_seconds * float(self.prices["gb_second"]))

    @property
    def total(self) -> float:
        return self.requests + self.compute

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the receipt, every line at most 46 characters wide."""
        rule, each = "-" * WIDTH, float(self.prices["gb_second"])
        unit = str(self.prices.get("currency", "USD"))
        place = " ".join(str(self.prices[k]) for k in ("region", "arch") if k in self.prices)
        head = [_spaced(self.shop), "you pay for what ran, to the millisecond"]
        body = [_pair(f"{self.when:%Y-%m-%d %H:%M}", place), rule]
        count = f"{len(self.charged)} x {_rate(self.prices['request'])}"
        body += _item("Requests", count, self.requests)
        for name, group in self._groups():
            ms = sum(i.billed_ms for i in group)
            cost = sum(i.billed_ms / 1000 * i.memory_mb / 1024 for i in group) * each
            body += _item(name, f"{len(group)} calls, {ms:,} ms billed", cost)
        body.append(_pair(f"  {self.gb_seconds:.4f} GB-s in all, at", _rate(each)))
        for what, many in self._turned_away():
            body.append(_pair(f"{what} x {many}", "no charge"))
        body += [rule, _pair(f"TOTAL {unit}", f"{self.total:.8f}")]
        if self.charged:
            million = self.total / len(self.charged) * 1e6
            body.append(_pair("  a million of these", f"{million:,.2f}"))
        if self.total and self.starting:
            body.append(_pair("  of it for starting cold", f"{self.starting / self.total:.0%}"))
        return [line.center(WIDTH).rstrip() for line in head] + body + [rule, *self._foot()]

    def _groups(self) -> list[tuple[str, list[Any]]]:
        ok = [i for i in self.charged if i.outcome == "ok"]
        sizes = sorted({i.memory_mb for i in ok})
        groups = []
        for mb in sizes:
            for word, cold in (("Cold", True), ("Warm", False)):
                group = [i for i in ok if i.memory_mb == mb and bool(i.cold) is cold]
                groups.append((f"{word}, {mb} MB", group))
        failed = [i for i in self.charged if i.outcome != "ok"]
        groups.append(("Failed, charged all the same", failed))
        return [(name, group) for name, group in groups if group]

    def _turned_away(self) -> list[tuple[str, int]]:
        words = {429: "Throttled", 413: "Too large"}
        statuses = sorted({i.status for i in self.refused})
        return [
            (words.get(s, f"Refused ({s})"), sum(i.status == s for i in self.refused))
            for s in statuses
        ]

    def _foot(self) -> list[str]:
        foot = []
        if self.prices.get("as_of"):
            foot.append(f"prices of {self.prices['as_of']}, free tier left out")
        if self.prices.get("source"):
            foot += textwrap.wrap(str(self.prices["source"]), WIDTH)
        foot.append("Thank you. Idle time was on the house.")
        return [line.center(WIDTH).rstrip() for line in foot]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        text = str(self)
        return {
            "text/plain": text,
            "text/html": f'<pre class="receipt" style="{STYLE}">{html.escape(text)}</pre>',
        }


def _spaced(name: str) -> str:
    return " ".join(name.upper())


def _pair(left: str, right: str) -> str:
    return f"{left}{right:>{max(WIDTH - len(left), len(right) + 1)}}"


def _item(name: str, detail: str, price: float) -> list[str]:
    return [name, _pair(f"  {detail}", f"{price:.8f}")]


def _rate(price: Any) -> str:
    return f"{float(price):.10f}".rstrip("0")
