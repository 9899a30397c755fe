"""Give a cluster addresses of its own on this machine: 127.x.0.0/16 of the loopback network.

Every address in 127.0.0.0/8 is this machine on Linux (RFC 1122, 3.2.1.3), so each pod and each
Service can have one where it listens at its real port. A listener on the node's own address is
what tells two clusters apart.
"""

from __future__ import annotations

import secrets
import socket
import sys
import threading

from lab_kit.errors import Unavailable

NODE_PORT = 10250  # where a real kubelet listens
FIRST, LAST = 64, 254
PODS = 128  # the third number from which on addresses are pods'


class Network:
    """Hold one 127.x.0.0/16 until closed."""

    def __init__(self) -> None:
        self._socket, self.number = reserved()
        self.node = f"127.{self.number}.0.1"
        self._lock = threading.Lock()
        self._next = 0
        self._free: list[str] = []

    def service(self, number: int) -> str:
        """Return the address of the cluster's Service of this number, from 1 on."""
        high, low = divmod(number, 250)
        return f"127.{self.number}.{1 + high % (PODS - 1)}.{low + 1}"

    def take(self) -> str:
        """Return an address for a pod that no other pod has now."""
        with self._lock:
            if self._free and self._next > 1000:
                return self._free.pop(0)
            self._next += 1
            high, low = divmod(self._next, 250)
            return f"127.{self.number}.{PODS + high % 127}.{low + 1}"

    def give_back(self, address: str) -> None:
        """Let another pod have an address."""
        with self._lock:
            self._free.append(address)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reserved() -> tuple[socket.socket, int]:
    """Return a listener on a node's address that nobody else has, and the network's number."""
    if sys.platform != "linux":
        raise Unavailable("Pods can only be simulated here.", "Their addresses need Linux.")
    count = LAST - FIRST + 1
    start = secrets.randbelow(count)
    for step in range(count):
        number = FIRST + (start + step) % count
        try:
            return socket.create_server((f"127.{number}.0.1", NODE_PORT)), number
        except OSError:
            continue
    raise Unavailable("There is no network left for another cluster.",
                      f"{count} clusters run on this machine.", "End some of them.")  # fmt: skip
