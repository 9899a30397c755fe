"""Write as a controller: what is written is known at once, and what is worth telling is told."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from lab_kit.components.controllers.cache import Cache
from lab_kit.components.controllers.client import ApiError, Client
from lab_kit.components.controllers.kinds import Object, key_of, path, path_of


class Writer:
    """Write through the caches of one control plane."""

    def __init__(self, client: Client, caches: dict[str, Cache]) -> None:
        self.client, self.caches = client, caches

    def create(self, kind: str, namespace: str, one: Object) -> Object:
        made = self.client.create(path(kind, namespace), one)
        self._put(kind, made)
        return made

    def patch(self, kind: str, one: Object, change: Object, part: str = "") -> Object:
        """Change an object, or its status; what is as it should be is not written."""
        if within(change, one):
            return one
        after = self.client.patch(path_of(kind, one, part), change)
        self._put(kind, after)
        return after

    def delete(self, kind: str, one: Object) -> None:
        """Delete an object if it is still that one; one that is gone is no failure."""
        try:
            self.client.delete(path_of(kind, one), preconditions={"uid": one["metadata"]["uid"]},
                               gracePeriodSeconds=0, propagationPolicy="Background")  # fmt: skip
        except ApiError as problem:
            if problem.code not in (404, 409):
                raise
        if kind in self.caches:
            self.caches[kind].forget(one)

    def tell(self, kind: str, one: Object, reason: str, message: str, warn: bool = False) -> None:
        """Write an Event about an object; one about the same again counts up."""
        namespace, name = key_of(one)
        mark = f"{one['metadata']['uid']} {reason} {message}"
        called = f"{name}.{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
        at = path("Event", namespace or "default", called)
        try:
            before = self.client.get(at)
            change = {"count": before.get("count", 1) + 1, "lastTimestamp": now()}
            self.client.patch(at, change)
            return
        except ApiError as problem:
            if problem.code != 404:
                return  # nothing depends on it
        about = {"kind": kind, "apiVersion": one.get("apiVersion"), "name": name,
                 "namespace": namespace, "uid": one["metadata"]["uid"]}  # fmt: skip
        event = {"metadata": {"name": called}, "involvedObject": about, "reason": reason,
                 "message": message[:1000], "type": "Warning" if warn else "Normal", "count": 1,
                 "firstTimestamp": now(), "lastTimestamp": now(),
                 "source": {"component": self.client.agent}}  # fmt: skip
        try:
            self.client.create(path("Event", namespace or "default"), event)
        except ApiError:
            pass  # its namespace is on its way out

    def _put(self, kind: str, one: Object) -> None:
        if kind in self.caches:
            self.caches[kind].put(one)


def within(part: object, whole: object) -> bool:
    """Say whether a merge patch would change nothing."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(within(value, whole.get(name)) for name, value in part.items())
    return part == whole


def now() -> str:
    """Return the time as objects hold it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age_s(time: str) -> float:
    """Return how many seconds ago a time was that an object holds."""
    return datetime.now(UTC).timestamp() - datetime.fromisoformat(time).timestamp()


def with_condition(one: Object, kind: str, status: str, reason: str, message: str) -> list[Object]:
    """Return an object's conditions with one as it is now; its time is that of its last change."""
    listed = (one.get("status") or {}).get("conditions") or []
    before = next((c for c in listed if c["type"] == kind), None)
    if before and (before["status"], before.get("reason", "")) == (status, reason):
        return [c if c is not before else {**c, "message": message} for c in listed]
    since = before["lastTransitionTime"] if before and before["status"] == status else now()
    made = {"type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": since}  # fmt: skip
    return [*(c for c in listed if c is not before), made]
