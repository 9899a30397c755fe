"""Say what applying a manifest would change."""

import copy

from kiosk import MANAGER, ApiException, kind_of, where


def clean(one):
    left = copy.deepcopy(one)
    left.pop("status", None)
    for name in "managedFields resourceVersion generation uid creationTimestamp".split():
        left["metadata"].pop(name, None)
    return left


def changes(manifest):
    door = kind_of(manifest)
    planned = clean(door.server_side_apply(
        body=manifest, field_manager=MANAGER, dry_run="All", **where(manifest)).to_dict())
    try:
        now = clean(door.get(**where(manifest)).to_dict())
    except ApiException as problem:
        if problem.status != 404:
            raise
        return {"": [None, planned]}
    found = {}
    walk(now, planned, [], found)
    return found


def walk(old, new, path, found):
    if old == new:
        return
    if not (isinstance(old, dict) and isinstance(new, dict)):
        found["".join(f".{step}" for step in path)] = [old, new]
        return
    for step in {**old, **new}:
        walk(old.get(step), new.get(step), [*path, step], found)
