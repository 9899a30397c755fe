"""Run the controllers and the node of one cluster.

with KubernetesApi() as api, ControlPlane(api.kubeconfig):
    ...
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol, cast

import urllib3

from lab_kit.components.controllers.cache import Cache
from lab_kit.components.controllers.client import ApiError, Client
from lab_kit.components.controllers.deployments import Deployments
from lab_kit.components.controllers.endpoints import Endpoints
from lab_kit.components.controllers.images import Images
from lab_kit.components.controllers.jobs import Jobs
from lab_kit.components.controllers.kinds import Key, Object, key_of, owner_of
from lab_kit.components.controllers.kubelet import Kubelet
from lab_kit.components.controllers.network import Network
from lab_kit.components.controllers.proxy import Proxy
from lab_kit.components.controllers.queue import Queue
from lab_kit.components.controllers.replica_sets import ReplicaSets
from lab_kit.components.controllers.writing import Writer
from lab_kit.errors import Unavailable

AGENT = "kube-controller-manager"
WATCHED = ("Deployment", "ReplicaSet", "Pod", "Job", "Service", "EndpointSlice")
START_S = 10.0
WORKERS = 3
SETTLE_S = 0.02  # what changes together is looked at together


class Controller(Protocol):
    """Look at one object and bring it nearer to what it wants; None: nothing is to come."""

    def look(self, key: Key) -> float | None: ...


class ControlPlane:
    """Be a cluster's controllers and its node until closed; `network` gives pods addresses."""

    def __init__(
        self, kubeconfig: Path, images: Images | None = None, network: Network | None = None
    ) -> None:
        self.client = Client(kubeconfig, AGENT)
        self.caches = {kind: Cache(self.client, kind, self._heard) for kind in WATCHED}
        writer = Writer(self.client, self.caches)
        self.kubelet = Kubelet(writer, images or Images(), network)
        self.proxy = Proxy(writer)
        self._controllers: dict[str, Controller] = {
            "Deployment": Deployments(writer), "ReplicaSet": ReplicaSets(writer),
            "Job": Jobs(writer), "Service": Endpoints(writer), "Pod": self.kubelet,
            "Proxy": self.proxy,
        }  # fmt: skip
        self._queue = Queue()
        self._threads = [threading.Thread(target=self._work, name="controller", daemon=True)
                         for _ in range(WORKERS)]  # fmt: skip
        self.kubelet.register()
        for cache in self.caches.values():
            cache.start()
        if not all(cache.ready.wait(START_S) for cache in self.caches.values()):
            self.close()
            raise Unavailable("The cluster's controllers did not start.", f"Not in {START_S:g} s.")
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End everything that runs."""
        self._queue.close()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(START_S)
        for cache in self.caches.values():
            cache.close()
        self.proxy.close()
        self.kubelet.close()

    def __enter__(self) -> ControlPlane:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _heard(self, kind: str, one: Object) -> None:
        """Have everything looked at that a change concerns."""
        key = key_of(one)
        if kind in self._controllers:
            self._queue.add((kind, key))
        owner = owner_of(one)
        if owner and owner["kind"] in self._controllers:
            self._queue.add((owner["kind"], (key[0], owner["name"])), SETTLE_S)
        if kind == "Pod":
            for service in self.caches["Service"].all(key[0]):
                if Endpoints.chosen(service, one):
                    self._queue.add(("Service", key_of(service)), SETTLE_S)
        if kind in ("Service", "EndpointSlice"):
            self._queue.add(("Proxy", (key[0], owner["name"]) if owner else key))

    def _work(self) -> None:
        while (item := self._queue.take()) is not None:
            kind, key = cast("tuple[str, Key]", item)
            again, failed = None, False
            try:
                again = self._controllers[kind].look(key)
            except ApiError as problem:
                failed = problem.code != 404  # what is gone needs nothing more
            except (OSError, urllib3.exceptions.HTTPError):
                failed = True  # the server is away, or on its way out
            self._queue.done(item, failed)
            if again is not None:
                self._queue.add(item, again)
