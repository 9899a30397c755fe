"""Run a submission's engine in the sandbox, where it reaches the cluster and nothing else."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import lab_kit
from lab_kit.components.cluster import Cluster
from lab_kit.components.relay import Relay
from lab_kit.judge import Submission
from lab_kit.process import Connected, connected

USER = "kiosk-engine"
OURS = {"lab_kit": Path(lab_kit.__file__).parent}  # trail.py verifies signatures with it
PATIENCE_S = 40.0
Object = dict[str, Any]


class Door:
    """Start submissions that may reach one cluster, as a user of their own."""

    def __init__(self, found: Cluster, folder: Path) -> None:
        self.found, self._folder, self._relay = found, folder, Relay()
        self.service: tuple[str, int] | None = None  # what a submission reaches at its second port
        settings = found.server.sign_in(USER, "system:masters")
        self._listeners: tuple[socket.socket, ...] = ()
        self.url = ""  # of that service, as the submission sees it
        self._settings = json.loads(settings.read_text())

    def start(self, work: Path) -> Connected:
        """Start a submission's process; its kubeconfig leads to its own port."""
        place = self._folder / "config"
        student = connected(
            work, ports=2, read=[self._folder], env=lambda _: {"KUBECONFIG": str(place)},
            libraries=OURS,
        )  # fmt: skip
        server = self._settings["clusters"][0]["cluster"]
        host, _, port = self.found.server.url.removeprefix("https://").partition(":")
        inner = {**server, "server": f"https://127.0.0.1:{student.ports[0]}"}
        settings = {**self._settings, "clusters": [{"name": "lab", "cluster": inner}]}
        place.write_text(json.dumps(settings))
        self._relay.remove(self._listeners)
        self._listeners = student.listeners()
        self._relay.add(self._listeners, [(host, int(port)), lambda: self.service])
        self.url = f"http://127.0.0.1:{student.ports[1]}/"
        return student

    def __enter__(self) -> Door:
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.close()


class Engine:
    """Call one submission's engine, and read in the audit log what it wrote."""

    def __init__(self, door: Door, submission: Submission) -> None:
        self.submission, self._log = submission, door.found.audit
        self._seen = len(self._lines())

    def call(self, file: str, function: str, *args: Any, timeout: float = PATIENCE_S) -> Any:
        """Call a function of the engine; raise Failed in words for the student."""
        self.submission.begun(file)
        return self.submission.call(file, function, *args, timeout=timeout)

    def mark(self) -> None:
        """Count writes from now on."""
        self._seen = len(self._lines())

    def writes(self) -> list[Object]:
        """Return what the engine wrote since the mark, refused or not; dry runs are none."""
        events = [json.loads(line) for line in self._lines()[self._seen :]]
        return [event for event in events if event["user"]["username"] == USER
                and event["verb"] not in ("get", "list", "watch")
                and "dryRun" not in query(event)]  # fmt: skip

    def has_begun(self) -> bool:
        """Say whether the engine has written anything since the mark, if only a dry run."""
        events = map(json.loads, self._lines()[self._seen :])
        return any(event["user"]["username"] == USER for event in events)

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines()


def query(event: Object) -> dict[str, list[str]]:
    """Return the query of a request in the audit log."""
    return parse_qs(urlsplit(event["requestURI"]).query)


def named(events: list[Object]) -> list[str]:
    """Return the names of what was written, in order."""
    return [event["objectRef"].get("name", "") for event in events]
