"""Know the published types of Kubernetes 1.37, and walk through them beside an object.

`definitions.json.gz` holds the OpenAPI definitions that the resources here reach, without their
descriptions; a custom resource brings its own schema (openAPIV3Schema).
"""

from __future__ import annotations

import gzip
import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
ANY: Schema = {}
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
MOST_FOLLOWED = 20_000
FOLLOWED: dict[int, tuple[Schema, Schema]] = {}  # by identity: a type, and what it comes to
DEFAULT_KEYS = {"protocol": "TCP"}  # of list items that may leave a key out


@cache
def definitions() -> dict[str, Schema]:
    """Return all types by name."""
    data = gzip.decompress((Path(__file__).parent / "definitions.json.gz").read_bytes())
    found: dict[str, Schema] = json.loads(data)
    return found


@cache
def by_kind() -> dict[tuple[str, str, str], str]:
    """Return the type's name of each (group, version, kind)."""
    return {
        (one["group"], one["version"], one["kind"]): name
        for name, schema in definitions().items()
        for one in schema.get("x-kubernetes-group-version-kind", ())
    }


@lru_cache(1024)
def of_kind(group: str, version: str, kind: str) -> Schema:
    """Return the type of a kind, one that allows anything if it has none."""
    name = by_kind().get((group, version, kind))
    return {"$ref": name} if name else ANY


def resolved(schema: Schema) -> Schema:
    """Follow a reference; what stands beside it holds as well."""
    if "$ref" not in schema:
        return schema
    known = FOLLOWED.get(id(schema))
    if known is None or known[0] is not schema:
        if len(FOLLOWED) >= MOST_FOLLOWED:
            FOLLOWED.clear()
        known = FOLLOWED[id(schema)] = (schema, followed(schema))
    return known[1]


def followed(schema: Schema) -> Schema:
    """Return what a type comes to that refers to others."""
    while isinstance(schema.get("$ref"), str):
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**definitions().get(schema["$ref"], ANY), **rest}
    return schema


def field(schema: Schema, name: str) -> Schema:
    """Return the type of a field of an object, or of a map's value."""
    schema = resolved(schema)
    known = schema.get("properties", {})
    if name in known:
        return known[name] if isinstance(known[name], dict) else ANY
    more = schema.get("additionalProperties")
    return more if isinstance(more, dict) else ANY


def items(schema: Schema) -> Schema:
    """Return the type of a list's items."""
    found = resolved(schema).get("items")
    return found if isinstance(found, dict) else ANY


def list_type(schema: Schema) -> str:
    """Return "map", "set" or "atomic": what of a list has owners of its own."""
    return str(resolved(schema).get("x-kubernetes-list-type", "atomic"))


def is_atomic(schema: Schema) -> bool:
    """Say whether a map has one owner for all of it."""
    return resolved(schema).get("x-kubernetes-map-type") == "atomic"


def item_key(schema: Schema, item: Any) -> str:
    """Return what names an item of a list, as managedFields do: `k:{...}` or `v:...`."""
    schema = resolved(schema)
    if schema.get("x-kubernetes-list-type") == "set":
        return "v:" + json.dumps(item, separators=(",", ":"))
    names = schema.get("x-kubernetes-list-map-keys", [])
    values = item if isinstance(item, dict) else {}
    key = {n: values.get(n, DEFAULT_KEYS.get(n)) for n in names}
    told = {n: v for n, v in key.items() if v is not None}
    return "k:" + json.dumps(told, sort_keys=True, separators=(",", ":"))


def merge_key(schema: Schema) -> str:
    """Return the key by which a strategic merge patch finds items; "" where it replaces all."""
    schema = resolved(schema)
    if "merge" in str(schema.get("x-kubernetes-patch-strategy", "")).split(","):
        return str(schema.get("x-kubernetes-patch-merge-key", ""))
    return ""
