"""Draw objects with fresh names and numbers, and reach the cluster as somebody else would."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

from lab_kit.components.cluster import Cluster
from lab_kit.components.controllers.client import ApiError, Client
from lab_kit.errors import JudgeError

Object = dict[str, Any]
WAVE = "kiosk.example/wave"
WORDS = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch".split()
PATHS = {"Deployment": "/apis/apps/v1/namespaces/{}/deployments",
         "ConfigMap": "/api/v1/namespaces/{}/configmaps"}  # fmt: skip


class Shop:
    """Be one namespace, seen by the judge."""

    def __init__(self, found: Cluster, fresh: Random) -> None:
        self.fresh, self.namespace = fresh, found.namespace("shop")
        self.client = Client(found.kubeconfig, "judge")
        self._words = fresh.sample(WORDS, len(WORDS))

    def word(self) -> str:
        """Return a name that nothing else in this check has."""
        return self._words.pop()

    def deployment(self, replicas: int | None = None, image: str = "kiosk/web:1") -> Object:
        name = self.word()
        labels = {"app": name}
        container = {"name": "main", "image": image, "ports": [{"containerPort": 8080}]}
        return {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"replicas": replicas or self.fresh.randint(2, 3),
                     "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels},
                                  "spec": {"containers": [container]}}},
        }  # fmt: skip

    def config_map(self, **data: str) -> Object:
        return {"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": self.word(), "namespace": self.namespace},
                "data": data or {self.word(): str(self.fresh.randint(10, 99))}}  # fmt: skip

    def path(self, one: Object) -> str:
        return f"{PATHS[one['kind']].format(self.namespace)}/{one['metadata']['name']}"

    def get(self, one: Object) -> Object | None:
        """Return an object as it is now, None if it is gone."""
        try:
            return self.client.get(self.path(one))
        except ApiError as problem:
            if problem.code == 404:
                return None
            raise

    def put(self, one: Object) -> Object:
        """Create an object as somebody else would."""
        return self.client.create(PATHS[one["kind"]].format(self.namespace), one)

    def edit(self, one: Object, change: Object) -> Object:
        """Change an object as somebody else would, by a merge patch."""
        return self.client.patch(self.path(one), change)

    def delete(self, one: Object) -> None:
        self.client.delete(self.path(one))

    def runs(self, one: Object) -> bool:
        """Say whether a Deployment's pods are those of this manifest, all there and all well."""
        found, _ = self.client.list(f"/api/v1/namespaces/{self.namespace}/pods")
        mine = [pod for pod in found
                if pod["metadata"]["labels"].get("app") == one["metadata"]["name"]]  # fmt: skip
        image = one["spec"]["template"]["spec"]["containers"][0]["image"]
        well = [pod for pod in mine if pod["spec"]["containers"][0]["image"] == image
                and any((c["type"], c["status"]) == ("Ready", "True")
                        for c in pod["status"].get("conditions", ()))]  # fmt: skip
        return len(well) == len(mine) == one["spec"]["replicas"]

    def settled(self, one: Object) -> None:
        """Wait until a Deployment's pods run."""
        self.until(lambda: self.runs(one), "a Deployment's pods did not start")

    @staticmethod
    def until(true: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Wait for something that is ours to come; raise JudgeError if it does not."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise JudgeError(f"In the judge's cluster {what}.")
            time.sleep(0.02)


def in_wave(one: Object, number: int) -> Object:
    """Return an object with its wave written on it."""
    one["metadata"]["annotations"] = {WAVE: str(number)}
    return one
