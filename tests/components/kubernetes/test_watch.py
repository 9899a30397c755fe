"""Watches: from now on, from a resourceVersion, from too long ago, and by labels."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from urllib3.exceptions import ProtocolError

from lab_kit.components.cluster import Cluster
from lab_kit.components.kubernetes import KubernetesApi
from lab_kit.process import wait_until
from tests.components.kubernetes.made import config_map


class Listener:
    """Collect a watch's events in a thread."""

    def __init__(self, core: client.CoreV1Api, namespace: str, **how: object) -> None:
        self.seen: list[tuple[str, str]] = []
        self._watch, self._stopped = watch.Watch(), False
        self._args = (core.list_namespaced_config_map, namespace)
        self._thread = threading.Thread(target=self._run, args=(how,), daemon=True)
        self._thread.start()

    def _run(self, how: dict[str, object]) -> None:
        try:
            for event in self._watch.stream(*self._args, timeout_seconds=10, **how):
                self.seen.append((event["type"], event["object"].metadata.name))
        except ProtocolError:  # stop() closes the connection under its own reader
            if not self._stopped:
                raise

    def wait(self, count: int) -> list[tuple[str, str]]:
        wait_until(lambda: len(self.seen) >= count, timeout=10, what=f"{count} events")
        return self.seen

    def close(self) -> None:
        self._stopped = True
        self._watch.stop()
        self._thread.join(15)


@pytest.fixture
def listen(core: client.CoreV1Api, namespace: str) -> Iterator[object]:
    made: list[Listener] = []

    def start(**how: object) -> Listener:
        made.append(Listener(core, namespace, **how))
        return made[-1]

    yield start
    for one in made:
        one.close()


def change(core: client.CoreV1Api, namespace: str, name: str = "cm") -> None:
    core.create_namespaced_config_map(namespace, config_map(name))
    core.patch_namespaced_config_map(name, namespace, {"data": {"a": "b"}})
    core.delete_namespaced_config_map(name, namespace)


ALL = [("ADDED", "cm"), ("MODIFIED", "cm"), ("DELETED", "cm")]


def test_a_watch_tells_what_is_there_and_then_every_change(
    core: client.CoreV1Api, namespace: str, listen
) -> None:
    core.create_namespaced_config_map(namespace, config_map("old"))
    heard = listen()
    heard.wait(1)
    change(core, namespace)
    assert heard.wait(4) == [("ADDED", "old"), *ALL]


def test_a_watch_goes_on_where_another_one_stopped(
    core: client.CoreV1Api, namespace: str, listen
) -> None:
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    change(core, namespace)
    assert listen(resource_version=version).wait(3) == ALL


def test_a_watch_sees_what_it_chose(core: client.CoreV1Api, namespace: str, listen) -> None:
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    heard = listen(label_selector="tier=a", resource_version=version)
    core.create_namespaced_config_map(namespace, config_map("cm"))
    for tier in ("a", "a2", "a"):
        core.patch_namespaced_config_map("cm", namespace, {"metadata": {"labels": {"tier": tier}}})
    assert heard.wait(3) == [("ADDED", "cm"), ("DELETED", "cm"), ("ADDED", "cm")]


@pytest.mark.needs("watch-410")
def test_a_watch_from_too_long_ago_is_gone(
    cluster: Cluster, core: client.CoreV1Api, namespace: str
) -> None:
    find = core.list_namespaced_config_map
    version = find(namespace).metadata.resource_version
    change(core, namespace)
    cluster.compact()
    stream = watch.Watch().stream(find, namespace, resource_version=version, timeout_seconds=5)
    with pytest.raises(ApiException) as caught:
        list(stream)
    assert caught.value.status == 410


def test_the_embedded_one_remembers_only_so_much() -> None:
    with KubernetesApi(kept=10) as small:
        with config.new_client_from_config(str(small.kubeconfig)) as api:
            core = client.CoreV1Api(api)
            version = core.list_namespaced_config_map("default").metadata.resource_version
            for n in range(6):
                change(core, "default", f"cm{n}")
            stream = watch.Watch().stream(
                core.list_namespaced_config_map, "default", resource_version=version,
                timeout_seconds=5,
            )  # fmt: skip
            with pytest.raises(ApiException) as caught:
                list(stream)
            assert caught.value.status == 410


def test_a_watch_ends_when_its_time_is_over(core: client.CoreV1Api, namespace: str) -> None:
    find = core.list_namespaced_config_map
    assert list(watch.Watch().stream(find, namespace, timeout_seconds=1)) == []


def test_many_watchers_hear_everything(core: client.CoreV1Api, namespace: str, listen) -> None:
    heard = [listen() for _ in range(5)]
    names = [f"cm{n}" for n in range(40)]
    for name in names:
        core.create_namespaced_config_map(namespace, config_map(name))
    for one in heard:
        assert [name for _, name in one.wait(len(names))] == names
