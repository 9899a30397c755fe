"""Say what is served: groups, resources, versions and schemas, as clients and kubectl ask for them.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

from typing import Any

from lab_kit.components.kubernetes import reviews
from lab_kit.components.kubernetes import schema as types
from lab_kit.components.kubernetes.resources import VERBS, Registry, Resource
from lab_kit.components.kubernetes.status import Object

VERSION = {
    "major": "1", "minor": "37", "gitVersion": "v1.37.0-lab", "gitCommit": "", "gitTreeState":
    "clean", "buildDate": "", "goVersion": "", "compiler": "", "platform": "linux/amd64",
}  # fmt: skip


def core(_: Registry) -> Object:
    """Answer /api."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def groups(registry: Registry) -> Object:
    """Answer /apis."""
    found: dict[str, list[str]] = {}
    for one in registry.all():
        if one.group and one.version not in found.setdefault(one.group, []):
            found[one.group].append(one.version)
    found |= {name: ["v1"] for name in reviews.SERVED}
    listed = []
    for name, versions in found.items():
        told = [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]
        listed.append({"name": name, "versions": told, "preferredVersion": told[0]})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(registry: Registry, name: str) -> Object | None:
    """Answer /apis/GROUP."""
    found = next((g for g in groups(registry)["groups"] if g["name"] == name), None)
    return {"kind": "APIGroup", "apiVersion": "v1", **found} if found else None


def resources(registry: Registry, name: str, version: str) -> Object | None:
    """Answer /api/v1 and /apis/GROUP/VERSION."""
    if name in reviews.SERVED and version == "v1":
        asked: list[Object] = [
            {"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": False,
             "verbs": ["create"]} for kind, plural in reviews.SERVED[name]
        ]  # fmt: skip
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{name}/v1",
                "resources": asked}  # fmt: skip
    found = [r for r in registry.all() if (r.group, r.version) == (name, version)]
    if not found:
        return None
    listed = [told for one in found for told in described(one)]
    return {"kind": "APIResourceList", "apiVersion": "v1", "resources": listed,
            "groupVersion": found[0].api_version}  # fmt: skip


def described(one: Resource) -> list[Object]:
    """Return a resource and its subresources as a list of resources holds them."""
    own: Object = {"name": one.plural, "singularName": one.kind.lower(), "kind": one.kind,
                   "namespaced": one.namespaced, "verbs": list(VERBS)}  # fmt: skip
    if one.short:
        own["shortNames"] = list(one.short)
    if one.categories:
        own["categories"] = list(one.categories)
    told, verbs = [own], ["get", "patch", "update"]
    if one.status:
        told.append({"name": f"{one.plural}/status", "singularName": "", "kind": one.kind,
                     "namespaced": one.namespaced, "verbs": verbs})  # fmt: skip
    if one.scale:
        told.append({"name": f"{one.plural}/scale", "singularName": "", "kind": "Scale",
                     "group": "autoscaling", "version": "v1", "namespaced": one.namespaced,
                     "verbs": verbs})  # fmt: skip
    if one.name == "pods":
        told += [{"name": f"pods/{part}", "singularName": "", "kind": kind, "namespaced": True,
                  "verbs": [verb]} for part, kind, verb in
                 (("binding", "Binding", "create"), ("log", "Pod", "get"))]  # fmt: skip
    return told


def openapi_v2(registry: Registry) -> Object:
    """Answer /openapi/v2: all types, and no paths of their own."""
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
            "paths": {},
            "definitions": referring(all_types(registry), "#/definitions/")}  # fmt: skip


def openapi_v3(registry: Registry) -> Object:
    """Answer /openapi/v3: where each group's types are."""
    paths = {}
    for one in registry.all():
        where = f"apis/{one.api_version}" if one.group else f"api/{one.version}"
        paths[where] = {"serverRelativeURL": f"/openapi/v3/{where}"}
    return {"paths": paths}


def openapi_v3_of(registry: Registry, name: str, version: str) -> Object | None:
    """Answer /openapi/v3/api/v1 and /openapi/v3/apis/GROUP/VERSION."""
    found = [r for r in registry.all() if (r.group, r.version) == (name, version)]
    if not found:
        return None
    schemas = referring(all_types(registry), "#/components/schemas/")
    paths = {}
    for one in found:
        top = f"/apis/{one.api_version}" if one.group else f"/api/{one.version}"
        inner = "/namespaces/{namespace}" if one.namespaced else ""
        kind = {"group": one.group, "version": one.version, "kind": one.kind}
        verbs = {verb: {"x-kubernetes-action": verb, "x-kubernetes-group-version-kind": kind,
                        "parameters": PARAMETERS, "responses": {"200": {"description": "OK"}}}
                 for verb in ("post", "patch", "put", "get")}  # fmt: skip
        paths[f"{top}{inner}/{one.plural}"] = {"post": verbs["post"], "get": verbs["get"]}
        paths[f"{top}{inner}/{one.plural}/{{name}}"] = {
            verb: verbs[verb] for verb in ("patch", "put", "get")
        }
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
            "paths": paths, "components": {"schemas": schemas}}  # fmt: skip


PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def all_types(registry: Registry) -> dict[str, Any]:
    """Return the published types and those of custom resources."""
    found = dict(types.definitions())
    for one in registry.all():
        if one.custom:
            kind = {"group": one.group, "version": one.version, "kind": one.kind}
            name = f"{'.'.join(reversed(one.group.split('.')))}.{one.version}.{one.kind}"
            found[name] = {
                "type": "object",
                **one.schema,
                "x-kubernetes-group-version-kind": [kind],
            }
    return found


def referring(value: Any, where: str) -> Any:
    """Return types whose references say where they lead."""
    if isinstance(value, dict):
        return {key: where + inner if key == "$ref" and isinstance(inner, str)
                else referring(inner, where) for key, inner in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [referring(inner, where) for inner in value]
    return value
