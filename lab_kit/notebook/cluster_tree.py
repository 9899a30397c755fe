"""Say how the objects of a cluster stand to what Git wants: what the GitOps panel draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Object = dict[str, Any]
MOST_ROWS, MOST_DIFFERENCES, LONGEST = 50, 3, 120
SYNCED, DRIFTED, MISSING, EXTRA = "as in Git", "differs", "missing", "not in Git"
Key = tuple[str, str]


def key_of(one: Object) -> Key:
    """Return what tells an object from the others of its namespace."""
    return str(one.get("kind")), str(one.get("metadata", {}).get("name"))


def differences(wanted: Any, live: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give (path, in Git, in the cluster) of each field that Git names and the cluster has not so.

    What the cluster has beyond that is its own business. Lists of named things go by name.
    """
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            yield from differences(value, live.get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        named = {one.get("name"): one for one in live if isinstance(one, dict)}
        for number, value in enumerate(wanted):
            name = value.get("name") if isinstance(value, dict) else None
            other = named.get(name, live[number]) if name else live[number]
            yield from differences(value, other, f"{path}[{name or number}]")
    elif wanted != live:
        yield path, wanted, live


def tree(wanted: Sequence[Object], live: Sequence[Object]) -> list[dict[str, Any]]:
    """Return rows `{"depth", "name", "state", "health", "text"}`, what Git wants first.

    Below each object stands what was made of it: ReplicaSets, and their pods.
    """
    by_key = {key_of(one): one for one in live}
    below: dict[str, list[Object]] = {}
    for one in live:
        for owner in one["metadata"].get("ownerReferences") or []:
            below.setdefault(str(owner.get("uid")), []).append(one)
    rows: list[dict[str, Any]] = []
    for one in wanted:
        there = by_key.get(key_of(one))
        rows.append(_row(0, one, MISSING if there is None else SYNCED, there))
        if there is not None:
            found = list(differences(_decided(one), there))
            if found:
                rows[-1] |= {"state": DRIFTED, "text": _told(found)}
            rows += _below(there, below, 1)
    ours = {key_of(one) for one in wanted}
    rows += [_row(0, one, EXTRA, one) for one in live
             if not one["metadata"].get("ownerReferences") and key_of(one) not in ours]  # fmt: skip
    left = len(rows) - MOST_ROWS
    return rows if left <= 0 else [*rows[:MOST_ROWS], _more(left)]


def counted(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one sentence about all rows."""
    states = [row["state"] for row in rows if row["depth"] == 0]
    pods = [row for row in rows if str(row["name"]).startswith("Pod ")]
    ready = sum(row["health"] == "ready" for row in pods)
    told = [f"{states.count(state)} {state}" for state in (SYNCED, DRIFTED, MISSING, EXTRA)
            if state in states]  # fmt: skip
    return f"{', '.join(told) or 'Nothing is there'}; {ready} of {len(pods)} pods ready."


def _decided(one: Object) -> Object:
    """Return what Git decides: not the name, which is how the object was found."""
    return {name: value for name, value in one.items() if name not in ("apiVersion", "kind")}


def _below(one: Object, below: Mapping[str, list[Object]], depth: int) -> list[dict[str, Any]]:
    rows = []
    for child in below.get(str(one["metadata"].get("uid")), []) if depth < 4 else []:
        if child["kind"] == "ReplicaSet" and not child.get("spec", {}).get("replicas"):
            continue  # an older revision
        rows += [_row(depth, child, "", child), *_below(child, below, depth + 1)]
    return rows


def _row(depth: int, one: Object, state: str, there: Object | None) -> dict[str, Any]:
    kind, name = key_of(one)
    return {"depth": depth, "name": f"{kind} {name}"[:LONGEST], "state": state,
            "health": _health(there) if there else "", "text": ""}  # fmt: skip


def _more(count: int) -> dict[str, Any]:
    return {"depth": 0, "name": f"and {count} more", "state": "", "health": "", "text": ""}


def _health(one: Object) -> str:
    status, spec = one.get("status") or {}, one.get("spec") or {}
    if one["kind"] == "Pod":
        if one["metadata"].get("deletionTimestamp"):
            return "going"
        ends = {c.get("type"): c.get("status") for c in status.get("conditions") or []}
        return "ready" if ends.get("Ready") == "True" else str(status.get("phase", "new")).lower()
    if one["kind"] in ("Deployment", "ReplicaSet"):
        return f"{status.get('readyReplicas', 0)} of {spec.get('replicas', 1)} ready"
    return ""


def _told(found: Sequence[tuple[str, Any, Any]]) -> str:
    said = [f"{path.lstrip('.')} is {live!r}, in Git {wanted!r}"[:LONGEST]
            for path, wanted, live in found[:MOST_DIFFERENCES]]  # fmt: skip
    more = len(found) - MOST_DIFFERENCES
    return "; ".join([*said, *([f"and {more} more"] if more > 0 else [])])
