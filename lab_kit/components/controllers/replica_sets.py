"""Keep as many pods of a ReplicaSet as it wants."""

from __future__ import annotations

from lab_kit.components.controllers.client import ApiError
from lab_kit.components.controllers.kinds import Key, Object, is_true, reference
from lab_kit.components.controllers.writing import Writer, age_s, with_condition

AT_ONCE = 500


class ReplicaSets:
    """Look after ReplicaSets, one at a time."""

    kind = "ReplicaSet"

    def __init__(self, writer: Writer) -> None:
        self.writer, self.caches = writer, writer.caches

    def look(self, key: Key) -> float | None:
        """Bring one ReplicaSet nearer to what it wants; return when to look again, in seconds."""
        one = self.caches["ReplicaSet"].get(key)
        if one is None or one["metadata"].get("deletionTimestamp"):
            return None
        problem = self._bring(one, living(self.caches["Pod"].owned(one)))
        pods = living(self.caches["Pod"].owned(one))
        again = self._tell_status(one, pods, problem)
        if problem:
            raise problem
        return again

    def _bring(self, one: Object, pods: list[Object]) -> ApiError | None:
        missing = one["spec"].get("replicas", 1) - len(pods)
        try:
            for _ in range(min(missing, AT_ONCE)):
                pod = self.writer.create(
                    "Pod", one["metadata"]["namespace"], pod_of(one, "ReplicaSet")
                )
                if missing == 1:
                    name = pod["metadata"]["name"]
                    self.writer.tell("ReplicaSet", one, "SuccessfulCreate", f"Created pod: {name}")
        except ApiError as problem:
            if problem.code == 404:  # its namespace is gone, and so is it
                return None
            self.writer.tell("ReplicaSet", one, "FailedCreate", f"Error creating: {problem}", True)
            return problem
        for pod in sorted(pods, key=least_missed)[: max(0, -missing)]:
            self.writer.delete("Pod", pod)
        return None

    def _tell_status(
        self, one: Object, pods: list[Object], problem: ApiError | None
    ) -> float | None:
        rest = one["spec"].get("minReadySeconds", 0)
        ready = [pod for pod in pods if is_true(pod, "Ready")]
        waits = [left for pod in ready if (left := rest - ready_s(pod)) > 0] if rest else []
        status: Object = {
            "replicas": len(pods), "fullyLabeledReplicas": len(pods), "readyReplicas": len(ready),
            "availableReplicas": len(ready) - len(waits),
            "observedGeneration": one["metadata"]["generation"],
        }  # fmt: skip
        if problem:
            status["conditions"] = with_condition(
                one, "ReplicaFailure", "True", "FailedCreate", str(problem)[:1000]
            )
        elif (one.get("status") or {}).get("conditions"):
            status["conditions"] = []
        self.writer.patch("ReplicaSet", one, {"status": status}, "status")
        return max(0.05, min(waits)) if waits else None


def pod_of(one: Object, kind: str) -> Object:
    """Return a new pod from its owner's template."""
    template = one["spec"]["template"]
    meta = template.get("metadata") or {}
    return {"metadata": {
        "generateName": one["metadata"]["name"][:58] + "-", "labels": meta.get("labels"),
        "annotations": meta.get("annotations"), "ownerReferences": [reference(kind, one)],
    }, "spec": template["spec"]}  # fmt: skip


def living(pods: list[Object]) -> list[Object]:
    """Return the pods that are not over and not on their way out."""
    return [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")
            and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]  # fmt: skip


def least_missed(pod: Object) -> tuple[bool, bool, int]:
    """Return what puts pods in the order in which they may go: first what is broken, then young."""
    running = (pod.get("status") or {}).get("phase") == "Running"
    return is_true(pod, "Ready"), running, -int(pod["metadata"]["resourceVersion"])


def ready_s(pod: Object) -> float:
    """Return for how long a pod has been ready."""
    listed = (pod.get("status") or {}).get("conditions") or ()
    since = next((c["lastTransitionTime"] for c in listed if c["type"] == "Ready"), None)
    return age_s(since) if since else 0.0
