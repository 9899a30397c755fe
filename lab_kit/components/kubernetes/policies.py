"""Read ValidatingAdmissionPolicies and their bindings, and say what does not hold in them.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab_kit.components.kubernetes.status import Object
from lab_kit.components.kubernetes.validate import Fault

GROUP = "admissionregistration.k8s.io"
POLICIES = f"validatingadmissionpolicies.{GROUP}"
BINDINGS = f"validatingadmissionpolicybindings.{GROUP}"
REASONS = {"Unauthorized": 401, "Forbidden": 403, "Invalid": 422, "RequestEntityTooLarge": 413}
OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
BOTH = (
    "must not contain both Deny and Warn (repeating the same validation failure information in the "
    "API response and headers serves no purpose)"
)
NEITHER = "Required value: validations or auditAnnotations must contain at least one item"
REQUIRED = "Required value"


@dataclass(frozen=True)
class Policy:
    """Hold a policy as it is applied: its expressions as one sheet, and what each of them is."""

    name: str
    spec: Object
    sheet: str
    places: list[tuple[str, int, str]]  # of an expression: part of the spec, number, field

    @property
    def lenient(self) -> bool:
        """Say whether what goes wrong in it lets the request pass."""
        return bool(self.spec.get("failurePolicy") == "Ignore")


def policy(one: Object) -> Policy:
    """Return a policy as it is applied."""
    spec = without_nulls(one.get("spec") or {})
    expressions: list[tuple[str, list[str]]] = []
    places: list[tuple[str, int, str]] = []
    for part, field, kinds in (
        ("validations", "expression", ["bool"]), ("validations", "messageExpression", ["string"]),
        ("auditAnnotations", "valueExpression", ["string", "null_type"]),
    ):  # fmt: skip
        for number, entry in enumerate(spec.get(part, ())):
            if entry.get(field):
                expressions.append((entry[field], kinds))
                places.append((part, number, field))
    sheet = {
        "params": "paramKind" in spec, "expressions": expressions,
        "variables": [(v["name"], v["expression"]) for v in spec.get("variables", ())],
        "conditions": [c["expression"] for c in spec.get("matchConditions", ())],
    }  # fmt: skip
    return Policy(one["metadata"]["name"], spec, json.dumps(sheet), places)


def without_nulls(value: Any) -> Any:
    """Return a value without the fields that are null: they are as good as left out."""
    if isinstance(value, dict):
        return {k: without_nulls(inner) for k, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value if inner is not None]
    return value


def field_of(read: Policy, part: str, number: int) -> tuple[str, str]:
    """Return where an expression of a policy's sheet stands in it, and its text."""
    field = "expression"
    if part == "conditions":
        part = "matchConditions"
    elif part == "expressions":
        part, number, field = read.places[number]
    return f"spec.{part}[{number}].{field}", read.spec[part][number][field]


def invalid(value: Any, why: str) -> str:
    """Return what messages say of a wrong value."""
    return f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}"


def unsupported(value: Any, choices: tuple[str, ...]) -> str:
    """Return what messages say of a value that is none of the choices."""
    listed = ", ".join(f'"{one}"' for one in sorted(choices))
    return f"Unsupported value: {json.dumps(value)}: supported values: {listed}"


def policy_faults(one: Object) -> Iterator[Fault]:
    """Give what does not hold in a policy, whether its expressions compile left aside."""
    spec = without_nulls(one.get("spec") or {})
    if spec.get("failurePolicy", "Fail") not in ("Fail", "Ignore"):
        yield "spec.failurePolicy", unsupported(spec["failurePolicy"], ("Fail", "Ignore"))
    if "paramKind" in spec:
        for name in ("apiVersion", "kind"):
            if not spec["paramKind"].get(name):
                yield f"spec.paramKind.{name}", REQUIRED
    if "matchConstraints" not in spec:
        yield "spec.matchConstraints", REQUIRED
    else:
        yield from match_faults(spec["matchConstraints"], "spec.matchConstraints")
        if not spec["matchConstraints"].get("resourceRules"):
            yield "spec.matchConstraints.resourceRules", REQUIRED
    if not spec.get("validations") and not spec.get("auditAnnotations"):
        yield "spec.validations", NEITHER
        yield "spec.auditAnnotations", NEITHER
    yield from _named_faults(spec)
    for number, entry in enumerate(spec.get("validations", ())):
        yield from _validation_faults(entry, f"spec.validations[{number}]")


def _named_faults(spec: Object) -> Iterator[Fault]:
    """Give what does not hold in variables, conditions and annotations: each has a name."""
    for part, key, field in (
        ("variables", "name", "expression"), ("matchConditions", "name", "expression"),
        ("auditAnnotations", "key", "valueExpression"),
    ):  # fmt: skip
        seen = set()
        for number, entry in enumerate(spec.get(part, ())):
            path = f"spec.{part}[{number}]"
            name = entry.get(key, "")
            if not str(entry.get(field, "")).strip():
                yield f"{path}.{field}", f"{REQUIRED}: {field} is not specified"
            if not name:
                yield f"{path}.{key}", REQUIRED
            elif part == "variables" and not IDENTIFIER.fullmatch(name):
                yield f"{path}.{key}", invalid(name, "name is not a valid CEL identifier")
            elif name in seen:
                yield f"{path}.{key}", f"Duplicate value: {json.dumps(name)}"
            seen.add(name)


