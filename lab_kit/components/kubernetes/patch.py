"""Change an object by a patch: merge (RFC 7386), JSON (RFC 6902) or strategic merge.

A strategic merge patch knows the type: lists with a merge key are merged by it
(https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md).
"""

from __future__ import annotations

from typing import Any

from lab_kit.components.kubernetes import schema as types
from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.schema import Schema
from lab_kit.components.kubernetes.status import Refused, bad_request


def merged(value: Any, patch: Any) -> Any:
    """Return a value with a merge patch on it: null deletes, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return copied(patch)
    out = dict(value) if isinstance(value, dict) else {}
    for name, inner in patch.items():
        if inner is None:
            out.pop(name, None)
        else:
            out[name] = merged(out.get(name), inner)
    return out


def strategic(value: Any, patch: Any, schema: Schema) -> Any:
    """Return a value with a strategic merge patch on it."""
    if isinstance(patch, dict):
        if patch.get("$patch") == "replace":
            return {k: copied(v) for k, v in patch.items() if k != "$patch"}
        if patch.get("$patch") == "delete":
            return {}
        return _strategic_fields(dict(value) if isinstance(value, dict) else {}, patch, schema)
    if isinstance(patch, list):
        return _strategic_list(value if isinstance(value, list) else [], patch, schema)
    return copied(patch)


def _strategic_fields(out: dict[str, Any], patch: dict[str, Any], schema: Schema) -> Any:
    for name, inner in patch.items():
        if name.startswith("$retainKeys"):
            out = {k: v for k, v in out.items() if k in inner}
        elif name.startswith("$deleteFromPrimitiveList/"):
            target = name.partition("/")[2]
            out[target] = [one for one in out.get(target, []) if one not in inner]
    for name, inner in patch.items():
        if name.startswith("$"):
            continue
        if inner is None:
            out.pop(name, None)
        else:
            out[name] = strategic(out.get(name), inner, types.field(schema, name))
    return out


def _strategic_list(value: list[Any], patch: list[Any], schema: Schema) -> list[Any]:
    key = types.merge_key(schema)
    strategy = str(types.resolved(schema).get("x-kubernetes-patch-strategy", ""))
    if any(isinstance(one, dict) and one.get("$patch") == "replace" for one in patch):
        return [copied(one) for one in patch if one.get("$patch") != "replace"]
    if not key:
        if "merge" in strategy.split(","):  # a set of plain values
            return [*value, *(one for one in patch if one not in value)]
        return copied(patch)
    inner, out = types.items(schema), list(value)
    for one in patch:
        if not isinstance(one, dict) or key not in one:
            raise bad_request(f"map: {one!r:.100} does not contain declared merge key: {key}")
        at = next((n for n, old in enumerate(out) if old.get(key) == one[key]), None)
        if one.get("$patch") == "delete":
            out = [old for old in out if old.get(key) != one[key]]
        elif at is None:
            out.append(strategic({}, one, inner))
        else:
            out[at] = strategic(out[at], one, inner)
    return out


def json_patched(value: Any, operations: Any) -> Any:
    """Return a value after the operations of a JSON patch; raise Refused where one fails."""
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    out = copied(value)
    for one in operations:
        try:
            out = _operate(out, dict(one))
        except (KeyError, IndexError, TypeError, ValueError) as problem:
            message = f"the server rejected our request: json patch {one!r:.200}: {problem}"
            raise Refused(422, "Invalid", message) from None
    return out


def _operate(value: Any, one: dict[str, Any]) -> Any:
    verb, path = one["op"], _pointer(one["path"])
    if verb in ("move", "copy"):
        source = _pointer(one["from"])
        moved = copied(_at(value, source))
        value = _removed(value, source) if verb == "move" else value
        return _added(value, path, moved)
    if verb == "add":
        return _added(value, path, copied(one["value"]))
    if verb == "remove":
        return _removed(value, path)
    if verb == "replace":
        _at(value, path)
        return _added(_removed(value, path), path, copied(one["value"]))
    if verb == "test":
        if _at(value, path) != one["value"]:
            raise ValueError("test failed")
        return value
    raise ValueError(f"there is no operation {verb!r}")


def _pointer(text: str) -> list[str]:
    if text == "":
        return []
    if not text.startswith("/"):
        raise ValueError(f"no pointer: {text!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[_index(part, len(value) - 1)] if isinstance(value, list) else value[part]
    return value


def _index(part: str, last: int) -> int:
    number = int(part) if part.isdecimal() else -1
    if not 0 <= number <= last:
        raise IndexError(f"no place {part!r}")
    return number


def _added(value: Any, path: list[str], new: Any) -> Any:
    if not path:
        return new
    parent, part = _at(value, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent.insert(len(parent) if part == "-" else _index(part, len(parent)), new)
    else:
        parent[part] = new
    return value


def _removed(value: Any, path: list[str]) -> Any:
    if not path:
        return None
    parent, part = _at(value, path[:-1]), path[-1]
    del parent[_index(part, len(parent) - 1) if isinstance(parent, list) else part]
    return value
