"""Look after an object's metadata: what the server sets, and what nobody may change."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from lab_kit.components.kubernetes.resources import Resource
from lab_kit.components.kubernetes.status import Object, Refused, bad_request, conflict, invalid

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
OURS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
KEPT = ("default", "kube-system")  # namespaces that nobody may delete
UNCOUNTED = ("Namespace", "Node", "Service", "Event", "Lease", "ResourceQuota")
BESIDES = {"metadata", "status", "apiVersion", "kind"}


def now() -> str:
    """Return the time as objects hold it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked(resource: Resource, namespace: str, body: Any) -> Object:
    """Return the body of a write with its kind and namespace; raise Refused for another's."""
    if not isinstance(body, dict) or not isinstance(body.get("metadata", {}), dict):
        raise bad_request("the object provided is unrecognized: it is not an object with metadata")
    for name, wanted in (("apiVersion", resource.api_version), ("kind", resource.kind)):
        if body.setdefault(name, wanted) != wanted:
            raise bad_request(f"the {name} in the data ({body[name]}) does not match the expected "
                              f"{name} ({wanted})")  # fmt: skip
    meta = body.setdefault("metadata", {})
    for name in ("name", "namespace", "generateName"):
        if not isinstance(meta.get(name) or "", str):
            raise bad_request(f"metadata.{name} is no string")
    if resource.namespaced:
        if meta.setdefault("namespace", namespace) != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace "
                              f"sent on the request ({namespace})")  # fmt: skip
    else:
        meta.pop("namespace", None)
    return body


def born(one: Object, resource: Resource) -> None:
    """Give a new object its name, uid, time and generation."""
    meta = one["metadata"]
    if not meta.get("name"):
        if not meta.get("generateName"):
            raise invalid(resource.kind, "", [
                ("metadata.name", "Required value: name or generateName is required")])  # fmt: skip
        meta["name"] = meta["generateName"] + "".join(secrets.choice(LETTERS) for _ in range(5))
    if meta.get("resourceVersion"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    meta.update(uid=str(uuid.uuid4()), creationTimestamp=now())
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "generation"):
        meta.pop(name, None)
    if has_generation(resource, one):
        meta["generation"] = 1


def has_generation(resource: Resource, one: Object) -> bool:
    """Say whether a kind counts the changes of its spec."""
    return "spec" in one and resource.kind not in UNCOUNTED


def carried_over(before: Object, after: Object, resource: Resource) -> None:
    """Keep what an update must not change."""
    was, meta = before["metadata"], after["metadata"]
    name, version = was["name"], meta.get("resourceVersion")
    if meta.get("name", name) != name:
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the "
                          f"URL ({name})")  # fmt: skip
    if version not in (None, "", was["resourceVersion"]):
        why = ("the object has been modified; please apply your changes to the latest version and "
               "try again")  # fmt: skip
        raise conflict(resource.name, name, why)
    if meta.get("uid", was["uid"]) != was["uid"]:
        why = (
            f"Precondition failed: UID in precondition: {meta['uid']}, UID in object: {was['uid']}"
        )
        raise conflict(resource.name, name, why)
    meta.update(name=name, resourceVersion=was["resourceVersion"])
    for key in OURS:
        meta.pop(key, None)
        if key in was:
            meta[key] = was[key]


def counted(before: Object, after: Object) -> None:
    """Count a change of the spec; what defaults fill in again is none."""
    was, meta = before["metadata"], after["metadata"]
    meta.pop("generation", None)
    if "generation" in was:
        meta["generation"] = was["generation"] + int(content(before) != content(after))


def content(one: Object) -> Object:
    """Return what is neither metadata nor status: what its owner wants."""
    return {name: value for name, value in one.items() if name not in BESIDES}


def same(one: Object, other: Object) -> bool:
    """Say whether two states of an object differ in nothing but times of managers."""
    return _bare(one) == _bare(other)


def _bare(one: Object) -> Object:
    fields = [{k: v for k, v in entry.items() if k != "time"}
              for entry in one["metadata"].get("managedFields", ())]  # fmt: skip
    meta = {**one["metadata"], "managedFields": fields}
    meta.pop("resourceVersion", None)
    return {**one, "metadata": meta}


def scale_of(one: Object) -> Object:
    """Return an object's scale subresource."""
    spec, meta = one.get("spec") or {}, one["metadata"]
    selector = (spec.get("selector") or {}).get("matchLabels") or {}
    kept = {k: meta[k] for k in ("name", "namespace", "uid", "resourceVersion",
                                 "creationTimestamp") if k in meta}  # fmt: skip
    return {
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept,
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {"replicas": (one.get("status") or {}).get("replicas", 0),
                   "selector": ",".join(f"{k}={v}" for k, v in sorted(selector.items()))},
    }  # fmt: skip


def replicas_of(scale: Any) -> int:
    """Return what a scale asks for; raise Refused for what is no number of replicas."""
    wanted = (scale.get("spec") or {}).get("replicas", 0) if isinstance(scale, dict) else None
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 0:
        raise Refused(422, "Invalid", f"spec.replicas: Invalid value: {wanted!r:.60}")
    return wanted
