"""Merge what one manager applies into an object that has several, and know who owns what.

Server-side apply: each manager owns the fields that it applied. To change a field that another one
owns is a conflict, unless forced; what a manager no longer applies goes, unless another owns it too
(https://kubernetes.io/docs/reference/using-api/server-side-apply/). A field is a path of steps as
managedFields write them: `f:name`, `k:{"name":"web"}` for an item of a list, `v:"x"` of a set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lab_kit.components.kubernetes import schema as types
from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.schema import Schema
from lab_kit.components.kubernetes.status import Object

Path = tuple[str, ...]
UNOWNED = {("f:apiVersion",), ("f:kind",), ("f:metadata",)} | {
    ("f:metadata", f"f:{name}")
    for name in ("name", "namespace", "creationTimestamp", "uid", "resourceVersion", "generation",
                 "managedFields", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds")
}  # fmt: skip
ITEM = "."  # in managedFields: the item itself, not only what is in it


@dataclass
class Manager:
    """Hold one entry of managedFields: who, how ("Apply" or "Update"), and what they own."""

    name: str
    operation: str
    version: str
    time: str
    subresource: str = ""
    owned: set[Path] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.operation, self.subresource


class Conflict(Exception):
    """Hold what others own and would be changed: (manager, path in words) each."""

    def __init__(self, found: list[tuple[Manager, str]]) -> None:
        super().__init__(f"{len(found)} conflicts")
        self.found = found


def fields(schema: Schema, value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Give every field that can have an owner of its own, items of lists too: path and value."""
    kind = types.list_type(schema)
    if isinstance(value, dict) and value and not types.is_atomic(schema):
        for name, inner in value.items():
            yield from fields(types.field(schema, name), inner, (*path, f"f:{name}"))
    elif isinstance(value, list) and value and kind in ("map", "set"):
        for item in value:
            step = (*path, types.item_key(schema, item))
            yield step, item
            if kind == "map":
                yield from fields(types.items(schema), item, step)
    else:
        yield path, value


def owned(schema: Schema, one: Object) -> dict[Path, Any]:
    """Return the fields that whoever writes an object owns, with their values."""
    return {path: value for path, value in fields(schema, one) if path not in UNOWNED}


def owned_by(schema: Schema, one: Object) -> set[Path]:
    """Return the fields that whoever applies or writes this owns."""
    return set(owned(schema, one))


def at(schema: Schema, value: Any, path: Path) -> Any:
    """Return what is at a path, None where there is nothing."""
    for step in path:
        if step.startswith("f:"):
            if not isinstance(value, dict) or step[2:] not in value:
                return None
            value, schema = value[step[2:]], types.field(schema, step[2:])
        else:
            listed = value if isinstance(value, list) else []
            value = next((v for v in listed if types.item_key(schema, v) == step), None)
            schema = types.items(schema)
    return value


def merged(schema: Schema, live: Any, applied: Any) -> Any:
    """Return a live value with an applied one on it."""
    kind = types.list_type(schema)
    if isinstance(live, dict) and isinstance(applied, dict) and not types.is_atomic(schema):
        return {**live, **{
            name: merged(types.field(schema, name), live[name], inner) if name in live else inner
            for name, inner in applied.items()
        }}  # fmt: skip
    if isinstance(live, list) and isinstance(applied, list) and kind in ("map", "set"):
        ours = {types.item_key(schema, item): item for item in applied}
        out = []
        for item in live:
            mine = ours.pop(types.item_key(schema, item), None)
            out.append(item if mine is None else merged(types.items(schema), item, mine))
        return [*out, *ours.values()]
    return applied


def dropped(schema: Schema, value: Any, path: Path, owned: set[Path]) -> None:
    """Take what is at a path out of a value, and what is empty then and nobody's."""
    parents = [(schema, value)]
    for step in path[:-1]:
        inner = at(schema, value, (step,))
        if inner is None:
            return
        named = step.startswith("f:")
        schema = types.field(schema, step[2:]) if named else types.items(schema)
        value = inner
        parents.append((schema, value))
    for depth in range(len(path) - 1, -1, -1):
        kind, parent = parents[depth]
        step = path[depth]
        if isinstance(parent, dict):
            parent.pop(step[2:], None)
        elif isinstance(parent, list):
            parent[:] = [item for item in parent if types.item_key(kind, item) != step]
        above = path[:depth]
        if parent or above in owned or not above or not above[-1].startswith("f:"):
            return


