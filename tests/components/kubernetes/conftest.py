"""Give the tests a cluster, and the official client for it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client, config

from lab_kit.components.kubernetes import KubernetesApi


@pytest.fixture(scope="module")
def cluster() -> Iterator[KubernetesApi]:
    with KubernetesApi() as made:
        yield made


@pytest.fixture(scope="module")
def api(cluster: KubernetesApi) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(cluster.kubeconfig)) as made:
        yield made


@pytest.fixture
def core(api: client.ApiClient) -> client.CoreV1Api:
    return client.CoreV1Api(api)


@pytest.fixture
def apps(api: client.ApiClient) -> client.AppsV1Api:
    return client.AppsV1Api(api)


@pytest.fixture
def namespace(core: client.CoreV1Api) -> str:
    """Return a namespace of this test's own."""
    name = f"t-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    return name


@pytest.fixture
def kubeconfig(cluster: KubernetesApi) -> Path:
    return cluster.kubeconfig
