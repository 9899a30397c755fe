"""Take away what left Git, and mend what somebody changed: nothing else."""

import json
import time

from diff import changes
from kiosk import (
    AUTOSCALER,
    ApiException,
    apply,
    changed_since,
    conflicts,
    delete,
    kind_of,
    live,
    name_of,
)

INVENTORY = "kiosk-inventory"  # a ConfigMap: what your engine has made, and still answers for
LIMIT = 5  # objects that one run may prune; more is a mistake until somebody says otherwise


def reference(one):
    """Return what the inventory keeps of a live object. (This one is given.)"""
    meta = one["metadata"]
    return {
        "apiVersion": one["apiVersion"],
        "kind": one["kind"],
        "metadata": {"name": meta["name"], "namespace": meta.get("namespace")},
        "uid": meta["uid"],
    }


def inventory(namespace):
    """Return what the engine has made, [] before its first run. (This one is given.)"""
    found = live(box(namespace, []))
    return json.loads(found["data"]["objects"]) if found else []


def box(namespace, references):
    """Return the ConfigMap that holds an inventory. (This one is given.)"""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": INVENTORY, "namespace": namespace},
        "data": {"objects": json.dumps(references, sort_keys=True)},
    }


def record(namespace, manifests):
    """Write the inventory of these manifests and of what is still to be pruned, if it differs."""
    references = [reference(one) for one in map(live, manifests) if one]
    known = {(r["kind"], r["metadata"]["name"]) for r in references}
    left = [r for r in inventory(namespace) if (r["kind"], r["metadata"]["name"]) not in known]
    wanted = box(namespace, references + left)
    if changes(wanted):
        apply(wanted)


def prune(namespace, manifests):
    """Delete what is in the inventory and not in the manifests; return the names.

    Raises ValueError, and deletes nothing, for more than LIMIT objects.
    """
    raise NotImplementedError("find them; leave alone what is no longer the object that the engine made")


def without(manifest, paths):
    """Return a manifest that has no word in these fields: without(quote, [".spec.replicas"])."""
    copy = json.loads(json.dumps(manifest))
    for path in paths:
        *steps, last = path.strip(".").split(".")
        inner = copy
        for step in steps:
            inner = inner.get(step, {})
        inner.pop(last, None)
    return copy


def heal(manifest):
    """Bring one object back to its manifest, but for what the autoscaler owns; say if it did."""
    raise NotImplementedError("apply it if it differs; at a conflict leave out AUTOSCALER's, and force")


def guard(manifests, seconds):
    """Heal whatever is changed or deleted, for some seconds; return how often that was needed."""
    healed, end = 0, time.monotonic() + seconds
    raise NotImplementedError("list, heal, then watch for changes; begin anew where the watch ends")
    return healed
