"""Be the one node of a cluster: take its pods and let them run."""

from __future__ import annotations

import functools
import math
import threading
import time
from typing import Any

from lab_kit.components.controllers.client import ApiError, Client
from lab_kit.components.controllers.containers import Container
from lab_kit.components.controllers.images import Images, Program
from lab_kit.components.controllers.kinds import Key, Object, key_of, path
from lab_kit.components.controllers.network import Network
from lab_kit.components.controllers.settings import environment
from lab_kit.components.controllers.writing import Writer, now, with_condition

NODE = "kiosk-node"
MOST_PROGRAMS = 24  # pods that run a program: each is a process of 10 MB
FULL_AGAIN_S = 2.0
LAST_S = 0.5  # for open requests of a pod that goes, once no Service sends it new ones


class Held:
    """Hold one pod that is here: its address and its containers."""

    def __init__(self, pod: Object, address: str, containers: list[Container]) -> None:
        self.uid: str = pod["metadata"]["uid"]
        self.address, self.containers, self.since = address, containers, now()

    @property
    def real(self) -> bool:
        """Say whether a program runs in it."""
        return any(isinstance(c.image, Program) for c in self.containers)


class Kubelet:
    """Look after pods; several may be looked at at once, but never one of them twice."""

    kind = "Pod"

    def __init__(self, writer: Writer, images: Images, network: Network | None) -> None:
        self.writer, self.images, self.network = writer, images, network
        self._held: dict[Key, Held] = {}
        self._going: list[tuple[float, Held]] = []
        self._lock = threading.Lock()

    def register(self) -> None:
        """Tell the cluster that the node is there."""
        client: Client = self.writer.client
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady",
                 "message": "the lab's node", "lastTransitionTime": now(),
                 "lastHeartbeatTime": now()}  # fmt: skip
        address = self.network.node if self.network else "127.0.0.1"
        try:
            client.create(path("Node"), {"metadata": {"name": NODE}})
        except ApiError as problem:
            if problem.code != 409:
                raise
        client.patch(path("Node", "", NODE, "status"), {"status": {
            "conditions": [ready], "addresses": [{"type": "InternalIP", "address": address}],
            "capacity": {"pods": "2000"}, "allocatable": {"pods": "2000"},
        }})  # fmt: skip

    def look(self, key: Key) -> float | None:
        """Bring one pod a step further; return when to look again, in seconds."""
        pod, held = self.writer.caches["Pod"].get(key), self._held.get(key)
        if held and (pod is None or pod["metadata"]["uid"] != held.uid):
            self._let_go(key, LAST_S)
            held = None
        if pod is None:
            return self._end_the_going()
        if pod["metadata"].get("deletionTimestamp"):
            self._let_go(key, LAST_S)
            self.writer.delete("Pod", pod)
            return self._end_the_going()
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            self._let_go(key)
            return None
        if held is None:
            pod, held = self._taken(pod)
        if held is None:
            return FULL_AGAIN_S
        waits = [wait for c in held.containers if (wait := c.step()) is not None]
        self.writer.patch("Pod", pod, {"status": status(pod, held)}, "status")
        return min(waits) if waits else None

    def log(self, namespace: str, name: str, container: str = "") -> str | None:
        """Return what a container said, None where there is none of that name."""
        held = self._held.get((namespace, name))
        for one in held.containers if held else ():
            if container in ("", one.name):
                return one.log()
        return None

    def close(self) -> None:
        for key in list(self._held):
            self._let_go(key)
        self._end_the_going(math.inf)

    # -- parts -------------------------------------------------------------------------

    def _taken(self, pod: Object) -> tuple[Object, Held | None]:
        """Bind a pod to this node and prepare its containers; None while there is no room."""
        spec = pod["spec"]
        ends = spec.get("restartPolicy") != "Always"
        images = [self.images.find(c.get("image", ""), ends) for c in spec["containers"]]
        with self._lock:
            used = sum(held.real for held in self._held.values())
            if any(isinstance(i, Program) for i in images) and used >= MOST_PROGRAMS:
                self._full(pod)
                return pod, None
            address = self.network.take() if self.network else "127.0.0.1"
            tell = functools.partial(self._tell, pod)
            held = Held(pod, address, [
                Container(c, image, address, spec.get("restartPolicy", "Always"),
                          functools.partial(environment, self.writer.client, pod, c), tell)
                for c, image in zip(spec["containers"], images, strict=True)
            ])  # fmt: skip
            self._held[key_of(pod)] = held
        if not spec.get("nodeName"):
            self._bind(pod)
        return pod, held

    def _bind(self, pod: Object) -> None:
        target: Object = {
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
            "metadata": {"name": pod["metadata"]["name"]},
        }
        self.writer.client.create(path("Pod", *key_of(pod), "binding"), target)

    def _full(self, pod: Object) -> None:
        said = f"0/1 nodes are available: 1 Too many pods that run programs ({MOST_PROGRAMS})."
        listed = with_condition(pod, "PodScheduled", "False", "Unschedulable", said)
        self.writer.patch("Pod", pod, {"status": {"conditions": listed}}, "status")
        self._tell(pod, "FailedScheduling", said, True)

    def _tell(self, pod: Object, reason: str, message: str, warn: bool) -> None:
        self.writer.tell("Pod", pod, reason, message, warn)

    def _let_go(self, key: Key, last_s: float = 0.0) -> None:
        """End a pod's containers, those that run a program after so many seconds."""
        with self._lock:
            held = self._held.pop(key, None)
            if held:
                end = time.monotonic() + (last_s if held.real else 0.0)
                self._going.append((end, held))
        self._end_the_going()

    def _end_the_going(self, at: float = 0.0) -> float | None:
        """End what is due; return in how many seconds there is more to do."""
        at = at or time.monotonic()
        with self._lock:
            due = [held for end, held in self._going if end <= at]
            self._going = [(end, held) for end, held in self._going if end > at]
            next = min((end for end, _ in self._going), default=None)
        for held in due:
            for one in held.containers:
                one.end()
            if self.network:
                self.network.give_back(held.address)
        return None if next is None else max(0.05, next - at)


def status(pod: Object, held: Held) -> Object:
    """Return a pod's status as its containers are now."""
    all_ready = all(c.ready for c in held.containers)
    shown: Any = pod
    for kind, good in (("PodScheduled", True), ("Initialized", True),
                       ("ContainersReady", all_ready), ("Ready", all_ready)):  # fmt: skip
        reason = "" if good else "ContainersNotReady"
        waiting = [c.name for c in held.containers if not c.ready]
        said = "" if good else f"containers with unready status: {waiting}"
        listed = with_condition(shown, kind, "True" if good else "False", reason, said)
        shown = {**shown, "status": {**(shown.get("status") or {}), "conditions": listed}}
    return {
        "phase": phase(held), "conditions": shown["status"]["conditions"],
        "podIP": held.address, "podIPs": [{"ip": held.address}],
        "startTime": (pod.get("status") or {}).get("startTime") or held.since,
        "containerStatuses": [c.status() for c in held.containers],
    }  # fmt: skip


def phase(held: Held) -> str:
    """Return a pod's phase.

    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
    """
    codes = [c.over for c in held.containers]
    if all(code is not None for code in codes):
        return "Failed" if any(codes) else "Succeeded"
    return "Running" if all(c.started for c in held.containers) else "Pending"
