"""Be a cluster of the student's own, kept to namespaces that the lab made.

The lab is somebody in there: a service account that may write in the lab's namespaces and nowhere
else. Whoever the kubeconfig belongs to only makes and removes those. So it is the cluster that
confines the lab, and not the lab itself; one that would not is refused.

    namespace       labelled app.kubernetes.io/managed-by: beyond-the-api
    role, binding   in each namespace, for the account in the first one

Namespaces of a session that was killed stay, and `kubectl delete namespace -l LABEL` removes them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lab_kit.components.cluster.access import Access, Object, Refused, access, written
from lab_kit.components.cluster.features import offered
from lab_kit.components.cluster.found import SAFE, Cluster
from lab_kit.errors import Unavailable
from lab_kit.process import wait_until

NAME, HOURS, PATIENCE_S = "beyond-lab", 12, 10.0
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
HOLDS = {"apply", "watch", "field-validation", "openapi-v3"}  # of what its version offers
OWN = {"bookmarks", "gc"}
RBAC = "rbac.authorization.k8s.io"
CORE = ["configmaps", "endpoints", "events", "persistentvolumeclaims", "pods", "pods/log",
        "pods/exec", "pods/status", "pods/eviction", "replicationcontrollers", "secrets",
        "serviceaccounts", "services", "services/status"]  # fmt: skip
GROUPS = ["apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io",
          "events.k8s.io", "networking.k8s.io", "policy"]  # fmt: skip
RULES = [
    {"apiGroups": [""], "resources": CORE, "verbs": ["*"]},
    {"apiGroups": GROUPS, "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
]
TOO_MUCH = [("create", "", "namespaces"), ("delete", "", "namespaces"), ("get", "", "secrets"),
            ("create", RBAC, "clusterrolebindings")]  # fmt: skip


@contextmanager
def yours(kubeconfig: Path) -> Iterator[Cluster]:
    """Use the cluster of a kubeconfig; remove at the end the namespaces that were made in it."""
    with tempfile.TemporaryDirectory(prefix="beyond-access-") as where, ExitStack() as held:
        admin = access(kubeconfig, Path(where))
        held.callback(admin.close)
        version, features = offered(admin)
        guest = Guest(admin, Path(where))
        found = Cluster("your cluster", version, guest.kubeconfig, features & HOLDS | OWN |
                        runs_pods(admin), admin, labels=SAFE, prepare=guest.admit)  # fmt: skip
        held.callback(found.remove_all)
        found.namespace("beyond-home")
        guest.confined()
        yield found


class Guest:
    """Be who the lab is in somebody's cluster."""

    def __init__(self, admin: Access, folder: Path) -> None:
        self.admin, self.folder, self.kubeconfig = admin, folder, folder / "kubeconfig"
        self._home, self._own = "", admin

    def admit(self, namespace: str) -> None:
        """Let the lab write in a namespace; its account lives in the first one."""
        ask, home = self.admin.ask, self._home or namespace
        at, roles = f"/api/v1/namespaces/{namespace}", f"/apis/{RBAC}/v1/namespaces/{namespace}"
        meta = {"name": NAME}
        account = {"kind": "ServiceAccount", "name": NAME, "namespace": home}
        role = {"kind": "Role", "name": NAME, "apiGroup": RBAC}
        ask("POST", f"{roles}/roles", {"metadata": meta, "rules": RULES})
        ask("POST", f"{roles}/rolebindings",
            {"metadata": meta, "roleRef": role, "subjects": [account]})  # fmt: skip
        if not self._home:
            ask("POST", f"{at}/serviceaccounts", {"metadata": meta})
            asked = {"spec": {"expirationSeconds": HOURS * 3600}}
            made = ask("POST", f"{at}/serviceaccounts/{NAME}/token", asked)
            written(self.kubeconfig, self.admin.server, made["status"]["token"], home)
            self._home, self._own = home, access(self.kubeconfig, self.folder)
        wait_until(lambda: self.may("create", "", "configmaps", namespace), timeout=PATIENCE_S,
                   poll=0.05, what="The lab's role in your cluster")  # fmt: skip

    def may(self, verb: str, group: str, resource: str, namespace: str = "") -> bool:
        """Ask the cluster what it would let the lab do."""
        asked: Object = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
        told = self._own.ask("POST", REVIEWS, {"spec": {"resourceAttributes": asked}})
        return bool(told["status"].get("allowed"))

    def confined(self) -> None:
        """Raise Unavailable where the lab might do what it never should."""
        for verb, group, resource in TOO_MUCH:
            if self.may(verb, group, resource):
                raise Unavailable(
                    "Your cluster would let the lab do anything.",
                    f"An account of one namespace may {verb} {resource} everywhere.",
                    "Use a cluster with RBAC, or unset BEYOND_CLUSTER.",
                )


def runs_pods(admin: Access) -> set[str]:
    """Say whether there is a node that runs pods."""
    try:
        nodes = admin.ask("GET", "/api/v1/nodes").get("items") or []
    except Refused:
        return set()
    told = [one for node in nodes for one in node.get("status", {}).get("conditions") or ()]
    ready = any((one.get("type"), one.get("status")) == ("Ready", "True") for one in told)
    return {"pods-run"} if ready else set()
