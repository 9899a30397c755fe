"""Write objects as the table that `kubectl get` shows.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lab_kit.components.kubernetes.resources import Resource
from lab_kit.components.kubernetes.status import Object

Cell = Callable[[Object], Any]
TYPE = "application/json;as=Table"


def wanted(accept: str) -> bool:
    """Say whether a client would rather have a table."""
    return any(TYPE in part.replace(" ", "") for part in accept.split(","))


def table(resource: Resource, items: list[Object], meta: Object, whole: bool) -> Object:
    """Return a table of objects; each row holds its object, `whole` or its metadata alone."""
    columns = columns_of(resource)
    rows = []
    for one in items:
        part = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                "metadata": one["metadata"]}  # fmt: skip
        cells = [_tried(cell, one) for _, _, cell in columns]
        rows.append({"cells": cells, "object": one if whole else part})
    return {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "rows": rows,
        "columnDefinitions": [{"name": name, "type": kind, "format": "name" if n == 0 else "",
                               "description": "", "priority": int(name in WIDE)}
                              for n, (name, kind, _) in enumerate(columns)],
    }  # fmt: skip


def columns_of(resource: Resource) -> list[tuple[str, str, Cell]]:
    """Return a resource's columns: name, type, and what is in them."""
    own = [(c["name"], c["type"], at(c["jsonPath"])) for c in resource.columns]
    own = own or COLUMNS.get(resource.name, [])
    return [("Name", "string", at(".metadata.name")), *own, ("Age", "string", age)]


def _tried(cell: Cell, one: Object) -> Any:
    try:
        return cell(one)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        return "<unknown>"


def at(path: str) -> Cell:
    """Return what is at a JSON path of names and numbers, such as `.spec.ports[0].port`."""
    steps = re.findall(r"\.([\w-]+)|\[(\d+)\]", path)

    def cell(one: Object) -> Any:
        value: Any = one
        for name, number in steps:
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and number:
                value = value[int(number)] if int(number) < len(value) else None
            else:
                value = None
        return value

    return cell


def age(one: Object) -> str:
    """Return how old an object is, as kubectl says it."""
    born = datetime.fromisoformat(one["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    seconds = max(0, int((datetime.now(UTC) - born).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _ready(one: Object) -> str:
    done, spec = one.get("status") or {}, one.get("spec") or {}
    return f"{done.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"


def _count(path: str) -> Cell:
    found = at(path)
    return lambda one: found(one) or 0


def _ports(one: Object) -> str:
    return ",".join(f"{p['port']}/{p.get('protocol', 'TCP')}" for p in one["spec"].get("ports", ()))


def _pod_ready(one: Object) -> str:
    states = (one.get("status") or {}).get("containerStatuses") or []
    return f"{sum(bool(s.get('ready')) for s in states)}/{len(one['spec'].get('containers', ()))}"


def _restarts(one: Object) -> int:
    states = (one.get("status") or {}).get("containerStatuses") or []
    return sum(int(s.get("restartCount", 0)) for s in states)


def _param_kind(one: Object) -> str:
    kind = one["spec"].get("paramKind")
    return f"{kind['apiVersion']}/{kind['kind']}" if kind else "<unset>"


def _param_ref(one: Object) -> str:
    ref = one["spec"].get("paramRef")
    if not ref:
        return "<unset>"
    name = ref.get("name") or "*"
    return f"{ref['namespace']}/{name}" if ref.get("namespace") else str(name)


def _pod_status(one: Object) -> str:
    """Return the phase, or what the first container that does not run waits for."""
    status = one.get("status") or {}
    for container in status.get("containerStatuses") or ():
        for state in ("waiting", "terminated"):
            if reason := (container.get("state") or {}).get(state, {}).get("reason"):
                return str(reason)
    return str(status.get("phase", "Unknown"))


def _images(one: Object) -> str:
    return ",".join(c["image"] for c in one["spec"]["template"]["spec"]["containers"])


def _node_status(one: Object) -> str:
    listed = (one.get("status") or {}).get("conditions") or ()
    ready = any((c["type"], c["status"]) == ("Ready", "True") for c in listed)
    return "Ready" if ready else "NotReady"


def _event_object(one: Object) -> str:
    about = one["involvedObject"]
    return f"{str(about['kind']).lower()}/{about['name']}"


TEXT, WHOLE = "string", "integer"
WIDE = ("IP", "Node", "Images")  # shown with `-o wide` alone
COLUMNS: dict[str, list[tuple[str, str, Cell]]] = {
    "configmaps": [("Data", WHOLE, lambda o: len(o.get("data") or {}))],
    "secrets": [("Type", TEXT, at(".type")), ("Data", WHOLE, lambda o: len(o.get("data") or {}))],
    "namespaces": [("Status", TEXT, at(".status.phase"))],
    "services": [
        ("Type", TEXT, at(".spec.type")), ("Cluster-IP", TEXT, at(".spec.clusterIP")),
        ("External-IP", TEXT, lambda _: "<none>"), ("Port(s)", TEXT, _ports),
    ],
    "pods": [
        ("Ready", TEXT, _pod_ready), ("Status", TEXT, _pod_status), ("Restarts", TEXT, _restarts),
        ("IP", TEXT, at(".status.podIP")), ("Node", TEXT, at(".spec.nodeName")),
    ],
    "deployments.apps": [
        ("Ready", TEXT, _ready), ("Up-to-date", WHOLE, _count(".status.updatedReplicas")),
        ("Available", WHOLE, _count(".status.availableReplicas")), ("Images", TEXT, _images),
    ],
    "nodes": [("Status", TEXT, _node_status)],
    "events": [("Type", TEXT, at(".type")), ("Reason", TEXT, at(".reason")),
               ("Object", TEXT, _event_object), ("Message", TEXT, at(".message"))],
    "replicasets.apps": [
        ("Desired", WHOLE, _count(".spec.replicas")),
        ("Current", WHOLE, _count(".status.replicas")),
        ("Ready", WHOLE, _count(".status.readyReplicas")),
    ],
    "validatingadmissionpolicies.admissionregistration.k8s.io": [
        ("Validations", WHOLE, lambda o: len(o["spec"].get("validations") or ())),
        ("ParamKind", TEXT, _param_kind),
    ],
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": [
        ("PolicyName", TEXT, at(".spec.policyName")), ("ParamRef", TEXT, _param_ref),
    ],
    "statefulsets.apps": [("Ready", TEXT, _ready)],
    "jobs.batch": [("Completions", TEXT, lambda o: f"{(o.get('status') or {}).get('succeeded', 0)}"
                    f"/{o['spec'].get('completions', 1)}")],
}  # fmt: skip
