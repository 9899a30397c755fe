"""Show Git beside the cluster: commits, the live objects, who wrote what, and a hand of chaos.

GitOpsPanel(kube, repository, lambda: read(repository.folder), guard=lambda seconds: ...)
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import traitlets

from lab_kit.components.cluster import Cluster
from lab_kit.components.controllers.client import ApiError, Client
from lab_kit.errors import LabError
from lab_kit.notebook.cluster_tree import counted, tree
from lab_kit.notebook.live import Live
from lab_kit.notebook.panel import script

Object = dict[str, Any]
KINDS = {"Deployment": "/apis/apps/v1/namespaces/{}/deployments",
         "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
         "Pod": "/api/v1/namespaces/{}/pods", "Service": "/api/v1/namespaces/{}/services",
         "ConfigMap": "/api/v1/namespaces/{}/configmaps"}  # fmt: skip
EDIT, DELETE, SCALE, GUARD = "Edit something", "Delete a Deployment", "Scale", "Stand guard"
GUARDED_S = 10.0
COMMITS, WRITES, LONGEST = 8, 12, 100
ENGINE, CHAOS = "fieldManager=kiosk-gitops", "chaos"


class History(Protocol):
    """Be what the panel needs of a Repository."""

    def log(self, commit: str = ..., *, most: int = ...) -> Sequence[Any]: ...


class GitOpsPanel(Live):
    """Look twice a second while somebody watches; press a button, and see what becomes of it.

    wanted: gives the objects of the newest commit;  guard: lets the engine heal for some seconds
    """

    _esm = script("gitops")
    interval = 0.5
    commits: Any = traitlets.List([]).tag(sync=True)
    rows: Any = traitlets.List([]).tag(sync=True)
    writes: Any = traitlets.List([]).tag(sync=True)
    buttons: Any = traitlets.List([]).tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, kube: Cluster, repository: History, wanted: Callable[[], list[Object]], *,
        namespace: str = "kiosk", guard: Callable[[float], object] | None = None,
    ) -> None:  # fmt: skip
        self._audit, self._repository, self._wanted = kube.audit, repository, wanted
        self._space, self._guard, self._read_to = namespace, guard, 0
        self._client = Client(kube.kubeconfig, "panel")
        settings = kube.server.sign_in(CHAOS, "system:masters") if kube.server else kube.kubeconfig
        self._hand = Client(settings, CHAOS)
        self._watch: threading.Thread | None = None
        self.random = random.Random()
        super().__init__(buttons=[EDIT, DELETE, SCALE, *([GUARD] if guard else [])])
        self.actions["press"] = lambda told: self.press(str(told.get("text")))
        self.look()

    def produce(self) -> None:
        self.look()

    def look(self) -> None:
        """Compare the cluster with the newest commit, and show how it stands."""
        self.commits = [
            {"hash": one.hash[:10], "who": one.author.name[:40], "what": one.subject[:LONGEST]}
            for one in self._repository.log(most=COMMITS)
        ]
        wanted = [one for one in self._wanted() if one.get("kind") in KINDS]
        self.rows = tree(wanted, list(self._live()))
        self.writes = (self._written() + self.writes)[:WRITES]
        guarded = " The engine stands guard." if self.guarding else ""
        self.sentence = counted(self.rows) + guarded

    @property
    def guarding(self) -> bool:
        """Say whether the engine is at work."""
        return self._watch is not None and self._watch.is_alive()

    def press(self, button: str) -> None:
        """Do what a button says, as somebody called `chaos`; Stand guard calls the engine."""
        self.said = ""
        if button == GUARD and self._guard and not self.guarding:
            self._watch = threading.Thread(target=self._stand, daemon=True)
            self._watch.start()
        with suppress(ApiError):  # what it would touch may be gone already
            if button == EDIT:
                self._change("ConfigMap", self._edited)
            elif button == SCALE:
                self._change("Deployment", lambda one: {"spec": {"replicas": self._other(one)}})
            elif button == DELETE:
                self._change("Deployment", None)
        self.look()

    def stop(self) -> None:
        super().stop()
        if self._watch is not None:
            self._watch.join(timeout=GUARDED_S + 5.0)

    def as_text(self) -> str:
        lines = ["Git beside the cluster: " + self.sentence]
        lines += [f"  {one['hash']}  {one['who']}: {one['what']}" for one in self.commits]
        for row in self.rows:
            told = "  ".join(filter(None, (row["state"], row["health"], row["text"])))
            lines.append(f"  {'  ' * row['depth']}{row['name']}  {told}")
        return "\n".join([*lines, *(f"  {one['who']}: {one['what']}" for one in self.writes)])

    # -- parts -------------------------------------------------------------------------

    def _live(self) -> list[Object]:
        found = []
        for kind, path in KINDS.items():
            for one in self._client.list(path.format(self._space))[0]:
                if not str(one["metadata"].get("name")).startswith("kube-root-ca"):
                    found.append({**one, "kind": kind})
        return found

    def _change(self, kind: str, change: Callable[[Object], Object] | None) -> None:
        """Change, or delete, one of the objects of a kind that Git wants, whichever comes."""
        path = KINDS[kind].format(self._space)
        ours = {str(one["metadata"]["name"]) for one in self._wanted() if one.get("kind") == kind}
        there = [one for one in self._hand.list(path)[0] if one["metadata"]["name"] in ours]
        if not there:
            raise LabError(f"No {kind} is left to touch.", "", "let the engine bring it back.")
        one = self.random.choice(there)
        place = f"{path}/{one['metadata']['name']}"
        if change is None:
            self._hand.delete(place)
        else:
            self._hand.patch(place, change(one))

    def _edited(self, one: Object) -> Object:
        names = sorted(one.get("data") or {}) or ["edited"]
        return {"data": {self.random.choice(names): f"chaos {self.random.randrange(100)}"}}

    def _other(self, one: Object) -> int:
        return self.random.choice([n for n in range(6) if n != one["spec"].get("replicas")])

    def _stand(self) -> None:
        try:
            assert self._guard is not None
            self._guard(GUARDED_S)
        except LabError as problem:
            self.trouble(problem)
        except BaseException as problem:  # noqa: BLE001 - whatever a learner's engine raises
            what = "The engine is not written yet." if isinstance(
                problem, NotImplementedError) else "The engine went home."  # fmt: skip
            self.trouble(LabError(what, f"{type(problem).__name__}: {problem}", "finish guard."))

    def _written(self) -> list[dict[str, str]]:
        """Return what was written since the last look, newest first, in words."""
        with self._audit.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(self._read_to if self._read_to <= size else 0)  # or a new log has begun
            whole, newline, rest = log.read().rpartition(b"\n")
            self._read_to = log.tell() - len(rest) if newline else self._read_to
        events = [json.loads(line) for line in whole.split(b"\n")[-200:] if line]
        return [_said(event) for event in reversed(events) if self._matters(event)]

    def _matters(self, event: Object) -> bool:
        about = event["objectRef"]
        refused = event["responseStatus"]["code"] >= 400
        aside = about.get("resource") == "events" or "subresource" in about or refused
        return about.get("namespace") == self._space and not (
            aside or "dryRun" in event["requestURI"]
        )


def _said(event: Object) -> dict[str, str]:
    user, about = str(event["user"]["username"]), event["objectRef"]
    who = ("the engine" if ENGINE in event["requestURI"] else
           "Kubernetes" if user.startswith("system:") else user)  # fmt: skip
    name = f"{event['verb']} {about.get('resource')} {about.get('name', '')}"
    return {"at": event["requestReceivedTimestamp"][11:19], "who": who[:40], "what": name[:LONGEST]}
