"""Say what breaks a rule of pods, of what makes pods, and of Services: as the real one says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lab_kit.components.kubernetes.status import Object

Fault = tuple[str, str]  # field, what is wrong with it
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
QUANTITY = re.compile(r"([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)")
UNITS = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
REQUIRED, DUPLICATE = "Required value", "Duplicate value: "
PORT = "must be between 1 and 65535, inclusive"
MAKERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")
SPARED = ("image",)  # of a container, what may change while it runs
CHANGES = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`, "
    "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` "
    "(only additions to existing tolerations)"
)


def rules(kind: str, one: Object, before: Object | None) -> Iterator[Fault]:
    """Give what breaks a rule of pods, of what makes them, or of a Service."""
    spec = one.get("spec") or {}
    if kind == "Pod":
        yield from pod(spec, "spec")
        if before and settled(spec, before) != settled(before["spec"], before):
            yield "spec", CHANGES
    elif kind in MAKERS:
        inner = (spec.get("template") or {}).get("spec") or {}
        claims = spec.get("volumeClaimTemplates") or ()
        more = {(claim.get("metadata") or {}).get("name") for claim in claims}
        yield from pod(inner, "spec.template.spec", more)
        again, field = inner.get("restartPolicy", "Always"), "spec.template.spec.restartPolicy"
        if kind == "Job" and again == "Always":
            yield field, f'{REQUIRED}: valid values: "OnFailure", "Never"'
        elif kind != "Job" and again != "Always":
            yield field, f'Unsupported value: "{again}": supported values: "Always"'
    if kind == "Deployment":
        yield from strategy(spec.get("strategy") or {})
    elif kind == "Service":
        yield from service(spec)


def pod(spec: Object, path: str, volumes: set[Any] | None = None) -> Iterator[Fault]:
    """Give what is wrong in a pod's spec; `volumes` are those that it has besides its own."""
    if not spec.get("containers"):
        yield f"{path}.containers", REQUIRED
    there = {one.get("name") for one in spec.get("volumes") or ()} | (volumes or set())
    names: set[str] = set()
    for part in ("initContainers", "containers"):
        for number, one in enumerate(spec.get(part) or ()):
            yield from container(one, f"{path}.{part}[{number}]", there)
            if one["name"] in names:
                yield f"{path}.{part}[{number}].name", f'{DUPLICATE}"{one["name"]}"'
            names.add(one["name"])


def container(one: Object, path: str, volumes: set[Any]) -> Iterator[Fault]:
    """Give what is wrong in one container."""
    if not NAME.fullmatch(one["name"]):
        told = (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
        )
        yield f"{path}.name", f'Invalid value: "{one["name"]:.80}": {told}'
    if not one.get("image"):
        yield f"{path}.image", REQUIRED
    for number, port in enumerate(one.get("ports") or ()):
        if not 1 <= port["containerPort"] <= 65535:
            told = f"Invalid value: {port['containerPort']}: {PORT}"
            yield f"{path}.ports[{number}].containerPort", told
    for number, mount in enumerate(one.get("volumeMounts") or ()):
        if mount.get("name") not in volumes:
            yield f"{path}.volumeMounts[{number}].name", f'Not found: "{mount.get("name")}"'
    resources = one.get("resources") or {}
    limits = resources.get("limits") or {}
    for name, wanted in (resources.get("requests") or {}).items():
        if name in limits and amount(wanted) > amount(limits[name]):
            told = f'Invalid value: "{wanted}": must be less than or equal to {name} limit'
            yield f"{path}.resources.requests", told


def amount(text: Any) -> Decimal:
    """Return a quantity such as 250m or 1Gi as a number; 0 for what is none after all."""
    found = QUANTITY.fullmatch(str(text))
    number, suffix = found.groups() if found else ("0", "")
    try:
        if suffix.endswith("i"):
            return Decimal(number) * Decimal(1024) ** (
                UNITS.index(suffix[:-1].replace("K", "k")) - 3
            )
        if suffix in UNITS:
            return Decimal(number) * Decimal(1000) ** (UNITS.index(suffix) - 3)
        return Decimal(f"{number}{suffix}")  # 1e3
    except (ArithmeticError, ValueError):
        return Decimal(0)


def settled(spec: Object, before: Object) -> Object:
    """Return a pod's spec without what may change; its node may be written once."""
    free = {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"}
    if not before["spec"].get("nodeName"):
        free.add("nodeName")
    kept = {name: value for name, value in spec.items() if name not in free}
    for part in ("containers", "initContainers"):
        if part in kept:
            kept[part] = [{k: v for k, v in one.items() if k not in SPARED} for one in kept[part]]
    return kept


def strategy(told: Object) -> Iterator[Fault]:
    """Give what is wrong in how a Deployment replaces its pods."""
    kind, rolling = told.get("type", "RollingUpdate"), told.get("rollingUpdate") or {}
    if kind not in ("Recreate", "RollingUpdate"):
        yield (
            "spec.strategy.type",
            (f'Unsupported value: "{kind}": supported values: "Recreate", "RollingUpdate"'),
        )
    elif kind == "Recreate" and rolling:
        yield (
            "spec.strategy.rollingUpdate",
            ("Forbidden: may not be specified when strategy `type` is 'Recreate'"),
        )
    elif all(rolling.get(part) in (0, "0%") for part in ("maxSurge", "maxUnavailable")):
        where = "spec.strategy.rollingUpdate.maxUnavailable"
        yield where, "Invalid value: 0: may not be 0 when `maxSurge` is 0"


def service(spec: Object) -> Iterator[Fault]:
    """Give what is wrong in a Service's ports."""
    ports = spec.get("ports") or []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield "spec.ports", REQUIRED
    for number, port in enumerate(ports):
        if len(ports) > 1 and not port.get("name"):
            yield f"spec.ports[{number}].name", REQUIRED
        for name in ("port", "targetPort"):
            if isinstance(port.get(name), int) and not 1 <= port[name] <= 65535:
                yield f"spec.ports[{number}].{name}", f"Invalid value: {port[name]}: {PORT}"
