"""The laws of a rolling update, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_kit.components.controllers.rollout import Share, bounds, recreated, rolling

COUNT = st.integers(0, 12)
BOUND = st.one_of(st.integers(0, 6), st.integers(0, 100).map(lambda n: f"{n}%"))
SHARE = st.tuples(COUNT, st.integers(0, 100)).map(
    lambda drawn: Share("s", drawn[0], drawn[0], drawn[0] * drawn[1] // 100)
)


def strategy(surge: int | str, missing: int | str) -> dict[str, object]:
    return {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}}


@pytest.mark.parametrize(
    ("replicas", "surge", "missing", "expected"),
    [
        (4, "25%", "25%", (5, 3)),
        (10, "25%", "25%", (13, 8)),  # surge is rounded up, what may be missing down
        (1, "25%", "25%", (2, 1)),
        (3, 0, 0, (3, 2)),  # else nothing could ever move
        (3, 5, 9, (8, 0)),
    ],
)
def test_bounds(replicas: int, surge: object, missing: object, expected: object) -> None:
    assert bounds(strategy(surge, missing), replicas) == expected  # type: ignore[arg-type]


@given(COUNT, BOUND, BOUND, SHARE, st.lists(SHARE, max_size=3))
def test_a_step_keeps_the_bounds(
    replicas: int, surge: int | str, missing: int | str, new: Share, olds: list[Share]
) -> None:
    rules = strategy(surge, missing)
    most, least = bounds(rules, replicas)
    before = new.wanted + sum(old.wanted for old in olds)
    there = new.available + sum(old.available for old in olds)
    new_after, *olds_after = rolling(replicas, rules, new, olds)
    after = new_after.wanted + sum(old.wanted for old in olds_after)
    assert after <= max(most, before)
    assert all(a.wanted <= b.wanted for a, b in zip(olds_after, olds, strict=True))
    left = min(new.available, new_after.wanted) + sum(
        min(b.available, a.wanted) for a, b in zip(olds_after, olds, strict=True)
    )
    assert left >= min(there, least) or new_after.wanted < new.available


@given(st.integers(1, 12), BOUND, BOUND, st.lists(SHARE, max_size=3))
def test_where_pods_get_ready_a_rollout_ends(
    replicas: int, surge: int | str, missing: int | str, olds: list[Share]
) -> None:
    new = Share("new", 0)
    for _ in range(200):
        new, *olds = rolling(replicas, strategy(surge, missing), new, olds)
        new = replace(new, there=new.wanted, available=new.wanted)
        olds = [replace(o, there=o.wanted, available=min(o.available, o.wanted)) for o in olds]
    assert (new.wanted, [old.wanted for old in olds]) == (replicas, [0] * len(olds))


@given(st.integers(1, 12), st.lists(SHARE, min_size=1, max_size=3))
def test_where_none_gets_ready_the_old_ones_stay(replicas: int, olds: list[Share]) -> None:
    olds = [replace(old, available=old.wanted) for old in olds]
    least = bounds({}, replicas)[1]
    enough = min(least, sum(old.wanted for old in olds))
    new = Share("new", 0)
    for _ in range(100):
        new, *olds = rolling(replicas, {}, new, olds)
        olds = [replace(old, there=old.wanted, available=old.wanted) for old in olds]
    assert sum(old.wanted for old in olds) >= enough


def test_recreate_waits_until_all_are_gone() -> None:
    new, old = Share("new", 0), Share("old", 2, 2, 2)
    assert [s.wanted for s in recreated(3, new, [old])] == [0, 0]
    assert [s.wanted for s in recreated(3, new, [replace(old, wanted=0, there=0)])] == [3, 0]
