"""Let the API fail on purpose: an error, a delay, for certain requests and so many times.

Networks and servers fail; a client that has never seen it fails worse.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lab_kit.components.kubernetes.status import Refused

STALE = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
REASONS = {
    409: ("Conflict", STALE),
    410: ("Expired", "too old resource version"),
    429: ("TooManyRequests", "too many requests, please try again later"),
    500: ("InternalError", "an error on the server has prevented the request from succeeding"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


@dataclass
class Fault:
    """Say which requests fail, how, and how many of them; "" is any.

    code: what is answered, 0 for the true answer, later;  delay_s: after how long
    """

    code: int = 500
    times: int = 1
    delay_s: float = 0.0
    verb: str = ""
    resource: str = ""  # such as deployments
    user: str = ""

    def hits(self, verb: str, resource: str, user: str) -> bool:
        """Say whether a request is one of them."""
        wanted = ((self.verb, verb), (self.resource, resource), (self.user, user))
        return self.times > 0 and all(want in ("", got) for want, got in wanted)


class Faults:
    """Hold what is to fail; the first fault that fits a request is used up by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []
        self.met = 0  # requests that failed or were held up

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def meet(self, verb: str, resource: str, user: str) -> Fault | None:
        """Return the fault that a request meets, None for none."""
        with self._lock:
            for fault in self._planned:
                if fault.hits(verb, resource, user):
                    fault.times -= 1
                    self.met += 1
                    return fault
        return None


def refusal(fault: Fault) -> Refused:
    """Return what a fault answers."""
    reason, message = REASONS.get(fault.code, ("Unknown", "it failed"))
    return Refused(fault.code, reason, message)
