"""Know the objects of one kind: listed once, then watched, and told at once of own writes.

A controller that only believed its watch would create a pod twice: it looks again before the event
of its first write has come. What it writes is put in here by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import urllib3

from lab_kit.components.controllers.client import ApiError, Client, Watch
from lab_kit.components.controllers.kinds import Key, Object, key_of, owner_of, path

Heard = Callable[[str, Object], None]
AGAIN_S = 0.2


class Cache:
    """Hold the objects of one kind; `heard(kind, object)` is called for each that changed."""

    def __init__(self, client: Client, kind: str, heard: Heard) -> None:
        self.kind, self._client, self._heard = kind, client, heard
        self._lock = threading.Lock()
        self._known: dict[Key, Object] = {}
        self._owned: dict[str, set[Key]] = {}  # uid of the controller -> what it has
        self._gone: deque[str] = deque(maxlen=4096)  # uids, lest an old event bring one back
        self._watching: Watch | None = None
        self._stop, self.ready = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"{kind} cache", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        with self._lock:
            watching = self._watching
        if watching:
            watching.close()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    # -- reading: what is returned is shared, and nobody writes into it ----------------

    def get(self, key: Key) -> Object | None:
        with self._lock:
            return self._known.get(key)

    def all(self, namespace: str = "") -> list[Object]:
        with self._lock:
            return [o for k, o in self._known.items() if not namespace or k[0] == namespace]

    def owned(self, owner: Object) -> list[Object]:
        """Return what an object controls."""
        with self._lock:
            keys = self._owned.get(owner["metadata"]["uid"], ())
            return [self._known[key] for key in keys]

    # -- writing -----------------------------------------------------------------------

    def put(self, one: Object) -> bool:
        """Keep an object unless a newer state of it is known; say whether it was news."""
        key, meta = key_of(one), one["metadata"]
        with self._lock:
            before = self._known.get(key)
            if meta["uid"] in self._gone:
                return False
            if before and before["metadata"]["uid"] == meta["uid"]:
                if int(before["metadata"]["resourceVersion"]) >= int(meta["resourceVersion"]):
                    return False
            self._drop(key)
            self._known[key] = one
            if owner := owner_of(one):
                self._owned.setdefault(owner["uid"], set()).add(key)
        return True

    def forget(self, one: Object) -> None:
        """Take an object out for good."""
        with self._lock:
            self._gone.append(one["metadata"]["uid"])
            known = self._known.get(key_of(one))
            if known and known["metadata"]["uid"] == one["metadata"]["uid"]:
                self._drop(key_of(one))

    def _drop(self, key: Key) -> None:
        before = self._known.pop(key, None)
        owner = owner_of(before) if before else None
        if owner:
            kept = self._owned[owner["uid"]]
            kept.discard(key)
            if not kept:
                del self._owned[owner["uid"]]

    # -- following ---------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                version = self._list()
                self.ready.set()
                while not self._stop.is_set():
                    version = self._watch(version)
            except (ApiError, OSError, ValueError, urllib3.exceptions.HTTPError):
                self._stop.wait(AGAIN_S)  # too old, or the server is away: list it anew

    def _list(self) -> str:
        found, version = self._client.list(path(self.kind))
        there = {one["metadata"]["uid"] for one in found}
        for one in self.all():
            if one["metadata"]["uid"] not in there:
                self.forget(one)
                self._heard(self.kind, one)
        for one in found:
            if self.put(one):
                self._heard(self.kind, one)
        return version

    def _watch(self, version: str) -> str:
        watching = self._client.watch(path(self.kind), version)
        with self._lock:
            self._watching = watching
        try:
            for change, one in () if self._stop.is_set() else watching:
                version = one["metadata"]["resourceVersion"]
                if change == "BOOKMARK":
                    continue
                if change == "DELETED":
                    self.forget(one)
                else:
                    self.put(one)
                self._heard(self.kind, one)
        finally:
            watching.release()
        return version
