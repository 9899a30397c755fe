"""Admission by ValidatingAdmissionPolicies through the official client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubernetes import client

from lab_kit.components.kubernetes import KubernetesApi
from tests.components.kubernetes.made import Object, config_map, deployment, refusal
from tests.components.kubernetes.policy import MAPS, RULE, Policies, own, policies

__all__ = ["own", "policies"]
IMAGES = "object.spec.template.spec.containers.all(c, c.image.startsWith('registry.local/'))"


def denied(act: Any, *given: Any, **more: Any) -> str:
    """Return what a policy says, without who says it."""
    code, reason, message = refusal(act, *given, **more)
    assert (code, reason) == (422, "Invalid"), message
    assert " is forbidden: ValidatingAdmissionPolicy '" in message
    return message.partition(" denied request: ")[2]


def test_what_a_policy_denies_is_told_as_the_real_one_does(
    apps: client.AppsV1Api, namespace: str, policies: Policies
) -> None:
    name = policies.put("object.spec.replicas <= 5")
    make = apps.create_namespaced_deployment
    assert refusal(make, namespace, deployment(replicas=50)) == (
        422, "Invalid", f"deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy '{name}'"
        f" with binding '{name}-here' denied request: failed expression: object.spec.replicas <= 5",
    )  # fmt: skip
    assert make(namespace, deployment(replicas=5)).spec.replicas == 5
    change = {"spec": {"replicas": 6}}
    assert "denied" in refusal(apps.patch_namespaced_deployment, "web", namespace, change)[2]
    policies.close()
    policies.made.clear()
    assert apps.patch_namespaced_deployment("web", namespace, change).spec.replicas == 6


def test_the_message_is_that_of_the_expression_or_the_fixed_one(
    core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    make = core.create_namespaced_config_map
    one = {"expression": "!('x' in object.data)", "message": " no x ", "reason": "Forbidden"}
    policies.put(one, rule=MAPS)
    code, reason, message = refusal(make, namespace, config_map("cm", x="1"))
    assert (code, reason) == (403, "Forbidden")
    assert message.endswith("denied request: no x")
    for told, wanted in (
        ("'x is ' + object.data.x", "x is 1"), ("object.data.none + ''", "no x"),
        ("'a\\nb'", "no x"), ("' '", "no x"),
    ):  # fmt: skip
        policies.close()
        policies.made.clear()
        policies.put({**one, "reason": "Invalid", "messageExpression": told}, rule=MAPS)
        assert denied(make, namespace, config_map("cm", x="1")) == wanted


@pytest.mark.parametrize(
    ("entry", "field", "told"),
    [
        ("object.spec.replicas <=", "expression", "compilation failed: ERROR: <input>:1:24: "),
        ("nobody == 1", "expression", "undeclared reference to 'nobody'"),
        ("params.x == 1", "expression", "undeclared reference to 'params.x'"),
        ("variables.x == 1", "expression", "undeclared reference to 'variables.x'"),
        ("authorizer.group('').check('get').allowed()", "expression", "reference to 'authorizer'"),
        ("url('https://x').getHost() == 'x'", "expression", "undeclared reference to 'url'"),
        ("ip('::1').family() == 6", "expression", "undeclared reference to 'ip'"),
        ("cel.bind(x, 1, x == 1)", "expression", "undeclared reference to 'cel'"),
        ("'1'.isLessThan(quantity('1'))", "expression", "no matching overload for 'isLessThan'"),
        ("1", "expression", 'Invalid value: "1": must evaluate to bool but got int'),
        ("object.spec.paused", "expression", "must evaluate to bool but got dyn"),
        (" ", "expression", "Required value: expression is not specified"),
        ("'" + "x" * 11_000 + "' == ''", "expression", "must not exceed 10240 bytes in length"),
        ("(" * 40 + "true" + ")" * 40, "expression", "recursion limit exceeded"),
        ({"expression": "true", "messageExpression": "1"}, "messageExpression", "to string but"),
        ({"expression": "true", "message": "a\nb"}, "message", "must not contain line breaks"),
        ({"expression": "true", "message": " "}, "message", "must be non-empty if specified"),
        ({"expression": "true", "reason": "Maybe"}, "reason", 'Unsupported value: "Maybe"'),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_applied_is_refused(
    policies: Policies, entry: str | Object, field: str, told: str
) -> None:
    code, reason, message = refusal(policies.put, "true", entry)
    assert (code, reason) == (422, "Invalid")
    assert message.startswith("ValidatingAdmissionPolicy.admissionregistration.k8s.io ")
    assert f"is invalid: spec.validations[1].{field}: " in message
    assert told in message


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"failurePolicy": "Maybe"}, 'spec.failurePolicy: Unsupported value: "Maybe": supported'),
        ({"match": {"resourceRules": []}}, "spec.matchConstraints.resourceRules: Required value"),
        ({"rule": {**RULE, "operations": ["READ"]}}, 'operations[0]: Unsupported value: "READ"'),
        ({"rule": {**RULE, "apiGroups": ["*", "apps"]}}, "if '*' is present, must not specify"),
        ({"rule": {**RULE, "scope": "Galaxy"}}, 'scope: Unsupported value: "Galaxy"'),
        ({"match": {"matchPolicy": "Nearly"}}, 'matchPolicy: Unsupported value: "Nearly"'),
        ({"match": {"objectSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}},
         'operator: Invalid value: "Is": not a valid selector operator'),
        ({"match": {"objectSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}},
         "values: Required value: must be specified when `operator` is 'In' or 'NotIn'"),
        ({"match": {"objectSelector": {"matchExpressions": [
            {"key": "a", "operator": "Exists", "values": ["b"]}]}}},
         "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        ({"variables": [{"name": "a", "expression": "1"}],
          "matchConditions": [{"name": "c", "expression": "has(variables.a)"}]},
         "has() takes a field of a variable, not a variable"),
        ({"matchConditions": [{"name": "c", "expression": "variables.x"}]},
         "spec.matchConditions[0].expression: Invalid value"),
        ({"variables": [{"name": "a-b", "expression": "1"}]}, "name is not a valid CEL identifier"),
        ({"variables": [{"name": "a", "expression": "1 +"}]}, "spec.variables[0].expression"),
        ({"variables": [{"name": "a", "expression": "object.?x"}]}, "a variable cannot hold"),
        ({"variables": [{"name": "a", "expression": "1"}] * 2}, 'Duplicate value: "a"'),
        ({"paramKind": {"apiVersion": "v1"}}, "spec.paramKind.kind: Required value"),
        ({"auditAnnotations": [{"key": "k", "valueExpression": "1"}]},
         "must evaluate to one of [string null_type] but got int"),
        ({"validations": []}, "validations or auditAnnotations must contain at least one item"),
    ],
)  # fmt: skip
def test_every_part_of_a_policy_is_looked_at(
    policies: Policies, more: dict[str, Any], told: str
) -> None:
    code, _, message = refusal(policies.put, "true", **more)
    assert (code, told in message) == (422, True), message


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"actions": ()}, "spec.validationActions: Required value: at least one validation action"),
        ({"actions": ("Deny", "Warn")}, "must not contain both Deny and Warn"),
        ({"actions": ("Shout",)}, 'validationActions[0]: Unsupported value: "Shout"'),
        ({"policyName": ""}, "spec.policyName: Required value"),
        ({"paramRef": {"parameterNotFoundAction": "Deny"}}, "one of name or selector must be"),
        ({"paramRef": {"name": "x"}}, "spec.paramRef.parameterNotFoundAction: Required value"),
        ({"paramRef": {"name": "x", "parameterNotFoundAction": "Shrug"}}, 'value: "Shrug"'),
        ({"paramRef": {"name": "x", "selector": {}, "parameterNotFoundAction": "Deny"}},
         "name and selector are mutually exclusive"),
    ],
)  # fmt: skip
def test_every_part_of_a_binding_is_looked_at(
    policies: Policies, more: dict[str, Any], told: str
) -> None:
    code, _, message = refusal(policies.bind, "any", **more)
    assert (code, told in message) == (422, True), message


def test_it_warns_or_notes_where_it_does_not_deny(own: tuple[KubernetesApi, Policies]) -> None:
    server, policies = own
    core, namespace = client.CoreV1Api(policies.api.api_client), policies.namespace
    told = {"expression": "false", "message": 'say "é" \\ aloud'}
    name = policies.put(told, rule=MAPS, bound={"actions": ("Warn", "Audit")}, auditAnnotations=[
        {"key": "who", "valueExpression": "request.userInfo.username + ' ' + request.name"},
        {"key": "nobody", "valueExpression": "null"}])  # fmt: skip
    seen: list[dict[str, str]] = []
    server.api.keeper.admit.append(lambda *given: seen.append(given[-1].annotations))
    make = core.create_namespaced_config_map_with_http_info
    _, code, headers = make(namespace, config_map("cm"))
    server.api.keeper.admit.pop()
    assert (code, headers["Warning"].encode("latin-1").decode()) == (
        201, f"299 - \"Validation failed for ValidatingAdmissionPolicy '{name}' with binding "
        f"'{name}-here': say \\\"é\\\" \\\\ aloud\"",
    )  # fmt: skip
    failure = seen[0].pop("validation.policy.admission.k8s.io/validation_failure")
    assert seen == [{f"{name}/who": "kubernetes-admin cm"}]
    assert json.loads(failure) == [{
        "message": told["message"], "policy": name, "binding": f"{name}-here",
        "expressionIndex": 0, "validationActions": ["Warn", "Audit"]}]  # fmt: skip


def test_what_goes_wrong_denies_unless_it_is_ignored(
    core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    make = core.create_namespaced_config_map
    policies.put("object.data.none == 'x'", "false", rule=MAPS, failurePolicy="Ignore")
    assert denied(make, namespace, config_map("cm", a="1")) == "failed expression: false"
    policies.close()
    policies.made.clear()
    for expression, why in (
        ("object.data.none == 'x'", "no such key: none"), ("1 / int(object.data.zero) == 1",
         "division by zero"), ("object.data.a > 1", "no such overload"),
        ("['x'][size(object.data)] == 'x'", "index out of bounds: 2"),
        ("quantity(object.data.a) == quantity('1')", "quantities must match the regular expression "
         "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
        ("variables.v.size() == 1", 'composited variable "v" fails to evaluate: no such key: v'),
    ):  # fmt: skip
        variables = [{"name": "v", "expression": "object.data.v"}]
        policies.put(expression, rule=MAPS, variables=variables)
        told = f"expression '{expression}' resulted in error: {why}"
        assert denied(make, namespace, config_map("cm", a="abc", zero="0")) == told
        policies.close()
        policies.made.clear()
