"""Deployments through the official client and kubectl: what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from tests.components.controllers.made import deployment, eventually

REVISION = "deployment.kubernetes.io/revision"


def complete(apps: client.AppsV1Api, namespace: str, name: str = "web") -> Any:
    one = apps.read_namespaced_deployment(name, namespace)
    wanted, status = one.spec.replicas, one.status
    same = status.observed_generation == one.metadata.generation
    counts = (status.replicas, status.updated_replicas, status.available_replicas)
    return one if same and counts == (wanted, wanted, wanted) else None


def image(apps: client.AppsV1Api, namespace: str, tag: str) -> None:
    change = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": tag}]}}}}
    apps.patch_namespaced_deployment("web", namespace, change)


def test_a_deployment_becomes_pods_that_are_ready(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    apps.create_namespaced_deployment(namespace, deployment(replicas=3))
    one = eventually(lambda: complete(apps, namespace))
    told = {c.type: (c.status, c.reason) for c in one.status.conditions}
    assert told == {"Available": ("True", "MinimumReplicasAvailable"),
                    "Progressing": ("True", "NewReplicaSetAvailable")}  # fmt: skip
    pods = core.list_namespaced_pod(namespace, label_selector="app=web").items
    assert len(pods) == 3
    assert {pod.status.phase for pod in pods} == {"Running"}
    assert {pod.spec.node_name for pod in pods} == {"kiosk-node"}
    assert len({pod.status.pod_ip for pod in pods}) == 3


def test_an_update_rolls_and_never_falls_below_its_minimum(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    apps.create_namespaced_deployment(namespace, deployment(replicas=4))
    eventually(lambda: complete(apps, namespace))
    image(apps, namespace, "shop/web:2")
    seen: list[tuple[int, int]] = []

    def rolled() -> bool:
        pods = core.list_namespaced_pod(namespace).items
        ready = [p for p in pods for c in p.status.conditions or ()
                 if (c.type, c.status) == ("Ready", "True")]  # fmt: skip
        seen.append((len(pods), len(ready)))
        return all(p.spec.containers[0].image == "shop/web:2" for p in pods) and bool(
            complete(apps, namespace)
        )

    eventually(rolled)
    assert max(there for there, _ in seen) <= 5
    assert min(ready for _, ready in seen) >= 3
    sets = apps.list_namespaced_replica_set(namespace).items
    assert sorted((s.metadata.annotations[REVISION], s.spec.replicas) for s in sets) == [
        ("1", 0), ("2", 4),
    ]  # fmt: skip


def test_a_release_that_cannot_start_stops_and_the_old_one_goes_on(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    body = deployment(replicas=4, progressDeadlineSeconds=1)
    apps.create_namespaced_deployment(namespace, body)
    eventually(lambda: complete(apps, namespace))
    image(apps, namespace, "shop/web:missing")

    def gave_up() -> bool:
        status = apps.read_namespaced_deployment("web", namespace).status
        return any(c.reason == "ProgressDeadlineExceeded" for c in status.conditions)

    eventually(gave_up)
    ready = apps.read_namespaced_deployment("web", namespace).status.ready_replicas
    assert ready >= 3
    pods = core.list_namespaced_pod(namespace).items
    new = [p for p in pods if p.spec.containers[0].image == "shop/web:missing"]
    reasons = {p.status.container_statuses[0].state.waiting.reason for p in new}
    assert reasons <= {"ErrImagePull", "ImagePullBackOff"}
    image(apps, namespace, "shop/web:1")
    eventually(lambda: complete(apps, namespace))


def test_what_is_deleted_grows_back_and_what_is_edited_is_mended(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    apps.create_namespaced_deployment(namespace, deployment(replicas=3))
    eventually(lambda: complete(apps, namespace))
    before = {pod.metadata.uid for pod in core.list_namespaced_pod(namespace).items}
    core.delete_collection_namespaced_pod(namespace)

    def grown_back() -> bool:
        after = {pod.metadata.uid for pod in pods_of(core, namespace)}
        return len(after) == 3 and not after & before and bool(complete(apps, namespace))

    eventually(grown_back)
    (found,) = apps.list_namespaced_replica_set(namespace).items
    apps.patch_namespaced_replica_set(found.metadata.name, namespace, {"spec": {"replicas": 7}})
    eventually(lambda: complete(apps, namespace) and len(pods_of(core, namespace)) == 3)


def pods_of(core: client.CoreV1Api, namespace: str) -> list[Any]:
    found: list[Any] = core.list_namespaced_pod(namespace).items
    return found


def test_a_deployment_takes_all_along_when_it_goes(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    apps.create_namespaced_deployment(namespace, deployment())
    eventually(lambda: complete(apps, namespace))
    apps.delete_namespaced_deployment("web", namespace)
    eventually(lambda: not pods_of(core, namespace))
    assert not apps.list_namespaced_replica_set(namespace).items


def test_recreate_has_no_old_pod_beside_a_new_one(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    apps.create_namespaced_deployment(namespace, deployment(strategy={"type": "Recreate"}))
    eventually(lambda: complete(apps, namespace))
    image(apps, namespace, "shop/web:2")
    mixed = []

    def rolled() -> bool:
        images = {p.spec.containers[0].image for p in pods_of(core, namespace)}
        mixed.append(len(images) > 1)
        return images == {"shop/web:2"} and bool(complete(apps, namespace))

    eventually(rolled)
    assert not any(mixed)


@pytest.mark.parametrize("limit", [0, 1])
def test_old_templates_are_kept_as_far_as_asked_for(
    apps: client.AppsV1Api, namespace: str, limit: int
) -> None:
    body = deployment(revisionHistoryLimit=limit, replicas=1)
    apps.create_namespaced_deployment(namespace, body)
    for tag in ("shop/web:2", "shop/web:3", "shop/web:4"):
        eventually(lambda: complete(apps, namespace))
        image(apps, namespace, tag)
    eventually(lambda: complete(apps, namespace) and len(
        apps.list_namespaced_replica_set(namespace).items) == 1 + limit)  # fmt: skip


def test_a_paused_one_stays_as_it_is(apps: client.AppsV1Api, namespace: str) -> None:
    apps.create_namespaced_deployment(namespace, deployment())
    eventually(lambda: complete(apps, namespace))
    apps.patch_namespaced_deployment("web", namespace, {"spec": {"paused": True}})
    image(apps, namespace, "shop/web:2")

    def observed() -> bool:
        one = apps.read_namespaced_deployment("web", namespace)
        return bool(one.status.observed_generation == one.metadata.generation)

    eventually(observed)
    assert len(apps.list_namespaced_replica_set(namespace).items) == 1
    apps.patch_namespaced_deployment("web", namespace, {"spec": {"paused": False}})
    eventually(lambda: len(apps.list_namespaced_replica_set(namespace).items) == 2)
