"""Objects through the official client: create, read, list, update, patch, delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from lab_kit.process import wait_until
from tests.components.kubernetes.made import Object, config_map, deployment, gone, refusal


def test_what_is_created_has_an_identity_and_its_defaults(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    made = apps.create_namespaced_deployment(namespace, deployment())
    assert made.metadata.uid
    assert made.metadata.creation_timestamp
    assert made.metadata.generation == 1
    assert (made.spec.strategy.type, made.spec.revision_history_limit) == ("RollingUpdate", 10)
    assert made.spec.template.spec.containers[0].image_pull_policy == "IfNotPresent"
    service = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    one, other = (
        core.create_namespaced_service(namespace, {**service, "metadata": {"name": name}})
        for name in ("a", "b")
    )
    assert (one.spec.type, one.spec.ports[0].target_port) == ("ClusterIP", 80)
    assert one.spec.cluster_ip != other.spec.cluster_ip


def test_a_name_can_be_generated(core: client.CoreV1Api, namespace: str) -> None:
    made = [
        core.create_namespaced_config_map(namespace, {"metadata": {"generateName": "x-"}})
        for _ in range(3)
    ]
    names = {one.metadata.name for one in made}
    assert len(names) == 3
    assert all(len(name) == 7 and name.startswith("x-") for name in names)


def test_what_cannot_be_is_refused_as_the_real_one_does(
    core: client.CoreV1Api, apps: client.AppsV1Api, namespace: str
) -> None:
    make = core.create_namespaced_config_map
    make(namespace, config_map("cm"))
    assert refusal(make, namespace, config_map("cm"))[:2] == (409, "AlreadyExists")
    assert refusal(core.read_namespaced_config_map, "none", namespace)[:2] == (404, "NotFound")
    code, reason, message = refusal(make, namespace, config_map("Bad_Name"))
    assert (code, reason) == (422, "Invalid")
    assert 'ConfigMap "Bad_Name" is invalid: metadata.name' in message
    other = deployment()
    other["spec"]["selector"]["matchLabels"] = {"app": "other"}
    code, _, message = refusal(apps.create_namespaced_deployment, namespace, other)
    assert (code, "does not match template" in message) == (422, True)
    worded = deployment()
    worded["spec"]["replicas"] = "three"
    code, _, message = refusal(raw(apps), namespace, worded)
    assert (code, "spec.replicas" in message.lower()) == (400, True)


@pytest.mark.needs("whole")
def test_nothing_is_made_in_a_namespace_that_is_not_there(core: client.CoreV1Api) -> None:
    assert refusal(core.create_namespaced_config_map, "nowhere", config_map("cm")) == (
        404, "NotFound", 'namespaces "nowhere" not found',
    )  # fmt: skip


@pytest.mark.needs("field-validation")
def test_an_unknown_field_is_refused_told_or_left_out(
    apps: client.AppsV1Api, namespace: str
) -> None:
    odd = deployment()
    odd["spec"]["replicaz"] = 1
    code, _, message = refusal(raw(apps), namespace, odd, field_validation="Strict")
    assert (code, message) == (400, 'strict decoding error: unknown field "spec.replicaz"')
    made = raw(apps)(namespace, odd)
    assert "replicaz" not in made["spec"]


def raw(apps: client.AppsV1Api) -> Any:
    """Return what creates a deployment from any dict: the typed client looks at it first."""
    objects = client.CustomObjectsApi(apps.api_client)

    def create(namespace: str, body: Object, **more: Any) -> Any:
        return objects.create_namespaced_custom_object(
            "apps", "v1", namespace, "deployments", body, **more
        )

    return create


def test_lists_are_chosen_and_cut(core: client.CoreV1Api, namespace: str) -> None:
    for n in range(7):
        one = config_map(f"cm{n}")
        one["metadata"]["labels"] = {"tier": "ab"[n % 2], **({"beta": "x"} if n > 4 else {})}
        core.create_namespaced_config_map(namespace, one)
    find = core.list_namespaced_config_map

    def names(**how: str) -> list[str]:
        return [one.metadata.name for one in find(namespace, **how).items]

    assert names(label_selector="tier=a") == ["cm0", "cm2", "cm4", "cm6"]
    assert names(label_selector="tier in (b,c),!beta") == ["cm1", "cm3"]
    assert names(label_selector="tier!=a,beta") == ["cm5"]
    assert names(field_selector="metadata.name=cm3") == ["cm3"]
    seen, token = [], None
    while True:
        page = find(namespace, limit=3, _continue=token)
        seen += [one.metadata.name for one in page.items]
        if not (token := page.metadata._continue):
            break
    assert seen == [f"cm{n}" for n in range(7)]
    assert refusal(find, namespace, label_selector="tier in a")[0] == 400
    assert refusal(find, namespace, _continue="nonsense")[0] == 400


def test_a_stale_update_is_a_conflict(core: client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, config_map("cm", a="1", b="2"))
    old = core.read_namespaced_config_map("cm", namespace)
    new = core.patch_namespaced_config_map("cm", namespace, {"data": {"a": "2"}})
    assert int(new.metadata.resource_version) > int(old.metadata.resource_version)
    old.data = {"a": "stale"}
    code, reason, message = refusal(core.replace_namespaced_config_map, "cm", namespace, old)
    assert (code, reason) == (409, "Conflict")
    assert "please apply your changes to the latest version" in message
    new.data = {"a": "3"}
    assert core.replace_namespaced_config_map("cm", namespace, new).data == {"a": "3"}


def test_a_write_that_changes_nothing_is_none(core: client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, config_map("cm", a="1"))
    change = core.patch_namespaced_config_map
    versions = {
        change("cm", namespace, {"data": {"a": "1"}}).metadata.resource_version for _ in range(3)
    }
    assert len(versions) == 1


def test_leaving_out_what_defaults_fill_in_changes_nothing(
    apps: client.AppsV1Api, namespace: str
) -> None:
    made = apps.create_namespaced_deployment(namespace, deployment())
    again = apps.replace_namespaced_deployment("web", namespace, deployment())
    assert again.metadata.generation == 1
    assert again.metadata.resource_version == made.metadata.resource_version


def test_a_dry_run_leaves_no_trace(core: client.CoreV1Api, namespace: str) -> None:
    made = core.create_namespaced_config_map(namespace, config_map("dry"), dry_run="All")
    assert made.metadata.uid
    assert refusal(core.read_namespaced_config_map, "dry", namespace)[0] == 404


def test_status_and_spec_are_written_apart(apps: client.AppsV1Api, namespace: str) -> None:
    apps.create_namespaced_deployment(namespace, deployment())
    told = {"status": {"replicas": 2, "observedGeneration": 1}, "spec": {"replicas": 9}}
    done = apps.patch_namespaced_deployment_status("web", namespace, told)
    assert (done.status.replicas, done.spec.replicas, done.metadata.generation) == (2, 2, 1)
    wanted = {"status": {"replicas": 7}, "spec": {"replicas": 4}}
    done = apps.patch_namespaced_deployment("web", namespace, wanted)
    assert (done.status.replicas, done.spec.replicas, done.metadata.generation) == (2, 4, 2)
    scale = apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 3}})
    assert (scale.kind, scale.spec.replicas) == ("Scale", 3)
    assert apps.read_namespaced_deployment("web", namespace).spec.replicas == 3


def test_what_is_immutable_stays(
    core: client.CoreV1Api, apps: client.AppsV1Api, namespace: str
) -> None:
    apps.create_namespaced_deployment(namespace, deployment())
    other = {"spec": {"selector": {"matchLabels": {"app": "web", "x": "y"}},
                      "template": {"metadata": {"labels": {"app": "web", "x": "y"}}}}}  # fmt: skip
    code, _, message = refusal(apps.patch_namespaced_deployment, "web", namespace, other)
    assert (code, "field is immutable" in message) == (422, True)
    core.create_namespaced_config_map(namespace, {**config_map("cm", a="1"), "immutable": True})
    change = {"data": {"a": "2"}}
    assert refusal(core.patch_namespaced_config_map, "cm", namespace, change)[0] == 422


def test_finalizers_hold_what_is_deleted(core: client.CoreV1Api, namespace: str) -> None:
    held = config_map("held")
    held["metadata"]["finalizers"] = ["lab.dev/hold"]
    core.create_namespaced_config_map(namespace, held)
    core.delete_namespaced_config_map("held", namespace)
    assert core.read_namespaced_config_map("held", namespace).metadata.deletion_timestamp
    let = {"metadata": {"finalizers": None}}
    core.patch_namespaced_config_map("held", namespace, let)
    assert refusal(core.read_namespaced_config_map, "held", namespace)[0] == 404


@pytest.mark.needs("gc")
@pytest.mark.parametrize(("policy", "left"), [("Background", False), ("Orphan", True)])
def test_dependents_go_with_their_owner(
    core: client.CoreV1Api, namespace: str, policy: str, left: bool
) -> None:
    owner = core.create_namespaced_config_map(namespace, config_map("owner"))
    for name in ("child", "grandchild"):
        one = config_map(name)
        ref = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner.metadata.name}
        one["metadata"]["ownerReferences"] = [{**ref, "uid": owner.metadata.uid}]
        owner = core.create_namespaced_config_map(namespace, one)
    core.delete_namespaced_config_map("owner", namespace, propagation_policy=policy)

    def names() -> list[str]:
        return [one.metadata.name for one in core.list_namespaced_config_map(namespace).items]

    expected = ["child", "grandchild"] if left else []
    # A real one stands still for half a minute after a custom resource went.
    wait_until(lambda: names() == expected, timeout=90, what="the collector")
    for name in expected:
        kept = core.read_namespaced_config_map(name, namespace).metadata.owner_references or []
        assert [one.name for one in kept] == ([] if name == "child" else ["child"])


@pytest.mark.needs("gc", "whole")
def test_a_collection_and_a_namespace_are_deleted_whole(
    core: client.CoreV1Api, namespace: str
) -> None:
    for n in range(4):
        one = config_map(f"cm{n}")
        one["metadata"]["labels"] = {"odd": str(n % 2)}
        core.create_namespaced_config_map(namespace, one)
    core.delete_collection_namespaced_config_map(namespace, label_selector="odd=1")
    names = [one.metadata.name for one in core.list_namespaced_config_map(namespace).items]
    assert names == ["cm0", "cm2"]
    core.delete_namespace(namespace)
    wait_until(lambda: gone(core.read_namespace, namespace), timeout=20, what="the namespace to go")
    assert core.list_namespaced_config_map(namespace).items == []


def test_nobody_is_heard_without_the_token(kubeconfig: Path, tmp_path: Path) -> None:
    settings = json.loads(kubeconfig.read_text())
    settings["users"][0]["user"] = {}
    file = tmp_path / "stranger"
    file.write_text(json.dumps(settings))
    with config.new_client_from_config(str(file)) as stranger:
        assert refusal(client.CoreV1Api(stranger).list_namespace)[:2] == (401, "Unauthorized")
