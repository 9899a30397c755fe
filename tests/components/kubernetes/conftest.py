"""Give the tests each cluster that there is, and the official client for it.

With KUBEBUILDER_ASSETS set, every test runs against a real kube-apiserver too, and once more as a
guest of it, as in a cluster of one's own. A test names what it needs: `@pytest.mark.needs("crd")`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kubernetes import client, config

from lab_kit.components.cluster import Cluster
from lab_kit.components.cluster import cluster as chosen
from lab_kit.components.cluster.choice import ASSETS
from lab_kit.errors import Unavailable

BACKENDS = ["embedded", *(["kube-apiserver", "your cluster"] if os.environ.get(ASSETS) else [])]


@pytest.fixture(scope="module", params=BACKENDS)
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with ExitStack() as held:
        if request.param != "your cluster":
            yield held.enter_context(chosen(request.param))
            return
        under = held.enter_context(chosen("kube-apiserver"))
        guest = held.enter_context(chosen(str(under.kubeconfig)))
        guest.features -= {"gc"} - under.features  # every whole cluster has it, not this one
        yield guest


@pytest.fixture(autouse=True)
def needed(request: pytest.FixtureRequest) -> None:
    """Leave out what a cluster cannot show, and say why."""
    if "cluster" in request.fixturenames:
        here = request.getfixturevalue("cluster")
        try:
            for mark in request.node.iter_markers("needs"):
                here.needs(*mark.args)
        except Unavailable as problem:
            pytest.skip(f"{problem.what} {problem.why}")


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(cluster.kubeconfig)) as made:
        yield made


@pytest.fixture
def core(api: client.ApiClient) -> client.CoreV1Api:
    return client.CoreV1Api(api)


@pytest.fixture
def apps(api: client.ApiClient) -> client.AppsV1Api:
    return client.AppsV1Api(api)


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """Return a namespace of this test's own."""
    return cluster.namespace("t")


@pytest.fixture
def kubeconfig(cluster: Cluster) -> Path:
    return cluster.kubeconfig
