"""Move a Deployment's pods from one template to the next, and remember the templates before."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lab_kit.components.controllers.kinds import Key, Object, condition, reference
from lab_kit.components.controllers.rollout import Share, bounds, recreated, rolling
from lab_kit.components.controllers.writing import Writer, age_s, now, with_condition

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class Deployments:
    """Look after Deployments, one at a time."""

    kind = "Deployment"

    def __init__(self, writer: Writer) -> None:
        self.writer, self.caches = writer, writer.caches

    def look(self, key: Key) -> float | None:
        """Bring one Deployment a step nearer to what it wants; return when to look again."""
        one = self.caches["Deployment"].get(key)
        if one is None or one["metadata"].get("deletionTimestamp"):
            return None
        sets = sorted(self.caches["ReplicaSet"].owned(one), key=revision)
        new = next((s for s in sets if template(s) == template(one)), None)
        olds = [s for s in sets if s is not new]
        if not one["spec"].get("paused"):
            new = self._current(one, new, olds)
            new, olds = self._step(one, new, olds)
        return self._tell_status(one, new, olds)

    def _current(self, one: Object, new: Object | None, olds: list[Object]) -> Object:
        """Return the ReplicaSet of the present template, with the newest revision."""
        last = max((revision(s) for s in olds), default=0)
        if new is None:
            new = self._made(one, last + 1)
        elif revision(new) <= last:  # a rollback: an old template is the newest again
            marks = {REVISION: str(last + 1)}
            new = self.writer.patch("ReplicaSet", new, {"metadata": {"annotations": marks}})
        number = new["metadata"]["annotations"][REVISION]
        self.writer.patch("Deployment", one, {"metadata": {"annotations": {REVISION: number}}})
        return new

    def _made(self, one: Object, number: int) -> Object:
        spec, meta = one["spec"], one["metadata"]
        mark = hashed(spec["template"])
        inner = spec["template"].get("metadata") or {}
        labels = {**(inner.get("labels") or {}), HASH: mark}
        chosen = spec["selector"].get("matchLabels") or {}
        marks = {k: v for k, v in (meta.get("annotations") or {}).items()
                 if k != "kubectl.kubernetes.io/last-applied-configuration"}  # fmt: skip
        return self.writer.create("ReplicaSet", meta["namespace"], {
            "metadata": {"name": f"{meta['name']}-{mark}", "labels": labels,
                         "annotations": {**marks, REVISION: str(number)},
                         "ownerReferences": [reference("Deployment", one)]},
            "spec": {
                "replicas": 0, "minReadySeconds": spec.get("minReadySeconds", 0),
                "selector": {**spec["selector"], "matchLabels": {**chosen, HASH: mark}},
                "template": {"metadata": {**inner, "labels": labels},
                             "spec": spec["template"]["spec"]},
            },
        })  # fmt: skip

    def _step(self, one: Object, new: Object, olds: list[Object]) -> tuple[Object, list[Object]]:
        replicas, strategy = one["spec"].get("replicas", 1), one["spec"].get("strategy") or {}
        now_, before = share(new), [share(old) for old in olds]
        if strategy.get("type") == "Recreate":
            planned = recreated(replicas, now_, before)
        else:
            planned = rolling(replicas, strategy, now_, before)
        after = [self._scaled(one, s, p) for s, p in zip([new, *olds], planned, strict=True)]
        new, olds = after[0], after[1:]
        if complete(one, new, olds):
            idle = [old for old in olds if not old["spec"]["replicas"]]
            for old in idle[: max(0, len(idle) - one["spec"].get("revisionHistoryLimit", 10))]:
                self.writer.delete("ReplicaSet", old)
                olds.remove(old)
        return new, olds

    def _scaled(self, one: Object, replica_set: Object, planned: Share) -> Object:
        before = replica_set["spec"]["replicas"]
        if planned.wanted == before:
            return replica_set
        after = self.writer.patch("ReplicaSet", replica_set, {"spec": {"replicas": planned.wanted}})
        way = "up" if planned.wanted > before else "down"
        self.writer.tell(
            "Deployment", one, "ScalingReplicaSet",
            f"Scaled {way} replica set {planned.name} from {before} to {planned.wanted}",
        )  # fmt: skip
        return after

    def _tell_status(self, one: Object, new: Object | None, olds: list[Object]) -> float | None:
        counts = status_of(new, olds)
        wanted = one["spec"].get("replicas", 1)
        _, least = bounds(one["spec"].get("strategy") or {}, wanted)
        enough = counts["availableReplicas"] >= least
        status = {**counts, "observedGeneration": one["metadata"]["generation"],
                  "unavailableReplicas": max(0, wanted - counts["availableReplicas"])}  # fmt: skip
        if one["spec"].get("paused"):
            told: Any = ("Unknown", "DeploymentPaused", "Deployment is paused")
            again = None
        else:
            told, again = self._progress(one, new, olds, counts)
        shown = {**one, "status": {**(one.get("status") or {})}}
        shown["status"]["conditions"] = progressed(one, told, counts)
        status["conditions"] = with_condition(
            shown, "Available", "True" if enough else "False",
            "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            f"Deployment {'has' if enough else 'does not have'} minimum availability.",
        )  # fmt: skip
        self.writer.patch("Deployment", one, {"status": status}, "status")
        return again

    def _progress(
        self, one: Object, new: Object | None, olds: list[Object], counts: Object
    ) -> tuple[tuple[str, str, str], float | None]:
        """Return the condition Progressing, and after how many seconds its deadline is over."""
        name = new["metadata"]["name"] if new else ""
        if new and complete(one, new, olds):
            said = f'ReplicaSet "{name}" has successfully progressed.'
            return ("True", "NewReplicaSetAvailable", said), None
        before = condition(one, "Progressing")
        limit = one["spec"].get("progressDeadlineSeconds", 600)
        moved = (
            before is None or moves(one, counts) or before.get("reason") == "NewReplicaSetAvailable"
        )
        passed = 0.0 if moved else age_s(before["lastUpdateTime"])  # type: ignore[index]
        if passed > limit or (before and not moved and before["status"] == "False"):
            said = f'ReplicaSet "{name}" has timed out progressing.'
            return ("False", "ProgressDeadlineExceeded", said), None
        said = f'ReplicaSet "{name}" is progressing.'
        return ("True", "ReplicaSetUpdated", said), limit - passed + 1.1


def share(one: Object) -> Share:
    """Return a ReplicaSet's part in numbers."""
    status = one.get("status") or {}
    return Share(one["metadata"]["name"], one["spec"]["replicas"], status.get("replicas", 0),
                 status.get("availableReplicas", 0))  # fmt: skip


