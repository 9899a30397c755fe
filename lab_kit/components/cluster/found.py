"""Be a cluster as labs see it: a kubeconfig, what it can do, and namespaces of the lab's own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lab_kit.components.cluster.access import Access, Object, Refused
from lab_kit.components.cluster.features import FEATURES
from lab_kit.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from lab_kit.components.kubernetes import KubernetesApi

LABEL, OURS = "app.kubernetes.io/managed-by", "beyond-the-api"
# Where a cluster knows these, no pod in a lab's namespace reaches the node that it runs on.
SAFE = {"pod-security.kubernetes.io/enforce": "baseline"}


class Cluster:
    """Be one cluster for as long as its `with` block lasts.

    name: "embedded", "kube-apiserver" or "your cluster"
    kubeconfig: for clients, with one context
    features: what it can do, of FEATURES
    """

    def __init__(
        self, name: str, version: str, kubeconfig: Path, features: Iterable[str], access: Access,
        *, labels: Object | None = None, prepare: Callable[[str], object] | None = None,
        compact: Callable[[], object] | None = None, audit: Path | None = None,
        server: KubernetesApi | None = None,
    ) -> None:  # fmt: skip
        self.name, self.version, self.kubeconfig = name, version, kubeconfig
        self.features = frozenset(features)
        self._access, self._labels, self._prepare = access, {LABEL: OURS} | (labels or {}), prepare
        self._compact, self._audit, self._server = compact, audit, server
        self._made: dict[str, str] = {}  # namespace -> uid

    def needs(self, *features: str) -> None:
        """Raise Unavailable for a feature that is not here: the check is then not judged."""
        for feature in features:
            if feature not in FEATURES:
                raise UsageError(f"No cluster has a feature {feature!r}.", ", ".join(FEATURES))
            if feature not in self.features:
                self._lacks(feature)

    def namespace(self, prefix: str) -> str:
        """Make a namespace that is labelled as the lab's, and goes with this cluster."""
        name = f"{prefix}-{secrets.token_hex(4)}"
        meta = {"name": name, "labels": self._labels}
        made = self._access.ask("POST", "/api/v1/namespaces", {"metadata": meta})
        self._made[name] = made["metadata"]["uid"]
        if self._prepare:
            self._prepare(name)
        return name

    def remove(self, name: str) -> bool:
        """Delete a namespace; say False, and leave it, if it is not the lab's own."""
        path, uid = f"/api/v1/namespaces/{name}", self._made.pop(name, "")
        try:
            meta = self._access.ask("GET", path)["metadata"]
            if not uid or meta["uid"] != uid or (meta.get("labels") or {}).get(LABEL) != OURS:
                return False
            self._access.ask("DELETE", path, {"preconditions": {"uid": uid}})
        except Refused as refusal:
            if refusal.code not in (404, 409):
                raise
        return True

    def remove_all(self) -> None:
        """Delete every namespace that was made, also when one of them cannot be."""
        with ExitStack() as held:
            for name in self._made:
                held.callback(self.remove, name)

    def compact(self) -> None:
        """Forget all changes so far: whoever watches from before now is told 410."""
        if self._compact is None:
            self._lacks("watch-410")
        self._compact()

    @property
    def audit(self) -> Path:
        """Return the file in which each request is told in one line of JSON."""
        if self._audit is None:
            self._lacks("audit")
        return self._audit

    @property
    def server(self) -> KubernetesApi:
        """Return the embedded server itself: its users, and faults to inject."""
        if self._server is None:
            self._lacks("inject")
        return self._server

    def _lacks(self, feature: str) -> NoReturn:
        step = "Choose another one with BEYOND_CLUSTER: `./lab doctor` says which are here."
        if self.name != "embedded":
            step = "Unset BEYOND_CLUSTER: labs are written for the embedded cluster."
        raise Unavailable(
            f"This needs {FEATURES[feature]}.",
            f'The cluster ({self.name}, {self.version}) lacks the feature "{feature}".', step,
        )  # fmt: skip