def apply(
    schema: Schema, live: Object, managers: list[Manager], applied: Object, by: Manager, force: bool
) -> tuple[Object, list[Manager]]:
    """Return the object and its managers after `by` applied; raise Conflict unless forced."""
    new = owned_by(schema, applied)
    found = [
        (other, path)
        for other in managers
        if other.key != by.key and not other.subresource
        for path in sorted(other.owned & new)
        if path[-1].startswith("f:") and at(schema, live, path) != at(schema, applied, path)
    ]
    if found and not force:
        raise Conflict([(other, words(path)) for other, path in found])
    out = copied(merged(schema, live, applied))
    kept = [copied(one) for one in managers if one.key != by.key]
    taken = {(other.key, path) for other, path in found}
    for one in kept:
        one.owned = {path for path in one.owned if (one.key, path) not in taken}
    before = next((one.owned for one in managers if one.key == by.key), set())
    still = set().union(*(one.owned for one in kept))
    for path in sorted(before - new, key=len):  # an item of a list before what is in it
        if path not in still and not any(p[: len(path)] == path for p in still | new):
            dropped(schema, out, path, still | new)
    by.owned = new
    return out, [one for one in [*kept, by] if one.owned]


def updated(
    schema: Schema, before: Object, after: Object, managers: list[Manager], by: Manager
) -> list[Manager]:
    """Return the managers after `by` wrote an object as a whole: they own what they changed."""
    was, now = owned(schema, before), owned(schema, after)
    changed = {path for path, value in now.items() if path not in was or was[path] != value}
    kept = []
    for one in managers:
        same = one.key == by.key
        left = {p for p in one.owned if p in now and (same or p not in changed)}
        kept.append(Manager(one.name, one.operation, one.version, one.time, one.subresource, left))
    mine = next((one for one in kept if one.key == by.key), None)
    if mine is None:
        mine = by
        kept.append(mine)
    if changed:
        mine.owned, mine.time, mine.version = mine.owned | changed, by.time, by.version
    return [one for one in kept if one.owned]


def words(path: Path) -> str:
    """Return a path as messages say it: `.spec.containers[name="web"].image`."""
    told = ""
    for step in path:
        if step.startswith("f:"):
            told += f".{step[2:]}"
        elif step.startswith("k:"):
            pairs = json.loads(step[2:])
            told += "[" + ",".join(f"{n}={json.dumps(v)}" for n, v in pairs.items()) + "]"
        else:
            told += f"[={step[2:]}]"
    return told


def written(managers: list[Manager]) -> list[Object]:
    """Return managers as metadata.managedFields holds them (FieldsV1)."""
    told = []
    for one in managers:
        tree: Object = {}
        for path in sorted(one.owned):
            branch = tree
            for step in path:
                branch = branch.setdefault(step, {})
            if not path[-1].startswith("f:"):
                branch[ITEM] = {}
        entry = {"manager": one.name, "operation": one.operation, "apiVersion": one.version,
                 "time": one.time, "fieldsType": "FieldsV1", "fieldsV1": tree}  # fmt: skip
        told.append(entry | ({"subresource": one.subresource} if one.subresource else {}))
    return told


def read(entries: list[Object]) -> list[Manager]:
    """Return the managers that metadata.managedFields tells of."""
    return [
        Manager(
            str(e.get("manager")), str(e.get("operation")), str(e.get("apiVersion")),
            str(e.get("time")), str(e.get("subresource", "")), set(_paths(e.get("fieldsV1", {}))),
        )
        for e in entries
    ]  # fmt: skip


def _paths(tree: Object, path: Path = ()) -> Iterator[Path]:
    for step, inner in tree.items():
        if step == ITEM:
            yield path
        elif inner:
            yield from _paths(inner, (*path, step))
        else:
            yield (*path, step)
