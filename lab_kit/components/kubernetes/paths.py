"""Take the path of a request apart: which resource, where, which object, which part of it.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab_kit.components.kubernetes.resources import Registry, Resource

TOP = re.compile(r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))(?P<rest>/.*)?")


@dataclass(frozen=True)
class Target:
    """Name what a request is about; no `name` is all of them."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def target(registry: Registry, path: str) -> Target | None:
    """Return what a path is about, None if it is nothing that is served."""
    found = TOP.fullmatch(path.rstrip("/"))
    if not found or not found["rest"]:
        return None
    group, version = found["group"] or "", found["core"] or found["version"]
    parts, namespace = found["rest"].strip("/").split("/"), ""
    if len(parts) >= 3 and parts[0] == "namespaces" and registry.find(group, version, parts[2]):
        namespace, parts = parts[1], parts[2:]
    resource = registry.find(group, version, parts[0])
    if resource is None or len(parts) > 3 or (namespace and not resource.namespaced):
        return None
    name, part = [*parts, "", ""][1:3]
    if part and not served(resource, part):
        return None
    if name and resource.namespaced and not namespace:
        return None
    return Target(resource, namespace, name, part)


def served(resource: Resource, part: str) -> bool:
    """Say whether objects of a resource have this part."""
    if part in {"pods": ("binding", "log"), "serviceaccounts": ("token",)}.get(resource.name, ()):
        return True
    return {"status": resource.status, "scale": resource.scale}.get(part, False)
