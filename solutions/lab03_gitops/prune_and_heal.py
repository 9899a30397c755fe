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
    # BEGIN SOLUTION: find them; leave alone what is no longer the object that the engine made
    wanted = {(one["kind"], one["metadata"]["name"]) for one in manifests}
    gone = []
    for one in inventory(namespace):
        if (one["kind"], one["metadata"]["name"]) in wanted:
            continue
        there = live(one)
        if there and there["metadata"]["uid"] == one["uid"]:
            gone.append(one)
    if len(gone) > LIMIT:
        raise ValueError(f"{len(gone)} objects would be pruned; the limit is {LIMIT}")
    for one in gone:
        delete(one)
    return [name_of(one) for one in gone]
    # END SOLUTION


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
    # BEGIN SOLUTION: apply it if it differs; at a conflict leave out AUTOSCALER's, and force
    try:
        if not changes(manifest):
            return False
        apply(manifest)
    except ApiException as problem:
        found = conflicts(problem) if problem.status == 409 else {}
        if not found:
            raise
        theirs = [field for field, owner in found.items() if owner == AUTOSCALER]
        if theirs:
            return heal(without(manifest, theirs))
        apply(manifest, force=True)
    return True
    # END SOLUTION


def guard(manifests, seconds):
    """Heal whatever is changed or deleted, for some seconds; return how often that was needed."""
    healed, end = 0, time.monotonic() + seconds
    # BEGIN SOLUTION: list, heal, then watch for changes; begin anew where the watch ends
    kind, space = kind_of(manifests[0]), manifests[0]["metadata"]["namespace"]
    while (left := end - time.monotonic()) > 0:
        try:
            version = kind.get(namespace=space).metadata.resourceVersion
            healed += sum(map(heal, manifests))
            for _, changed in changed_since(kind, space, version, max(1, int(left))):
                name = changed["metadata"]["name"]
                healed += sum(heal(one) for one in manifests if one["metadata"]["name"] == name)
                if time.monotonic() > end:
                    break
        except ApiException as problem:
            if problem.status not in (409, 410, 429, 500, 503):
                raise
            time.sleep(0.2)
    # END SOLUTION
    return healed
