"""Keep objects by resource, namespace and name, and remember what changed: the API's memory.

Every change has a number, the resourceVersion, which grows over all objects. The last changes are
kept, so that a watch can go on from a number; from an older one it cannot (410 Expired). Knows
nothing of HTTP. Safe to share between threads; listeners are called within the lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.status import Object, expired

KEPT = 4096
Key = tuple[str, str]  # namespace ("" for none), name
Change = Callable[["Event"], None]


@dataclass(frozen=True)
class Event:
    """Hold one change: "ADDED", "MODIFIED" or "DELETED", the object then, and the one before."""

    version: int
    kind: str
    resource: str
    object: Object
    before: Object | None


class Store:
    """Hold all objects of one cluster."""

    def __init__(self, kept: int = KEPT) -> None:
        self.lock = threading.RLock()
        self.version = 100  # what came before is forgotten: a watch from there is too old
        self._objects: dict[str, dict[Key, Object]] = {}
        self._events: deque[Event] = deque(maxlen=kept)
        self._listeners: list[Change] = []

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """Return a copy of an object, None if there is none."""
        with self.lock:
            found = self._objects.get(resource, {}).get((namespace, name))
            return copied(found)

    def all(self, resource: str, namespace: str = "") -> tuple[list[Object], int]:
        """Return copies of a resource's objects in order, and the number of the last change."""
        with self.lock:
            found = self._objects.get(resource, {})
            keys = sorted(key for key in found if not namespace or key[0] == namespace)
            return [copied(found[key]) for key in keys], self.version

    def put(self, resource: str, one: Object) -> Object:
        """Keep an object as it is now, with a new resourceVersion; return it."""
        with self.lock:
            key = (one["metadata"].get("namespace", ""), one["metadata"]["name"])
            shelf = self._objects.setdefault(resource, {})
            before = shelf.get(key)
            self.version += 1
            one["metadata"]["resourceVersion"] = str(self.version)
            shelf[key] = copied(one)
            self._tell("MODIFIED" if before else "ADDED", resource, shelf[key], before)
            return one

    def remove(self, resource: str, namespace: str, name: str) -> Object | None:
        """Forget an object; return it as it was, None if there was none."""
        with self.lock:
            before = self._objects.get(resource, {}).pop((namespace, name), None)
            if before is None:
                return None
            self.version += 1
            last = copied(before)
            last["metadata"]["resourceVersion"] = str(self.version)
            self._tell("DELETED", resource, last, before)
            return last

    def everything(self) -> Iterator[tuple[str, Object]]:
        """Give every object with its resource; for looks over all of them."""
        with self.lock:
            found = [(r, o) for r, shelf in self._objects.items() for o in shelf.values()]
        yield from found

    def since(self, resource: str, version: int) -> list[Event]:
        """Return what changed after a number; raise Refused (410) when that is forgotten."""
        with self.lock:
            oldest = self._events[0].version if self._events else self.version + 1
            if version < oldest - 1:
                raise expired(version)
            return [e for e in self._events if e.resource == resource and e.version > version]

    def compact(self) -> None:
        """Forget all changes: whoever would go on from before now cannot."""
        with self.lock:
            self._events.clear()

    def listen(self, change: Change) -> Callable[[], None]:
        """Call `change` with every event from now on; return what ends that."""
        with self.lock:
            self._listeners.append(change)
        return lambda: self._forget(change)

    def _forget(self, change: Change) -> None:
        with self.lock:
            if change in self._listeners:
                self._listeners.remove(change)

    def _tell(self, kind: str, resource: str, one: Object, before: Object | None) -> None:
        event = Event(self.version, kind, resource, one, before)
        self._events.append(event)
        for change in list(self._listeners):
            change(event)
