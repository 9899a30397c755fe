"""Name the kinds that controllers work with, and how objects of them are spoken of."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
Key = tuple[str, str]  # namespace, name

PATHS = {
    "Deployment": "apis/apps/v1/{}deployments",
    "EndpointSlice": "apis/discovery.k8s.io/v1/{}endpointslices",
    "Event": "api/v1/{}events",
    "Job": "apis/batch/v1/{}jobs",
    "Node": "api/v1/{}nodes",
    "Pod": "api/v1/{}pods",
    "ReplicaSet": "apis/apps/v1/{}replicasets",
    "Service": "api/v1/{}services",
}


def path(kind: str, namespace: str = "", name: str = "", part: str = "") -> str:
    """Return where an object is, or all of them."""
    within = f"namespaces/{namespace}/" if namespace else ""
    return "/".join(filter(None, ("/" + PATHS[kind].format(within), name, part)))


def path_of(kind: str, one: Object, part: str = "") -> str:
    """Return where an object is that is at hand."""
    return path(kind, *key_of(one), part)


def key_of(one: Object) -> Key:
    """Return an object's namespace and name."""
    return one["metadata"].get("namespace", ""), one["metadata"]["name"]


def owner_of(one: Object) -> Object | None:
    """Return the reference to what controls an object."""
    owners = one["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def reference(kind: str, owner: Object) -> Object:
    """Return the reference by which an object belongs to its controller."""
    group = PATHS[kind].removeprefix("apis/").removeprefix("api/").partition("/{}")[0]
    return {"apiVersion": group, "kind": kind, "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], "controller": True,
            "blockOwnerDeletion": True}  # fmt: skip


def chooses(selector: Object | None, labels: Object | None) -> bool:
    """Say whether a label selector chooses an object with these labels."""
    if selector is None:
        return False
    labels = labels or {}
    for rule in selector.get("matchExpressions") or ():
        there, values = labels.get(rule["key"]), rule.get("values") or ()
        good = {"In": there in values, "NotIn": there not in values, "Exists": there is not None,
                "DoesNotExist": there is None}  # fmt: skip
        if not good.get(rule["operator"]):
            return False
    return all(labels.get(k) == v for k, v in (selector.get("matchLabels") or {}).items())


def condition(one: Object, kind: str) -> Object | None:
    """Return one of an object's conditions."""
    listed = (one.get("status") or {}).get("conditions") or ()
    return next((c for c in listed if c["type"] == kind), None)


def is_true(one: Object, kind: str) -> bool:
    """Say whether a condition holds."""
    return (condition(one, kind) or {}).get("status") == "True"
