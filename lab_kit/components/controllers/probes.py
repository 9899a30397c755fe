"""Ask a container whether it is well, as often as its manifest says.

https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

import http.client
import socket
from typing import Any

from lab_kit.components.controllers.kinds import Object


class Probe:
    """Hold one probe of a container that listens at `address`; times are in seconds."""

    def __init__(self, spec: Object, container: Object, address: str, began: float) -> None:
        self.spec, self.address = spec, address
        self.container = container
        self.next = began + spec.get("initialDelaySeconds", 0)
        self.passing: bool | None = None  # None: nothing is decided yet
        self.why = ""
        self._row = 0
        self._last = False

    def look(self, now: float) -> None:
        """Ask if it is time to."""
        if now < self.next:
            return
        self.next = now + self.spec.get("periodSeconds", 10)
        good = self._asked()
        self._row = self._row + 1 if good == self._last else 1
        self._last = good
        if self._row >= self.spec.get("successThreshold" if good else "failureThreshold",
                                      1 if good else 3):  # fmt: skip
            self.passing = good

    def _asked(self) -> bool:
        patience = min(self.spec.get("timeoutSeconds", 1), 5)
        ask = self.spec.get("httpGet") or self.spec.get("tcpSocket")
        if not ask:
            return True  # exec and gRPC are not looked at here
        address = (self.address, number(ask.get("port"), self.container))
        try:
            if "httpGet" not in self.spec:
                socket.create_connection(address, patience).close()
                return True
            return self._get(address, ask, patience)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.why = f"probe failed: {problem}"
            return False

    def _get(self, address: tuple[str, int], ask: Object, patience: float) -> bool:
        connection = http.client.HTTPConnection(*address, timeout=patience)
        try:
            connection.request("GET", ask.get("path") or "/", headers={"User-Agent": "kube-probe"})
            status = connection.getresponse().status
        finally:
            connection.close()
        self.why = f"HTTP probe failed with statuscode: {status}"
        return 200 <= status < 400


def number(port: Any, container: Object) -> int:
    """Return a port; a name is looked up in the container."""
    named = {p.get("name"): p["containerPort"] for p in container.get("ports") or ()}
    return int(named.get(port, port) if isinstance(port, str) else port or 0)
