"""Take away what left Git, and mend what somebody changed: nothing else."""

import json
import time

from diff import changes
from kiosk import (
    AUTOSCALER,
    ApiException,
    apply,
    changed_since,
    delete,
    kind_of,
    live,
    name_of,
    owners,
)

INVENTORY = "kiosk-inventory"  # a ConfigMap: what your engine has made, and still answers for
LIMIT = 5  # objects that one run may prune; more is a mistake until somebody says otherwise


def reference(one):
    """Return what the inventory keeps of a live object. (This one is given.)"""
    meta = one["metadata"]
    return {"apiVersion": one["apiVersion"], "kind": one["kind"],
            "metadata": {"name": meta["name"], "namespace": meta.get("namespace")},
            "uid": meta["uid"]}


def inventory(namespace):
    """Return what the engine has made, [] before its first run. (This one is given.)"""
    found = live(box(namespace, []))
    return json.loads(found["data"]["objects"]) if found else []


def box(namespace, references):
    """Return the ConfigMap that holds an inventory. (This one is given.)"""
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": INVENTORY, "namespace": namespace},
            "data": {"objects": json.dumps(references, sort_keys=True)}}


def record(namespace, manifests):
    """Write the inventory of these manifests and of what is still to be pruned, if it differs."""
    references = [reference(one) for one in map(live, manifests) if one]
    known = {(r["kind"], r["metadata"]["name"]) for r in references}
    left = [r for r in inventory(namespace) if (r["kind"], r["metadata"]["name"]) not in known]
    wanted = box(namespace, references + left)
    if changes(wanted):
        apply(wanted)


def prune(namespace, manifests):
    """Delete what the engine made and Git no longer has."""
    names = [name_of(one) for one in manifests]
    gone = [one for one in inventory(namespace) if name_of(one) not in names and same(one)]
    if len(gone) > LIMIT:
        raise ValueError("that is too much at once")
    for one in gone:
        delete(one)
    return list(map(name_of, gone))


def same(one):
    """Say whether the object of that name is still the one that the engine made."""
    there = live(one)
    return bool(there) and there["metadata"]["uid"] == one["uid"]


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
    """Bring one object back to its manifest."""
    there = live(manifest)
    if there and AUTOSCALER in owners(there, "spec.replicas"):
        manifest = without(manifest, [".spec.replicas"])
    try:
        if not changes(manifest):
            return False
    except ApiException as problem:
        if problem.status != 409:
            raise
    apply(manifest, force=True)
    return True


def guard(manifests, seconds):
    """Look at everything again after every change, and after everything that goes wrong."""
    healed, end = 0, time.monotonic() + seconds
    space = manifests[0]["metadata"]["namespace"]
    while time.monotonic() < end:
        try:
            version = kind_of(manifests[0]).get(namespace=space).metadata.resourceVersion
            healed += sum(map(heal, manifests))
            left = max(1, int(end - time.monotonic()))
            for _ in changed_since(kind_of(manifests[0]), space, version, left):
                healed += sum(map(heal, manifests))
                if time.monotonic() >= end:
                    return healed
        except Exception:
            time.sleep(0.1)
    return healed