def status_of(new: Object | None, olds: list[Object]) -> Object:
    """Return the sums over a Deployment's ReplicaSets."""
    every = [(s.get("status") or {}) for s in [*([new] if new else []), *olds]]
    updated = (new.get("status") or {}).get("replicas", 0) if new else 0
    names = ("replicas", "readyReplicas", "availableReplicas")
    return {"updatedReplicas": updated, **{n: sum(s.get(n, 0) for s in every) for n in names}}


def complete(one: Object, new: Object, olds: list[Object]) -> bool:
    """Say whether all pods are of the present template, available, and no others are left."""
    wanted, counts = one["spec"].get("replicas", 1), status_of(new, olds)
    return bool(counts["updatedReplicas"] == counts["replicas"] == wanted
                and counts["availableReplicas"] == wanted
                and new["spec"]["replicas"] == wanted)  # fmt: skip


def moves(one: Object, counts: Object) -> bool:
    """Say whether anything is nearer to its end than the status says, or its spec is new."""
    before = one.get("status") or {}
    if before.get("observedGeneration") != one["metadata"]["generation"]:
        return True
    better = any(counts[name] > before.get(name, 0)
                 for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))  # fmt: skip
    return better or counts["replicas"] < before.get("replicas", 0)


def progressed(one: Object, told: tuple[str, str, str], counts: Object) -> list[Object]:
    """Return the conditions with Progressing; its lastUpdateTime is when something moved."""
    listed = with_condition(one, "Progressing", *told)
    before = condition(one, "Progressing")
    still = before and before.get("reason") == told[1] and not moves(one, counts)
    time = before["lastUpdateTime"] if before and still else now()
    return [{**c, "lastUpdateTime": time} if c["type"] == "Progressing" else c for c in listed]


def template(one: Object) -> Object:
    """Return a pod template without the mark that tells its ReplicaSet."""
    found = one["spec"]["template"]
    meta = {k: v for k, v in (found.get("metadata") or {}).items() if v is not None}
    labels = {k: v for k, v in (meta.pop("labels", None) or {}).items() if k != HASH}
    return {"labels": labels, "meta": meta, "spec": found["spec"]}


def hashed(found: Object) -> str:
    """Return ten letters that stand for a template."""
    number = int.from_bytes(hashlib.sha256(json.dumps(found, sort_keys=True).encode()).digest())
    return "".join(LETTERS[number // len(LETTERS) ** i % len(LETTERS)] for i in range(10))


def revision(one: Object) -> int:
    """Return how manieth a ReplicaSet is of its Deployment."""
    text = (one["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdecimal() else 0
