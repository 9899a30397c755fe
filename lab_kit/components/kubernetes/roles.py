"""Make the roles that every cluster has from the start."""

from __future__ import annotations

from lab_kit.components.kubernetes.rbac import GROUP
from lab_kit.components.kubernetes.status import Object
from lab_kit.components.kubernetes.users import MASTERS

READ = ["get", "list", "watch"]
WRITE = ["create", "delete", "deletecollection", "patch", "update"]
CORE = ["configmaps", "endpoints", "persistentvolumeclaims", "pods", "services"]
OTHERS = {
    "apps": ["controllerrevisions", "daemonsets", "deployments", "deployments/scale",
             "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["cronjobs", "jobs"],
    "discovery.k8s.io": ["endpointslices"],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
}  # fmt: skip


def rule(group: str, resources: list[str], verbs: list[str]) -> Object:
    """Return one rule."""
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def cluster_roles() -> list[Object]:
    """Return cluster-admin, admin, edit and view."""
    view = [rule("", [*CORE, "events", "namespaces", "pods/log", "serviceaccounts"], READ),
            *(rule(group, names, READ) for group, names in OTHERS.items())]  # fmt: skip
    secret = ["secrets", "serviceaccounts"]
    edit = [*view, rule("", secret, READ), rule("", [*CORE, *secret], WRITE),
            *(rule(group, names, WRITE) for group, names in OTHERS.items())]  # fmt: skip
    admin = [*edit, rule(GROUP, ["rolebindings", "roles"], READ + WRITE)]
    everything = [rule("*", ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]
    known = {"cluster-admin": everything, "admin": admin, "edit": edit, "view": view}
    return [{"metadata": {"name": name}, "rules": rules} for name, rules in known.items()]


def cluster_role_bindings() -> list[Object]:
    """Return who has which of them from the start."""
    masters = {"kind": "Group", "name": MASTERS, "apiGroup": GROUP}
    ref = {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"}
    return [{"metadata": {"name": "cluster-admin"}, "roleRef": ref, "subjects": [masters]}]
