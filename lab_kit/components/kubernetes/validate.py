"""Say what does not hold in an object: its types, unknown fields, name, and its kind's rules."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from lab_kit.components.kubernetes import definitions, workloads
from lab_kit.components.kubernetes import schema as types
from lab_kit.components.kubernetes.schema import Schema
from lab_kit.components.kubernetes.status import Object

Fault = tuple[str, str]  # field, what is wrong with it
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
KEY = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
AS_LABEL = {"Namespace", "Service"}
PATH_NAMES = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
REQUIRED = "Required value"
KINDS: dict[str, Any] = {
    "string": str, "boolean": bool, "object": dict, "array": list, "integer": int,
    "number": (int, float),
}  # fmt: skip
SELECTED = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"}


def types_of(schema: Schema, value: Any, path: str = "") -> Iterator[Fault]:
    """Give what has another type than published, or breaks a bound of a custom resource's."""
    schema = types.resolved(schema)
    if value is None:
        return
    if choices := schema.get("oneOf"):
        if not any(not list(types_of(one, value, path)) for one in choices):
            yield path, f"Invalid value: {value!r:.60}: it has another type"
        elif {"type": "number"} in choices and not workloads.QUANTITY.fullmatch(str(value)):
            told = f"quantities must match the regular expression '^{workloads.QUANTITY.pattern}$'"
            yield path, f"Invalid value: {value!r:.60}: {told}"
        return
    wanted = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        wanted = None
    if isinstance(wanted, str) and not fits(value, wanted):
        yield path, f"Invalid value: {value!r:.60}: must be of type {wanted}"
        return
    yield from bounds(schema, value, path)
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if value.get(name) is None:
                yield joined(path, name), REQUIRED
        for name, inner in value.items():
            yield from types_of(types.field(schema, name), inner, joined(path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            if inner is None:
                yield f"{path}[{number}]", REQUIRED
            yield from types_of(types.items(schema), inner, f"{path}[{number}]")


def fits(value: Any, wanted: str) -> bool:
    """Say whether a value is of a type; true is no number."""
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, KINDS.get(wanted, object))


def bounds(schema: Schema, value: Any, path: str) -> Iterator[Fault]:
    """Give what breaks a minimum, a maximum, a length, a pattern or a list of choices."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "maximum" in schema and value > schema["maximum"]:
            told = f"in body should be less than or equal to {schema['maximum']}"
            yield path, f"Invalid value: {value}: {path} {told}"
        if "minimum" in schema and value < schema["minimum"]:
            told = f"in body should be greater than or equal to {schema['minimum']}"
            yield path, f"Invalid value: {value}: {path} {told}"
    if isinstance(value, str):
        if schema.get("format") == "byte" and not is_base64(value):
            yield path, "Invalid value: illegal base64 data"
        if len(value) > schema.get("maxLength", len(value)):
            yield path, f"Too long: may not be more than {schema['maxLength']} bytes"
        if len(value) < schema.get("minLength", 0):
            yield path, f"Invalid value: {value!r:.60}: should be at least {schema['minLength']}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield path, f"Invalid value: {value!r:.60}: should match {schema['pattern']!r}"
    if "enum" in schema and value not in schema["enum"]:
        listed = ", ".join(f'"{one}"' for one in schema["enum"])
        yield path, f"Unsupported value: {value!r:.60}: supported values: {listed}"


def is_base64(text: str) -> bool:
    """Say whether a text is the base64 of something."""
    try:
        base64.b64decode(text.replace("\n", ""), validate=True)
    except ValueError:
        return False
    return True


def unknown(schema: Schema, value: Any, path: str = "") -> Iterator[str]:
    """Give the paths of fields that a type does not have."""
    schema = types.resolved(schema)
    if isinstance(value, dict):
        known = schema.get("properties")
        open_ended = not known or schema.get("x-kubernetes-preserve-unknown-fields")
        more = schema.get("additionalProperties")
        for name, inner in value.items():
            if known and name not in known and not open_ended and not more:
                yield joined(path, name)
            else:
                yield from unknown(types.field(schema, name), inner, joined(path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from unknown(types.items(schema), inner, f"{path}[{number}]")


def pruned(schema: Schema, value: Any) -> Any:
    """Return a value without the fields that its type does not have."""
    schema = types.resolved(schema)
    if isinstance(value, dict):
        known = schema.get("properties")
        closed = known and not schema.get("x-kubernetes-preserve-unknown-fields")
        closed = closed and not schema.get("additionalProperties")
        names = known or ()
        return {name: pruned(types.field(schema, name), inner) for name, inner in value.items()
                if not closed or name in names}  # fmt: skip
    if isinstance(value, list):
        return [pruned(types.items(schema), inner) for inner in value]
    return value


def joined(path: str, name: str) -> str:
    """Return the path of a field."""
    return f"{path}.{name}" if path else name


def named(kind: str, one: Object) -> Iterator[Fault]:
    """Give what is wrong with an object's name and labels."""
    name = str(one["metadata"].get("name", ""))
    good, most = bool(SUBDOMAIN.fullmatch(name)), 253
    if kind in AS_LABEL:
        good, most = bool(LABEL.fullmatch(name)), 63
    elif kind in PATH_NAMES:
        good = name not in (".", "..") and not re.search("[/%]", name)
    if not good or len(name) > most:
        what = "label" if kind in AS_LABEL else "subdomain"
        told = f'Invalid value: "{name:.80}": a lowercase RFC 1123 {what} must consist of lower '
        told += "case alphanumeric characters or '-', and must start and end with one of those"
        yield "metadata.name", told
    for field in ("labels", "annotations"):
        for key in one["metadata"].get(field) or {}:
            prefix, slash, last = key.rpartition("/")
            if (slash and not SUBDOMAIN.fullmatch(prefix)) or not KEY.fullmatch(last):
                told = "name part must consist of alphanumeric characters, '-', '_' or '.'"
                yield f"metadata.{field}", f'Invalid value: "{key:.80}": {told}'
    for label, value in (one["metadata"].get("labels") or {}).items():
        if not isinstance(value, str) or len(value) > 63 or not VALUE.fullmatch(value):
            told = "a valid label must be an empty string or consist of alphanumeric characters"
            yield "metadata.labels", f'Invalid value: "{value!s:.80}": {told} ({label:.80})'


def rules(kind: str, one: Object, before: Object | None) -> Iterator[Fault]:
    """Give what breaks a rule of the kind's own."""
    spec = one.get("spec") or {}
    if kind in SELECTED and isinstance(spec, dict):
        labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
        wanted = (spec.get("selector") or {}).get("matchLabels") or {}
        if not spec.get("selector"):
            yield "spec.selector", "Required value"
        elif any(labels.get(name) != value for name, value in wanted.items()):
            yield (
                "spec.template.metadata.labels",
                (f"Invalid value: {labels!r:.120}: `selector` does not match template `labels`"),
            )
        if before and (before.get("spec") or {}).get("selector") != spec.get("selector"):
            yield "spec.selector", "Invalid value: field is immutable"
    if kind in ("Secret", "ConfigMap"):
        for key in one.get("data") or {}:
            if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key):
                told = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                yield f"data[{key:.80}]", f'Invalid value: "{key:.80}": {told}'
    yield from workloads.rules(kind, one, before)
    if kind == "CustomResourceDefinition":
        yield from definitions.rules(one)
    if kind in ("Secret", "ConfigMap") and before and before.get("immutable"):
        if any(one.get(part) != before.get(part) for part in ("data", "binaryData")):
            yield "data", "Forbidden: field is immutable when `immutable` is set"
    if kind == "Service" and before:
        was, now = (o.get("spec", {}).get("clusterIP") for o in (before, one))
        if was and was != now:
            yield "spec.clusterIP", "Invalid value: field is immutable"
    if isinstance(spec.get("replicas"), int) and spec["replicas"] < 0:
        told = f"Invalid value: {spec['replicas']}: must be greater than or equal to 0"
        yield "spec.replicas", told
