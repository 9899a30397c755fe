"""Write down who changed what, and who was refused: one line of JSON each.

https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ at level Metadata: what was
sent and what was answered is not in it, so no Secret is.
"""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

from lab_kit.components.kubernetes.status import Object
from lab_kit.components.kubernetes.users import User

MOST_BYTES = 16 * 1024 * 1024  # then the file becomes FILE.1, and a new one begins


class Audit:
    """Keep the log of one cluster in `file`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._stream = file.open("a", encoding="utf-8")
        self._size = 0

    def write(self, event: Object) -> None:
        line = json.dumps(event) + "\n"
        with self._lock:
            if self._stream.closed:
                return
            if self._size + len(line) > MOST_BYTES:
                self._stream.close()
                self.file.replace(self.file.with_name(self.file.name + ".1"))
                self._stream = self.file.open("a", encoding="utf-8")
                self._size = 0
            self._size += self._stream.write(line)
            self._stream.flush()

    def close(self) -> None:
        with self._lock:
            self._stream.close()


def event(
    verb: str, user: User, agent: str, uri: str, about: Object, answer: Object, began: datetime
) -> Object:
    """Return one event; `answer` has a code, and a reason where it is a refusal."""
    return {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": str(uuid.uuid4()), "stage": "ResponseComplete", "requestURI": uri[:2000],
        "verb": verb, "user": {"username": user.name, "groups": list(user.groups)},
        "sourceIPs": ["127.0.0.1"], "userAgent": agent[:200], "objectRef": about,
        "responseStatus": answer, "requestReceivedTimestamp": stamp(began),
        "stageTimestamp": stamp(datetime.now(UTC)),
    }  # fmt: skip


def stamp(time: datetime) -> str:
    """Return a time to the microsecond, as audit logs hold it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
