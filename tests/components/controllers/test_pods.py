"""Pods that run programs: they answer at their Service, get ill, die and come back."""

from __future__ import annotations

from typing import Any

from kubernetes import client

from tests.components.controllers.conftest import Kubectl
from tests.components.controllers.made import deployment, eventually, get, service, template

READY = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
ALIVE = {"httpGet": {"path": "/alive", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}


def env(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def pods(core: client.CoreV1Api, namespace: str) -> Any:
    return core.list_namespaced_pod(namespace).items


def test_a_service_answers_from_its_pods_each_in_turn(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    where = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    body = deployment(image="kiosk/quote:1", container={"env": [*env(GREETING="hello"), where]})
    address = core.create_namespaced_service(namespace, service()).spec.cluster_ip
    assert get(address)[0] == 0  # nobody is there: the connection is refused
    apps.create_namespaced_deployment(namespace, body)
    eventually(lambda: get(address)[0] == 200)
    eventually(lambda: len({get(address)[1] for _ in range(4)}) == 2)
    assert get(address)[1].startswith("good hello web-")
    core.delete_namespaced_service("web", namespace)
    eventually(lambda: get(address)[0] == 0)


def test_a_pod_that_is_not_ready_gets_no_request(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    body = deployment(image="kiosk/quote:1", container={"readinessProbe": READY})
    address = core.create_namespaced_service(namespace, service()).spec.cluster_ip
    apps.create_namespaced_deployment(namespace, body)
    eventually(lambda: get(address)[0] == 200)
    sick = {"name": "c", "env": env(MODE="sick")}
    change = {"spec": {"template": {"spec": {"containers": [sick]}}}}
    apps.patch_namespaced_deployment("web", namespace, change)
    ill = eventually(lambda: [p for p in pods(core, namespace) if p.spec.containers[0].env])
    eventually(lambda: get(eventually(lambda: core.read_namespaced_pod(
        ill[0].metadata.name, namespace).status.pod_ip))[0] == 500)  # fmt: skip
    assert {get(address)[0] for _ in range(10)} == {200}


def test_a_bad_release_without_a_probe_really_answers_errors(
    apps: client.AppsV1Api, core: client.CoreV1Api, namespace: str
) -> None:
    body = deployment(image="kiosk/quote:2", container={"env": env(MODE="sick")})
    address = core.create_namespaced_service(namespace, service()).spec.cluster_ip
    apps.create_namespaced_deployment(namespace, body)
    eventually(lambda: get(address)[0] == 500)


def test_a_program_that_ends_is_started_again_ever_later(
    core: client.CoreV1Api, namespace: str
) -> None:
    spec = template("kiosk/quote:1", env=env(MODE="broken"))
    core.create_namespaced_pod(namespace, {"metadata": {"name": "p"}, "spec": spec["spec"]})

    def twice() -> Any:
        listed = core.read_namespaced_pod("p", namespace).status.container_statuses
        return listed[0] if listed and listed[0].restart_count >= 2 else None

    found = eventually(twice)
    assert found.last_state.terminated.exit_code == 3
    eventually(lambda: (core.read_namespaced_pod("p", namespace).status.container_statuses[0]
                        .state.waiting or found).reason == "CrashLoopBackOff")  # fmt: skip


def test_a_program_that_is_not_alive_is_killed_and_started_again(
    core: client.CoreV1Api, namespace: str
) -> None:
    spec = template("kiosk/quote:1", env=env(MODE="dying"), livenessProbe=ALIVE)
    core.create_namespaced_pod(namespace, {"metadata": {"name": "p"}, "spec": spec["spec"]})

    def restarted() -> Any:
        listed = core.read_namespaced_pod("p", namespace).status.container_statuses
        return listed and listed[0].restart_count >= 1

    eventually(restarted)
    told = [e.message for e in core.list_namespaced_event(namespace).items]
    assert "Liveness HTTP probe failed with statuscode: 500" in told


def test_a_variable_from_a_config_map_waits_for_it(core: client.CoreV1Api, namespace: str) -> None:
    taken = {"name": "GREETING", "valueFrom": {"configMapKeyRef": {"name": "words", "key": "hi"}}}
    spec = template("kiosk/quote:1", env=[taken])
    core.create_namespaced_pod(namespace, {"metadata": {"name": "p"}, "spec": spec["spec"]})

    def waiting() -> Any:
        listed = core.read_namespaced_pod("p", namespace).status.container_statuses
        return listed and listed[0].state.waiting

    found = eventually(waiting)
    assert found.reason == "CreateContainerConfigError"
    assert 'configmap "words"' in found.message
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "words"},
                                                  "data": {"hi": "servus"}})  # fmt: skip
    eventually(lambda: "good servus" in get(
        core.read_namespaced_pod("p", namespace).status.pod_ip or "")[1])  # fmt: skip


def test_what_a_pod_says_can_be_read(
    core: client.CoreV1Api, namespace: str, kubectl: Kubectl
) -> None:
    spec = template("kiosk/quote:1")
    core.create_namespaced_pod(namespace, {"metadata": {"name": "p"}, "spec": spec["spec"]})
    eventually(lambda: get(core.read_namespaced_pod("p", namespace).status.pod_ip or "",
                           "/menu")[0] == 200)  # fmt: skip
    eventually(lambda: "asked for /menu" in core.read_namespaced_pod_log("p", namespace))
    assert "asked for /menu" in kubectl("logs", "p").stdout


def test_a_pod_ends_with_its_process(core: client.CoreV1Api, namespace: str) -> None:
    spec = template("kiosk/quote:1")
    core.create_namespaced_pod(namespace, {"metadata": {"name": "p"}, "spec": spec["spec"]})

    def where() -> str:
        return core.read_namespaced_pod("p", namespace).status.pod_ip or ""

    eventually(lambda: get(where())[0] == 200)
    address = where()
    core.delete_namespaced_pod("p", namespace)
    eventually(lambda: get(address)[0] == 0)


def test_jobs_end_well_and_badly(
    api: client.ApiClient, core: client.CoreV1Api, namespace: str, kubectl: Kubectl
) -> None:
    batch = client.BatchV1Api(api)
    for name, tag, more in (
        ("good", "succeeds", {"completions": 3, "parallelism": 2}),
        ("bad", "fails", {"backoffLimit": 1}),
        ("late", "1", {"activeDeadlineSeconds": 1}),
    ):
        spec = template(f"shop/job:{tag}", name)["spec"] | {"restartPolicy": "Never"}
        if name == "late":
            spec["restartPolicy"] = "OnFailure"
            spec["containers"][0]["image"] = "shop/job:missing"
        body = {"metadata": {"name": name}, "spec": {"template": {"spec": spec}, **more}}
        batch.create_namespaced_job(namespace, body)

    def ends(name: str) -> Any:
        status = batch.read_namespaced_job(name, namespace).status
        return [(c.type, c.reason) for c in status.conditions or ()]

    assert eventually(lambda: ends("good")) == [("Complete", "CompletionsReached")]
    assert batch.read_namespaced_job("good", namespace).status.succeeded == 3
    assert eventually(lambda: ends("bad")) == [("Failed", "BackoffLimitExceeded")]
    assert batch.read_namespaced_job("bad", namespace).status.failed == 2
    assert eventually(lambda: ends("late")) == [("Failed", "DeadlineExceeded")]
    kubectl("wait", "--for=condition=complete", "job/good", "--timeout=10s")


def test_kubectl_follows_a_rollout_and_undoes_it(
    apps: client.AppsV1Api, namespace: str, kubectl: Kubectl
) -> None:
    apps.create_namespaced_deployment(namespace, deployment())
    said = kubectl("rollout", "status", "deployment/web", "--timeout=20s").stdout
    assert 'deployment "web" successfully rolled out' in said
    kubectl("set", "image", "deployment/web", "c=shop/web:2")
    kubectl("rollout", "status", "deployment/web", "--timeout=20s")
    history = kubectl("rollout", "history", "deployment/web").stdout.split()
    assert {"1", "2"} <= set(history)
    kubectl("rollout", "undo", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=20s")
    found = apps.read_namespaced_deployment("web", namespace)
    assert found.spec.template.spec.containers[0].image == "shop/web:1"
    assert found.metadata.annotations["deployment.kubernetes.io/revision"] == "3"
    shown = kubectl("describe", "deployment", "web").stdout
    assert "ScalingReplicaSet" in shown
    kubectl("rollout", "restart", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=20s")
    assert "kiosk-node" in kubectl("get", "pods", "-o", "wide").stdout
    assert "Ready" in kubectl("get", "nodes").stdout
