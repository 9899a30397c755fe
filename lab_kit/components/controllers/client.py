"""Talk to an API server in plain JSON: what controllers need of it, and no more.

The official client would do; it takes 44 MB and a second to import, and builds an object of its
own out of every answer.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import urllib3
import yaml

Object = dict[str, Any]
MERGE = "application/merge-patch+json"
PATIENCE = urllib3.Timeout(connect=5.0, read=30.0)
WATCH_S, SILENCE_S = 300, 120.0  # bookmarks come more often than that
LONGEST_EVENT = 8 * 1024 * 1024


class ApiError(Exception):
    """Carry what the server refused with: `code`, `reason` and its message."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


class Client:
    """Be one user of one API server, as a kubeconfig says; safe to share between threads."""

    def __init__(self, kubeconfig: Path, agent: str) -> None:
        server, user = read(kubeconfig)
        self.url = server["server"].rstrip("/")
        self.agent = agent
        self._headers = {"User-Agent": f"{agent}/1.0", "Accept": "application/json"}
        if token := user.get("token"):
            self._headers["Authorization"] = f"Bearer {token}"
        ca = server.get("certificate-authority-data")
        self._http = urllib3.PoolManager(
            maxsize=16, retries=False, timeout=PATIENCE,
            ca_cert_data=b64decode(ca).decode() if ca else None,
            ca_certs=server.get("certificate-authority"),
        )  # fmt: skip

    def get(self, path: str) -> Object:
        return self._ask("GET", path)

    def list(self, path: str) -> tuple[list[Object], str]:
        """Return all objects at a path, and the resourceVersion of the list."""
        found = self._ask("GET", path)
        return found.get("items") or [], found["metadata"]["resourceVersion"]

    def create(self, path: str, one: Object) -> Object:
        return self._ask("POST", path, one)

    def patch(self, path: str, change: Object) -> Object:
        """Change an object by a merge patch."""
        return self._ask("PATCH", path, change, MERGE)

    def delete(self, path: str, **options: Any) -> Object:
        return self._ask("DELETE", path, options or None)

    def watch(self, path: str, version: str) -> Watch:
        """Open a stream of what changes after a resourceVersion."""
        query = f"?watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_S}"
        answer = self._http.request(
            "GET", f"{self.url}{path}{query}&resourceVersion={version}", headers=self._headers,
            preload_content=False, timeout=urllib3.Timeout(connect=5.0, read=SILENCE_S),
        )  # fmt: skip
        if answer.status != 200:
            raise refused(answer.status, answer.read(65536))
        return Watch(answer)

    def _ask(
        self, method: str, path: str, body: Object | None = None, kind: str = "application/json"
    ) -> Object:
        headers = dict(self._headers)
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), kind
        answer = self._http.request(method, self.url + path, body=data, headers=headers)
        if answer.status >= 300:
            raise refused(answer.status, answer.data)
        found: Object = json.loads(answer.data)
        return found


class Watch:
    """Give changes, each with its kind, until the server ends it or another thread closes it."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        left = b""
        while piece := self._answer.read1(65536):
            *whole, left = (left + piece).split(b"\n")
            if len(left) > LONGEST_EVENT:
                return
            for line in filter(None, whole):
                yield event(line)

    def close(self) -> None:
        """End it, even while another thread waits for the next change."""
        with suppress(OSError, ValueError):
            self._answer.shutdown()

    def release(self) -> None:
        """Let go of the connection; for the thread that read from it."""
        self._answer.close()


def event(line: bytes) -> tuple[str, Object]:
    """Return what one line of a watch tells; raise ApiError where it is an error."""
    told = json.loads(line)
    kind, one = told["type"], told["object"]
    if kind == "ERROR":
        raise ApiError(one.get("code", 500), one.get("reason", ""), one.get("message", ""))
    return kind, one


def refused(code: int, data: bytes) -> ApiError:
    """Return the error for an answer that is none of success."""
    try:
        told = json.loads(data)
        return ApiError(code, str(told.get("reason", "")), str(told.get("message", "")))
    except (ValueError, AttributeError):
        return ApiError(code, "", data[:200].decode("utf-8", "replace"))


def read(kubeconfig: Path) -> tuple[Object, Object]:
    """Return the cluster and the user of a kubeconfig's current context."""
    known = yaml.safe_load(kubeconfig.read_text())
    called = {part: {row["name"]: row for row in known[part]}
              for part in ("contexts", "clusters", "users")}  # fmt: skip
    context = called["contexts"][known["current-context"]]["context"]
    return (called["clusters"][context["cluster"]]["cluster"],
            called["users"][context["user"]]["user"])  # fmt: skip
