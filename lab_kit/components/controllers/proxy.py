"""Let Services answer at their addresses: each connection goes to a pod that is ready."""

from __future__ import annotations

import itertools
import socket

from lab_kit.components.controllers.endpoints import OF
from lab_kit.components.controllers.kinds import Key, Object
from lab_kit.components.controllers.writing import Writer
from lab_kit.components.relay import Address, Relay

MOST = 64  # Services that are listened for


class Proxy:
    """Listen for Services; where no pod is ready, nothing does, and a connection is refused."""

    kind = "Endpoints"

    def __init__(self, writer: Writer) -> None:
        self.caches, self.writer = writer.caches, writer
        self._relay = Relay()
        self._open: dict[tuple[Key, str, int], socket.socket] = {}
        self._turn = itertools.count()

    def look(self, key: Key) -> None:
        """Open and close listeners as one Service is now."""
        service = self.caches["Service"].get(key)
        wanted: dict[tuple[Key, str, int], str] = {}
        if service and str(service["spec"].get("clusterIP")).startswith("127."):
            for port in service["spec"].get("ports") or ():
                if self.behind(key, port.get("name", "")):
                    at = (key, service["spec"]["clusterIP"], port["port"])
                    wanted[at] = port.get("name", "")
        for at in [at for at in self._open if at[0] == key and at not in wanted]:
            self._relay.remove([self._open.pop(at)])
        for at, name in wanted.items():
            if at not in self._open and len(self._open) < MOST:
                self._listen(service or {}, at, name)

    def _listen(self, service: Object, at: tuple[Key, str, int], name: str) -> None:
        try:
            listener = socket.create_server(at[1:], backlog=64)
        except OSError as problem:
            said = f"Port {at[2]} of {at[1]} could not be opened ({problem}); take one over 1024."
            self.writer.tell("Service", service, "FailedToListen", said, True)
            return
        self._open[at] = listener
        self._relay.add([listener], [lambda: self.pick(at[0], name)])

    def pick(self, key: Key, name: str) -> Address | None:
        """Return where the next connection goes, each pod in its turn."""
        found = self.behind(key, name)
        return found[next(self._turn) % len(found)] if found else None

    def behind(self, key: Key, name: str) -> list[Address]:
        """Return the addresses behind a Service's port."""
        found = []
        for part in self.caches["EndpointSlice"].all(key[0]):
            if (part["metadata"].get("labels") or {}).get(OF) != key[1]:
                continue
            for port in part.get("ports") or ():
                if (port.get("name") or "") == name:
                    found += [(one["addresses"][0], port["port"]) for one in part["endpoints"] or ()
                              if one["conditions"]["ready"]]  # fmt: skip
        return found

    def close(self) -> None:
        self._relay.close()
