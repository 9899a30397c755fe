"""Work out a container's environment variables, those from ConfigMaps and Secrets too."""

from __future__ import annotations

import re
from base64 import b64decode

from lab_kit.components.controllers.client import ApiError, Client
from lab_kit.components.controllers.containers import plain
from lab_kit.components.controllers.kinds import Object
from lab_kit.errors import LabError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
MOST = 100


def environment(client: Client, pod: Object, container: Object) -> dict[str, str]:
    """Return the variables; raise LabError for one that is taken from what is not there."""
    at = f"/api/v1/namespaces/{pod['metadata']['namespace']}"
    found: dict[str, str] = {}
    for whole in container.get("envFrom") or ():
        for kind, source in (("configmaps", "configMapRef"), ("secrets", "secretRef")):
            if source in whole:
                found |= data(client, at, kind, whole[source]["name"])
    for one in container.get("env") or ():
        found[one["name"]] = one["value"] if "value" in one else taken(client, at, pod, one)
    kept = {k: plain(v) for k, v in found.items() if NAME.fullmatch(k)}
    return dict(list(kept.items())[:MOST])


def taken(client: Client, at: str, pod: Object, one: Object) -> str:
    """Return a variable's value from where it is kept."""
    source = one.get("valueFrom") or {}
    for kind, key in (("configmaps", "configMapKeyRef"), ("secrets", "secretKeyRef")):
        if key in source:
            values = data(client, at, kind, source[key]["name"])
            if source[key]["key"] in values:
                return values[source[key]["key"]]
            if source[key].get("optional"):
                return ""
            raise LabError(
                f"couldn't find key {source[key]['key']} in {kind} {source[key]['name']}"
            )
    field = (source.get("fieldRef") or {}).get("fieldPath", "")
    return str(pod["metadata"].get(field.removeprefix("metadata."), ""))


def data(client: Client, at: str, kind: str, name: str) -> dict[str, str]:
    """Return what a ConfigMap or a Secret holds."""
    try:
        found = client.get(f"{at}/{kind}/{name}").get("data") or {}
    except ApiError as problem:
        raise LabError(f'{kind[:-1]} "{name}": {problem}') from None
    if kind == "secrets":
        return {k: b64decode(v).decode("utf-8", "replace") for k, v in found.items()}
    return dict(found)
