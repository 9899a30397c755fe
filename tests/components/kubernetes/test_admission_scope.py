"""What policies are applied to, and what their expressions see."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from tests.components.kubernetes.made import Object, config_map, deployment, refusal
from tests.components.kubernetes.policy import MAPS, RULE, Policies, policies
from tests.components.kubernetes.test_admission import IMAGES, denied
from tests.components.kubernetes.test_custom import definition, widget

__all__ = ["policies"]
LIMIT = {"expression": "object.spec.replicas <= int(params.data.most)",
         "messageExpression": "'at most ' + params.data.most"}  # fmt: skip
PARAMS = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}


@pytest.mark.parametrize(
    ("expression", "more"),
    [
        ("has(object.spec.strategy) && object.spec.strategy.type == 'RollingUpdate'", {}),
        ("oldObject == null && object.metadata.uid != ''", {}),
        ("request.operation == 'CREATE' && request.name == 'web' && !request.dryRun", {}),
        ("request.kind.kind == 'Deployment' && request.resource.resource == 'deployments'", {}),
        ("request.userInfo.username == 'kubernetes-admin'", {}),
        ("'system:masters' in request.userInfo.groups", {}),
        ("namespaceObject.metadata.name == request.namespace", {}),
        ("!" + IMAGES, {}),
        ("object.spec.template.spec.containers.exists(c, c.name == 'c')", {}),
        ("object.spec.template.spec.containers.map(c, c.name) == ['c']", {}),
        ("object.spec.template.spec.containers.filter(c, c.image.contains(':')).size() == 1", {}),
        ("object.spec.?template.?spec.?nodeName.orValue('none') == 'none'", {}),
        ("object.metadata.labels[?'tier'].hasValue() == false", {}),
        ("'NGINX'.lowerAscii() + '/x' == 'nginx/x' && 'a,b'.split(',').size() == 2", {}),
        ("object.metadata.name.matches('^[a-z]+$') && !'a1'.matches('^[a-z]+$')", {}),
        ("'%s has %d'.format([object.metadata.name, object.spec.replicas]) == 'web has 2'", {}),
        ("quantity('500m').isLessThan(quantity('1')) && !isQuantity('1Z')", {}),
        ("quantity('1Gi').compareTo(quantity('1G')) == 1 && quantity('-1').sign() == -1", {}),
        ("quantity('1').add(quantity('500m')).sub(1) == quantity('0.5')", {}),
        ("quantity('2k').asInteger() == 2000 && !quantity('1m').isInteger()", {}),
        ("quantity('1500m').asApproximateFloat() == 1.5 && quantity('1').isGreaterThan("
         "quantity('0'))", {}),
        ("timestamp('2026-01-01T00:00:00Z') < timestamp('2026-06-01T00:00:00Z')", {}),
        ("variables.twice == 4", {"variables": [{"name": "n", "expression": "object.spec.replicas"},
                                                {"name": "twice", "expression": "variables.n*2"}]}),
        ("true || variables.bad", {"variables": [{"name": "bad", "expression": "[true][9]"}]}),
        ("false", {"matchConditions": [{"name": "never", "expression": "false"},
                                       {"name": "odd", "expression": "object.x == 1"}]}),
        ("false", {"match": {"excludeResourceRules": [RULE]}}),
        ("false", {"match": {"objectSelector": {"matchLabels": {"app": "other"}}}}),
        ("false", {"match": {"objectSelector": {"matchExpressions": [
            {"key": "app", "operator": "NotIn", "values": ["web"]}]}}}),
        ("false", {"rule": {**RULE, "operations": ["DELETE"]}}),
        ("false", {"rule": {**RULE, "resources": ["deployments/scale", "replicasets"]}}),
        ("false", {"rule": {**RULE, "resourceNames": ["other"]}}),
        ("false", {"rule": {**RULE, "apiVersions": ["v2"]}}),
        ("false", {"rule": {**RULE, "scope": "Cluster"}}),
        ("false", {"rule": MAPS}),
    ],
)  # fmt: skip
def test_a_good_object_passes(
    apps: client.AppsV1Api, namespace: str, policies: Policies, expression: str, more: Any
) -> None:
    policies.put(expression, **more)
    assert apps.create_namespaced_deployment(namespace, deployment()).metadata.uid


@pytest.mark.parametrize("resources", [["*"], ["*/*"], ["deployments/*"], ["deployments"]])
def test_wildcards_name_resources(
    apps: client.AppsV1Api, namespace: str, policies: Policies, resources: list[str]
) -> None:
    policies.put("false", rule={**RULE, "apiGroups": ["*"], "resources": resources})
    assert "denied" in refusal(apps.create_namespaced_deployment, namespace, deployment())[2]


def test_subresources_are_named_on_their_own(
    apps: client.AppsV1Api, namespace: str, policies: Policies
) -> None:
    apps.create_namespaced_deployment(namespace, deployment())
    rule = {**RULE, "resources": ["deployments/scale"]}
    policies.put("object.kind == 'Scale' && object.spec.replicas <= oldObject.spec.replicas + 1 && "
                 "request.subResource == 'scale' && request.kind.kind == 'Scale'",
                 rule=rule)  # fmt: skip
    scale = apps.patch_namespaced_deployment_scale
    assert "denied" in refusal(scale, "web", namespace, {"spec": {"replicas": 4}})[2]
    assert scale("web", namespace, {"spec": {"replicas": 3}}).spec.replicas == 3
    whole = {"spec": {"replicas": 9}}
    assert apps.patch_namespaced_deployment("web", namespace, whole).spec.replicas == 9


def test_updates_and_deletions_have_what_was(
    core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    core.create_namespaced_config_map(namespace, config_map("cm", a="1"))
    policies.put("request.operation != 'DELETE' || (object == null && oldObject.data.a == '2')",
                 "request.operation != 'UPDATE' || oldObject.data.a < object.data.a",
                 rule=MAPS)  # fmt: skip
    assert "denied" in refusal(core.delete_namespaced_config_map, "cm", namespace)[2]
    many = refusal(core.delete_collection_namespaced_config_map, namespace)
    assert "denied" in many[2]
    change = core.patch_namespaced_config_map
    assert "denied" in refusal(change, "cm", namespace, {"data": {"a": "0"}})[2]
    change("cm", namespace, {"data": {"a": "2"}})
    core.delete_namespaced_config_map("cm", namespace)


def test_a_dry_run_is_denied_as_well(
    core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    policies.put("!request.dryRun", rule=MAPS)
    make = core.create_namespaced_config_map
    assert denied(make, namespace, config_map("cm"), dry_run="All").endswith("!request.dryRun")
    assert make(namespace, config_map("cm")).metadata.uid
    gone = core.delete_namespaced_config_map
    assert denied(gone, "cm", namespace, dry_run="All").endswith("!request.dryRun")


def test_a_config_map_can_hold_params(
    core: client.CoreV1Api, apps: client.AppsV1Api, namespace: str, policies: Policies
) -> None:
    ref: Object = {"name": "limits", "parameterNotFoundAction": "Deny"}
    policies.put(LIMIT, bound={"paramRef": ref}, **PARAMS)
    make = apps.create_namespaced_deployment
    assert denied(make, namespace, deployment()) == (
        "failed to configure binding: no params found for policy binding with `Deny` "
        "parameterNotFoundAction"
    )
    core.create_namespaced_config_map(namespace, config_map("limits", most="3"))
    assert denied(make, namespace, deployment(replicas=4)) == "at most 3"
    change = {"data": {"most": "4"}}
    core.patch_namespaced_config_map("limits", namespace, change)
    assert make(namespace, deployment(replicas=4)).spec.replicas == 4


def test_params_are_chosen_by_labels_or_may_be_missing(
    core: client.CoreV1Api, apps: client.AppsV1Api, namespace: str, policies: Policies
) -> None:
    ref = {"selector": {"matchLabels": {"for": "web"}}, "parameterNotFoundAction": "Allow"}
    policies.put(LIMIT, bound={"paramRef": ref}, **PARAMS)
    make = apps.create_namespaced_deployment
    assert make(namespace, deployment("free", replicas=99)).metadata.uid
    for most in ("9", "3"):
        one = config_map(f"limits{most}", most=most)
        one["metadata"]["labels"] = {"for": "web"}
        core.create_namespaced_config_map(namespace, one)
    assert denied(make, namespace, deployment(replicas=5)) == "at most 3"
    assert denied(make, namespace, deployment(replicas=10)) == "at most 3"


def test_a_custom_resource_can_hold_params(
    api: client.ApiClient, core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    kind = {"paramKind": {"apiVersion": "lab.dev/v1", "kind": "Widget"}}
    ref = {"name": "w", "parameterNotFoundAction": "Deny"}
    policies.put(
        "object.data.size() <= params.spec.size", rule=MAPS, bound={"paramRef": ref}, **kind
    )
    make = core.create_namespaced_config_map
    assert refusal(make, namespace, config_map("cm"))[2].endswith(
        " denied request: failed to configure policy: failed to find resource referenced by "
        "paramKind: 'lab.dev/v1, Kind=Widget'"
    )
    kinds, custom = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    kinds.create_custom_resource_definition(definition())
    custom.create_namespaced_custom_object("lab.dev", "v1", namespace, "widgets", widget("w", 1))
    assert denied(make, namespace, config_map("cm", a="1", b="2")).startswith("failed expression")
    make(namespace, config_map("cm", a="1"))
    kinds.delete_custom_resource_definition("widgets.lab.dev")


@pytest.mark.parametrize(
    ("kind", "ref", "told"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap"}, {}, "cannot use namespaced paramRef in policy "
         "binding that matches cluster-scoped resources"),
        ({"apiVersion": "v1", "kind": "Namespace"}, {"namespace": "x"}, "paramRef.namespace must "
         "not be provided for a cluster-scoped `paramKind`"),
    ],
)  # fmt: skip
def test_params_that_cannot_be_found_are_told(
    core: client.CoreV1Api, namespace: str, policies: Policies, kind: Object, ref: Object, told: str
) -> None:
    rule = {**MAPS, "resources": ["namespaces"]}
    ref = {"name": "x", "parameterNotFoundAction": "Allow", **ref}
    policies.put("true", rule=rule, paramKind=kind,
                 bound={"paramRef": ref, "matchResources": {}})  # fmt: skip
    message = denied(core.create_namespace, {"metadata": {"name": f"{namespace}-p"}})
    assert message == f"failed to configure binding: {told}"


def test_nobody_locks_themselves_out(
    api: client.ApiClient, namespace: str, policies: Policies
) -> None:
    every = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}
    name = policies.put("false", rule=every, bound={"matchResources": {}})
    core = client.CoreV1Api(api)
    assert "denied" in refusal(core.create_namespace, {"metadata": {"name": f"{namespace}-x"}})[2]
    policies.bind("none")
    policies.api.patch_validating_admission_policy(name, {"metadata": {"labels": {"a": "b"}}})
    policies.close()
    policies.made.clear()
    core.create_namespace({"metadata": {"name": f"{namespace}-x"}})
    core.delete_namespace(f"{namespace}-x")
