"""Delete what belongs to what was deleted: dependents by owner, and all that is in a namespace.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from __future__ import annotations

from collections.abc import Callable

from lab_kit.components.kubernetes.status import Object
from lab_kit.components.kubernetes.store import Store

Delete = Callable[[str, Object], None]  # of a resource and an object of it


def dependents(store: Store, uid: str) -> list[tuple[str, Object]]:
    """Return what names this owner, with its resource."""
    return [
        (resource, one)
        for resource, one in store.everything()
        if any(o.get("uid") == uid for o in one["metadata"].get("ownerReferences") or ())
    ]


def without_owner(one: Object, uid: str) -> Object:
    """Return a copy that does not name the owner."""
    owners = [o for o in one["metadata"].get("ownerReferences") or () if o.get("uid") != uid]
    meta = {k: v for k, v in one["metadata"].items() if k != "ownerReferences"}
    return {**one, "metadata": meta | ({"ownerReferences": owners} if owners else {})}


def collect(store: Store, owner: Object, delete: Delete, orphan: bool = False) -> None:
    """Delete what had no other owner, or only take the owner out of it."""
    uid = owner["metadata"]["uid"]
    living = {one["metadata"]["uid"] for _, one in store.everything()} - {uid}
    for resource, one in dependents(store, uid):
        others = {o.get("uid") for o in one["metadata"]["ownerReferences"]} & living
        if orphan or others:
            store.put(resource, without_owner(one, uid))
        else:
            delete(resource, one)


def empty(store: Store, namespace: str, delete: Delete) -> None:
    """Delete everything in a namespace."""
    for resource, one in list(store.everything()):
        if one["metadata"].get("namespace") == namespace:
            delete(resource, one)