def _validation_faults(entry: Object, path: str) -> Iterator[Fault]:
    if not entry.get("expression", "").strip():
        yield f"{path}.expression", f"{REQUIRED}: expression is not specified"
    message, told = entry.get("message", ""), entry.get("messageExpression", "")
    if message and not message.strip():
        yield f"{path}.message", invalid(message, "message must be non-empty if specified")
    if re.search(r"[\r\n]", message.strip()):
        yield f"{path}.message", invalid(message, "message must not contain line breaks")
    if told and not told.strip():
        yield f"{path}.messageExpression", invalid(told, "must be non-empty if specified")
    if entry.get("reason", "Invalid") not in REASONS:
        yield f"{path}.reason", unsupported(entry["reason"], tuple(REASONS))


def match_faults(place: Object, path: str) -> Iterator[Fault]:
    """Give what does not hold in what a policy or a binding is for."""
    if place.get("matchPolicy", "Exact") not in ("Exact", "Equivalent"):
        choices = ("Equivalent", "Exact")
        yield f"{path}.matchPolicy", unsupported(place["matchPolicy"], choices)
    for part in ("namespaceSelector", "objectSelector"):
        yield from selector_faults(place.get(part, {}), f"{path}.{part}")
    for part in ("resourceRules", "excludeResourceRules"):
        for number, rule in enumerate(place.get(part, ())):
            yield from _rule_faults(rule, f"{path}.{part}[{number}]")


def _rule_faults(rule: Object, path: str) -> Iterator[Fault]:
    for part in ("operations", "apiGroups", "apiVersions", "resources"):
        if not rule.get(part):
            yield f"{path}.{part}", REQUIRED
        elif part != "resources" and "*" in rule[part] and len(rule[part]) > 1:
            why = f"if '*' is present, must not specify other {part}"
            yield f"{path}.{part}", invalid(rule[part], why)
    for number, name in enumerate(rule.get("operations", ())):
        if name not in OPERATIONS:
            yield f"{path}.operations[{number}]", unsupported(name, OPERATIONS)
    if rule.get("scope", "*") not in ("*", "Cluster", "Namespaced"):
        yield f"{path}.scope", unsupported(rule["scope"], ("*", "Cluster", "Namespaced"))


def selector_faults(selector: Object, path: str) -> Iterator[Fault]:
    """Give what does not hold in a label selector."""
    for number, one in enumerate(selector.get("matchExpressions", ())):
        where, how = f"{path}.matchExpressions[{number}]", one.get("operator")
        if how not in OPERATORS:
            yield f"{where}.operator", invalid(how, "not a valid selector operator")
        elif (how in ("In", "NotIn")) != bool(one.get("values")):
            told = "must be specified" if how in ("In", "NotIn") else "may not be specified"
            kind = REQUIRED if how in ("In", "NotIn") else "Forbidden"
            names = "In' or 'NotIn" if how in ("In", "NotIn") else "Exists' or 'DoesNotExist"
            yield f"{where}.values", f"{kind}: {told} when `operator` is '{names}'"


def binding_faults(one: Object) -> Iterator[Fault]:
    """Give what does not hold in a binding."""
    spec = without_nulls(one.get("spec") or {})
    if not spec.get("policyName"):
        yield "spec.policyName", REQUIRED
    if "paramRef" in spec:
        yield from _param_faults(spec["paramRef"], "spec.paramRef")
    yield from match_faults(spec.get("matchResources", {}), "spec.matchResources")
    actions = spec.get("validationActions", [])
    for number, action in enumerate(actions):
        if action not in ("Deny", "Warn", "Audit"):
            choices = ("Audit", "Deny", "Warn")
            yield f"spec.validationActions[{number}]", unsupported(action, choices)
    if {"Deny", "Warn"} <= set(actions):
        yield "spec.validationActions", invalid(actions, BOTH)
    if not actions:
        what = f"{REQUIRED}: at least one validation action is required"
        yield "spec.validationActions", what


def _param_faults(ref: Object, path: str) -> Iterator[Fault]:
    if ref.get("name") and "selector" in ref:
        yield f"{path}.name", "Forbidden: name and selector are mutually exclusive"
    if not ref.get("name") and "selector" not in ref:
        yield path, f"{REQUIRED}: one of name or selector must be specified"
    yield from selector_faults(ref.get("selector", {}), f"{path}.selector")
    if not ref.get("parameterNotFoundAction"):
        yield f"{path}.parameterNotFoundAction", REQUIRED
    elif ref["parameterNotFoundAction"] not in ("Allow", "Deny"):
        what = unsupported(ref["parameterNotFoundAction"], ("Allow", "Deny"))
        yield f"{path}.parameterNotFoundAction", what
