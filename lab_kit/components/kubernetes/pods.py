"""Do what only pods have: be bound to a node, and be asked for what they said."""

from __future__ import annotations

from typing import Any

from lab_kit.components.kubernetes import status
from lab_kit.components.kubernetes.api import Api
from lab_kit.components.kubernetes.keeping import Options
from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.resources import Resource
from lab_kit.components.kubernetes.status import Object


def pods(api: Api) -> Resource:
    """Return the resource itself."""
    found = api.registry.find("", "v1", "pods")
    assert found is not None
    return found


def bind(api: Api, namespace: str, name: str, body: Any, options: Options) -> Object:
    """Give a pod its node: what a scheduler writes."""
    target = body.get("target") if isinstance(body, dict) else None
    node = target.get("name") if isinstance(target, dict) else None
    if not isinstance(node, str):
        raise status.bad_request("a binding names its target")
    with api.store.lock:
        before = api.get(pods(api), namespace, name)
        if bound := before["spec"].get("nodeName"):
            why = f'pod {name} is already assigned to node "{bound}"'
            raise status.conflict("pods/binding", name, why)
        after = copied(before)
        after["spec"]["nodeName"] = node
        api.keeper.keep(pods(api), before, after, options, "UPDATE")
    return status.success(name, "pods", before["metadata"]["uid"])


def log(api: Api, namespace: str, name: str, container: str) -> str:
    """Return what a pod's container said."""
    api.get(pods(api), namespace, name)
    said = api.logs(namespace, name, container) if api.logs else None
    if said is None:
        raise status.bad_request(f'container "{container}" in pod "{name}" is not available')
    return said
