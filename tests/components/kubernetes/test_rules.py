"""What a cluster refuses, by code and field, and what it fills in: the same on every one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes import client, dynamic

from tests.components.kubernetes.made import Object, config_map, deployment, refusal
from tests.components.kubernetes.test_custom import definition

POD = "spec.template.spec"
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "web"},
       "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "x"}]}}}}  # fmt: skip


def changed(one: Object, *changes: tuple[str, Any]) -> Object:
    """Return a copy in which the fields at these dotted paths are others; None takes one out."""
    one = copy.deepcopy(one)
    for path, value in changes:
        *way, last = path.split(".")
        place: Any = one
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return one


def web(*changes: tuple[str, Any]) -> Object:
    return changed(deployment(), *changes)


def service(*ports: Object) -> Object:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"ports": list(ports)}}  # fmt: skip


@pytest.fixture
def make(api: client.ApiClient, namespace: str) -> Callable[[Object], Any]:
    """Return what creates any object as it is: the typed client looks at it first."""
    kinds = dynamic.DynamicClient(api).resources

    def create(one: Object) -> Any:
        kind = kinds.get(api_version=one["apiVersion"], kind=one["kind"])
        return kind.create(one, namespace=namespace if kind.namespaced else None).to_dict()

    return create


CONTAINER = f"{POD}.containers.0"
BAD = {
    "no image": (web((f"{CONTAINER}.image", None)), f"{POD}.containers[0].image"),
    "no container": (web((f"{POD}.containers", [])), f"{POD}.containers"),
    "one name twice": (web((f"{POD}.containers", [{"name": "c", "image": "x"}] * 2)),
                       f"{POD}.containers[1].name"),
    "a name": (web((f"{CONTAINER}.name", "A_b")), f"{POD}.containers[0].name"),
    "a port": (web((f"{CONTAINER}.ports.0.containerPort", 99999)),
               f"{POD}.containers[0].ports[0].containerPort"),
    "no volume": (web((f"{CONTAINER}.volumeMounts", [{"name": "v", "mountPath": "/v"}])),
                  f"{POD}.containers[0].volumeMounts[0].name"),
    "more than allowed": (web((f"{CONTAINER}.resources", {
        "requests": {"memory": "1Gi", "cpu": "100m"}, "limits": {"memory": "999Mi", "cpu": "1"}})),
        f"{POD}.containers[0].resources.requests"),
    "never again": (web((f"{POD}.restartPolicy", "Never")), f"{POD}.restartPolicy"),
    "nothing moves": (web(("spec.strategy.rollingUpdate", {"maxSurge": 0, "maxUnavailable": 0})),
                      "spec.strategy.rollingUpdate.maxUnavailable"),
    "two strategies": (web(("spec.strategy", {"type": "Recreate", "rollingUpdate": {
        "maxSurge": 1}})), "spec.strategy.rollingUpdate"),
    "below zero": (web(("spec.replicas", -1)), "spec.replicas"),
    "a job for ever": (JOB, f"{POD}.restartPolicy"),
    "no ports": (service(), "spec.ports"),
    "which port": (service({"port": 80}, {"port": 81}), "spec.ports[0].name"),
    "no such port": (service({"port": 0}), "spec.ports[0].port"),
    "a label's name": (changed(config_map("x"), ("metadata.labels", {"a b": "c"})),
                       "metadata.labels"),
    "a label": (changed(config_map("x"), ("metadata.labels", {"a": "c d"})), "metadata.labels"),
    "a key": (changed(config_map("x"), ("data", {"a/b": "c"})), "data[a/b]"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "field"), BAD.values(), ids=BAD)
def test_what_breaks_a_rule_is_refused_with_its_field(
    make: Callable[[Object], Any], one: Object, field: str
) -> None:
    with pytest.raises(dynamic.exceptions.UnprocessibleEntityError) as caught:
        make(one)
    told = json.loads(caught.value.body)
    assert told["reason"] == "Invalid"
    assert field in [cause["field"] for cause in told["details"]["causes"]]
    assert told["details"]["kind"] == one["kind"]


SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}


@pytest.mark.parametrize(
    "one",
    [
        {**SECRET, "data": {"a": "not base64!"}},
        web((f"{CONTAINER}.resources", {"requests": {"cpu": "lots"}})),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(make: Callable[[Object], Any], one: Object) -> None:
    with pytest.raises(dynamic.exceptions.BadRequestError):
        make(one)


def test_what_is_filled_in(make: Callable[[Object], Any]) -> None:
    secret = make({**SECRET, "stringData": {"a": "b"}})
    assert (secret["data"], secret.get("stringData")) == ({"a": "Yg=="}, None)
    volume = {"name": "v", "configMap": {"name": "cm"}}
    made = make(web((f"{POD}.volumes", [volume])))
    assert made["spec"]["template"]["spec"]["volumes"][0]["configMap"]["defaultMode"] == 0o644
    policy = make({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                   "metadata": {"name": "p"}, "spec": {"podSelector": {}}})  # fmt: skip
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    begun = {**deployment("other"), "kind": "ReplicaSet"}
    told = [made["status"], make(begun)["status"], make(service({"port": 80}))["status"]]
    assert told == [{}, {"replicas": 0}, {"loadBalancer": {}}]


def test_a_pod_changes_its_image_and_no_more(core: client.CoreV1Api, namespace: str) -> None:
    container = {"name": "c", "image": "nginx:1"}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [container]}}
    core.create_namespaced_pod(namespace, pod)
    patch = core.patch_namespaced_pod
    new = {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}
    assert patch("p", namespace, new).spec.containers[0].image == "nginx:2"
    code, _, message = refusal(patch, "p", namespace, {"spec": {"restartPolicy": "Never"}})
    assert (code, "pod updates may not change fields other than" in message) == (422, True)


@pytest.mark.needs("whole")
@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_some_namespaces_are_there_for_ever(core: client.CoreV1Api, name: str) -> None:
    code, reason, message = refusal(core.delete_namespace, name)
    assert (code, reason) == (403, "Forbidden")
    assert message == f'namespaces "{name}" is forbidden: this namespace may not be deleted'


@pytest.mark.needs("crd")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("metadata.name", "widgets"), "metadata.name"),
        (("spec.versions.0.schema", None), "spec.versions[0].schema.openAPIV3Schema"),
        (("spec.versions.0.storage", False), "spec.versions"),
    ],
)
def test_a_definition_that_cannot_be_served_is_refused(
    make: Callable[[Object], Any], change: tuple[str, Any], field: str
) -> None:
    with pytest.raises(dynamic.exceptions.UnprocessibleEntityError) as caught:
        make(changed(definition(), change))
    assert field in [cause["field"] for cause in json.loads(caught.value.body)["details"]["causes"]]
