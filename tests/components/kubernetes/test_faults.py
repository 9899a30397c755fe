"""Faults that are injected: each request that fits meets one, as often as asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from kubernetes import client, config

from lab_kit.components.kubernetes import KubernetesApi
from lab_kit.components.kubernetes.faults import REASONS, Fault
from tests.components.kubernetes.made import config_map, refusal


@pytest.fixture
def server() -> Iterator[KubernetesApi]:
    with KubernetesApi() as made:
        yield made


@pytest.fixture
def core(server: KubernetesApi) -> Iterator[client.CoreV1Api]:
    with config.new_client_from_config(str(server.kubeconfig)) as made:
        yield client.CoreV1Api(made)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_fault_is_used_up(server: KubernetesApi, core: client.CoreV1Api, code: int) -> None:
    server.faults.add(Fault(code, times=2, verb="create", resource="configmaps"))
    core.list_namespaced_config_map("default")
    core.create_namespaced_secret("default", {"metadata": {"name": "s"}})
    for _ in range(2):
        told = refusal(core.create_namespaced_config_map, "default", config_map("cm"))
        assert told == (code, *REASONS[code])
    core.create_namespaced_config_map("default", config_map("cm"))
    assert server.faults.met == 2


def test_a_delay_holds_up_one_request_and_no_other(
    server: KubernetesApi, core: client.CoreV1Api
) -> None:
    server.faults.add(Fault(0, delay_s=1.0, verb="list", resource="secrets"))
    began = time.monotonic()
    slow = threading.Thread(target=core.list_namespaced_secret, args=("default",))
    slow.start()
    core.list_namespaced_config_map("default")
    assert slow.is_alive()
    slow.join(10)
    assert time.monotonic() - began >= 1.0


def test_a_fault_can_be_meant_for_one_user(server: KubernetesApi, core: client.CoreV1Api) -> None:
    server.faults.add(Fault(user="somebody-else"))
    core.list_namespaced_config_map("default")
    server.faults.clear()
    assert server.faults.met == 0


def test_watches_can_be_cut(server: KubernetesApi, core: client.CoreV1Api) -> None:
    ended = threading.Event()

    def follow() -> None:
        answer = core.list_namespaced_config_map("default", watch=True, _preload_content=False)
        for _ in answer.stream():
            pass
        ended.set()

    thread = threading.Thread(target=follow)
    thread.start()
    while not ended.wait(0.05):
        server.cut_watches()
    thread.join(10)
    core.list_namespaced_config_map("default")
