"""Tell where the pods behind each Service are."""

from __future__ import annotations

from typing import Any

from lab_kit.components.controllers.kinds import Key, Object, chooses, is_true, reference
from lab_kit.components.controllers.replica_sets import living
from lab_kit.components.controllers.writing import Writer

OF = "kubernetes.io/service-name"
MOST = 1000


class Endpoints:
    """Keep one EndpointSlice for each Service that chooses pods."""

    kind = "Service"

    def __init__(self, writer: Writer) -> None:
        self.writer, self.caches = writer, writer.caches

    def look(self, key: Key) -> None:
        """Bring the slice of one Service up to date."""
        one = self.caches["Service"].get(key)
        if one is None or not one["spec"].get("selector"):
            return  # a slice goes with its Service, which owns it
        pods = [pod for pod in living(self.caches["Pod"].all(key[0])) if self.chosen(one, pod)]
        pods = sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))[:MOST]
        wanted: Object = {
            "endpoints": [endpoint(p) for p in pods if address(p)],
            "ports": [port_of(p, pods) for p in one["spec"].get("ports") or ()],
        }
        known = self.caches["EndpointSlice"].owned(one)
        if known:
            self.writer.patch("EndpointSlice", known[0], wanted)
            return
        meta = {"generateName": f"{key[1][:50]}-", "labels": {OF: key[1]},
                "ownerReferences": [reference("Service", one)]}  # fmt: skip
        self.writer.create("EndpointSlice", key[0],
                           {"metadata": meta, "addressType": "IPv4", **wanted})  # fmt: skip

    @staticmethod
    def chosen(service: Object, pod: Object) -> bool:
        """Say whether a Service chooses a pod."""
        return chooses(
            {"matchLabels": service["spec"].get("selector")}, pod["metadata"].get("labels")
        )


def address(pod: Object) -> str:
    """Return where a pod is, "" while it is nowhere."""
    return str((pod.get("status") or {}).get("podIP") or "")


def endpoint(pod: Object) -> Object:
    """Return a pod as a slice tells it."""
    meta, ready = pod["metadata"], is_true(pod, "Ready")
    return {
        "addresses": [address(pod)], "nodeName": pod["spec"].get("nodeName"),
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "targetRef": {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"],
                      "uid": meta["uid"]},
    }  # fmt: skip


def port_of(port: Object, pods: list[Object]) -> Object:
    """Return a Service's port as its pods have it; a name is looked up in their containers."""
    wanted: Any = port.get("targetPort", port["port"])
    if isinstance(wanted, str):
        named = [p["containerPort"] for pod in pods for c in pod["spec"]["containers"]
                 for p in c.get("ports") or () if p.get("name") == wanted]  # fmt: skip
        wanted = named[0] if named else port["port"]
    return {"name": port.get("name", ""), "port": wanted, "protocol": port.get("protocol", "TCP")}
