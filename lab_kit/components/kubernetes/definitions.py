"""Look after definitions of custom resources: what is wrong, filled in and told in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.schema import Schema
from lab_kit.components.kubernetes.status import Object

Fault = tuple[str, str]  # field, what is wrong with it


def rules(one: Object) -> Iterator[Fault]:
    """Give what breaks a rule of definitions."""
    spec = one["spec"]
    wanted = f"{spec['names']['plural']}.{spec['group']}"
    if one["metadata"]["name"] != wanted:
        told = f'Invalid value: "{one["metadata"]["name"]}": must be {wanted}'
        yield "metadata.name", f'{told} (spec.names.plural+"."+spec.group)'
    for number, version in enumerate(spec["versions"]):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            field = f"spec.versions[{number}].schema.openAPIV3Schema"
            yield field, "Required value: schemas are required"
    if sum(bool(version.get("storage")) for version in spec["versions"]) != 1:
        yield "spec.versions", "Invalid value: must have exactly one version marked as storage"


def filled(one: Object) -> None:
    """Fill in a definition."""
    spec = one["spec"]
    spec.setdefault("conversion", {"strategy": "None"})
    names = spec["names"]
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")


def established(one: Object) -> None:
    """Say in a definition that it is served: clients wait for that before they use it."""
    spec, now = one["spec"], one["metadata"]["creationTimestamp"]
    told = {"NamesAccepted": ("NoConflicts", "no conflicts found"),
            "Established": ("InitialNamesAccepted", "the names are accepted")}  # fmt: skip
    one.setdefault("status", {
        "acceptedNames": spec["names"],
        "conditions": [{"type": kind, "status": "True", "reason": why, "message": words,
                        "lastTransitionTime": now} for kind, (why, words) in told.items()],
        "storedVersions": [v["name"] for v in spec["versions"] if v.get("storage")],
    })  # fmt: skip


def defaulted(schema: Schema, value: Any) -> None:
    """Fill in what a custom resource's own schema has defaults for."""
    if isinstance(value, dict):
        for name, inner in (schema.get("properties") or {}).items():
            if name not in value and "default" in inner:
                value[name] = copied(inner["default"])
            if name in value:
                defaulted(inner, value[name])
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            for inner in value.values():
                defaulted(more, inner)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for inner in value:
            defaulted(schema["items"], inner)
