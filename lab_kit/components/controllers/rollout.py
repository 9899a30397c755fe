"""Work out how many pods each ReplicaSet of a Deployment has next.

https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Share:
    """Hold one ReplicaSet's part: how many pods it should have, has, and are available."""

    name: str
    wanted: int
    there: int = 0
    available: int = 0


def bounds(strategy: dict[str, Any], replicas: int) -> tuple[int, int]:
    """Return how many pods may be there at most, and how many are available at least."""
    rules = strategy.get("rollingUpdate") or {}
    surge = number(rules.get("maxSurge", "25%"), replicas, math.ceil)
    missing = number(rules.get("maxUnavailable", "25%"), replicas, math.floor)
    if surge == 0 and missing == 0:
        missing = 1  # else nothing could ever move
    return replicas + surge, max(0, replicas - missing)


def number(value: int | str, of: int, rounded: Any) -> int:
    """Return a number of pods, given as such or as a percentage."""
    if isinstance(value, str):
        return int(rounded(of * int(value.rstrip("%")) / 100))
    return value


def rolling(replicas: int, strategy: dict[str, Any], new: Share, olds: list[Share]) -> list[Share]:
    """Return the next step of a rolling update; `olds` are in the order in which they shrink."""
    most, least = bounds(strategy, replicas)
    if new.wanted > replicas:
        new = replace(new, wanted=replicas)
    elif (in_all := new.wanted + sum(old.wanted for old in olds)) < most:
        new = replace(new, wanted=min(replicas, new.wanted + most - in_all))
    in_all = new.wanted + sum(old.wanted for old in olds)
    spare = max(0, in_all - least - max(0, new.wanted - new.available))
    kept = []
    for old in olds:  # what does not work goes first: nobody misses it
        broken = min(spare, max(0, old.wanted - old.available))
        spare -= broken
        kept.append(replace(old, wanted=old.wanted - broken))
    spare = max(0, new.available + sum(min(o.available, o.wanted) for o in kept) - least)
    olds = []
    for old in kept:
        less = min(spare, old.wanted)
        spare -= less
        olds.append(replace(old, wanted=old.wanted - less))
    return [new, *olds]


def recreated(replicas: int, new: Share, olds: list[Share]) -> list[Share]:
    """Return the next step where all old pods go before a new one comes."""
    gone = [replace(old, wanted=0) for old in olds]
    if any(old.there for old in olds):
        return [new, *gone]
    return [replace(new, wanted=replicas), *gone]
