"""Name the resources that are served: their kinds, paths and what can be done with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab_kit.components.kubernetes import schema as types
from lab_kit.components.kubernetes.schema import ANY, Schema
from lab_kit.components.kubernetes.status import Object

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
ALL = ("all",)


@dataclass(frozen=True)
class Resource:
    """Describe one resource; `name` is unique: its plural, and its group behind a dot."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    status: bool = False
    scale: bool = False
    schema: Schema = field(default_factory=dict, compare=False, repr=False)
    columns: tuple[Object, ...] = field(default=(), compare=False, repr=False)
    custom: bool = False

    @property
    def name(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def type(self) -> Schema:
        """Return the type of its objects."""
        return self.schema or types.of_kind(self.group, self.version, self.kind)


def _of(group: str, version: str, rows: str) -> list[Resource]:
    """Read rows of `Kind plural n|c [short,short] [status] [scale] [all]`."""
    made = []
    for row in rows.strip().splitlines():
        kind, plural, scope, *more = row.split()
        short = next((tuple(w[1:-1].split(",")) for w in more if w.startswith("[")), ())
        made.append(Resource(
            group, version, kind, plural, scope == "n", short, ALL if "all" in more else (),
            "status" in more, "scale" in more,
        ))  # fmt: skip
    return made


BUILT_IN = [
    *_of("", "v1", """
        ConfigMap configmaps n [cm]
        Endpoints endpoints n [ep]
        Event events n [ev]
        Namespace namespaces c [ns] status
        Node nodes c [no] status
        PersistentVolumeClaim persistentvolumeclaims n [pvc] status
        Pod pods n [po] status all
        ResourceQuota resourcequotas n [quota] status
        Secret secrets n
        Service services n [svc] status all
        ServiceAccount serviceaccounts n [sa]
    """),
    *_of("admissionregistration.k8s.io", "v1", """
        ValidatingAdmissionPolicy validatingadmissionpolicies c status
        ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings c
    """),
    *_of("apps", "v1", """
        ControllerRevision controllerrevisions n
        DaemonSet daemonsets n [ds] status all
        Deployment deployments n [deploy] status scale all
        ReplicaSet replicasets n [rs] status scale all
        StatefulSet statefulsets n [sts] status scale all
    """),
    *_of("autoscaling", "v2", """
        HorizontalPodAutoscaler horizontalpodautoscalers n [hpa] status all
    """),
    *_of("batch", "v1", """
        CronJob cronjobs n [cj] status all
        Job jobs n status all
    """),
    *_of("coordination.k8s.io", "v1", "Lease leases n"),
    *_of("discovery.k8s.io", "v1", "EndpointSlice endpointslices n"),
    *_of("events.k8s.io", "v1", "Event events n [ev]"),
    *_of("networking.k8s.io", "v1", """
        Ingress ingresses n [ing] status
        IngressClass ingressclasses c
        NetworkPolicy networkpolicies n [netpol]
    """),
    *_of("policy", "v1", "PodDisruptionBudget poddisruptionbudgets n [pdb] status"),
    *_of("rbac.authorization.k8s.io", "v1", """
        ClusterRole clusterroles c
        ClusterRoleBinding clusterrolebindings c
        Role roles n
        RoleBinding rolebindings n
    """),
    *_of("apiextensions.k8s.io", "v1", """
        CustomResourceDefinition customresourcedefinitions c [crd] status
    """),
]  # fmt: skip


class Registry:
    """Know what is served now: what is built in, and what custom resources were defined."""

    def __init__(self) -> None:
        self._known = {(r.group, r.version, r.plural): r for r in BUILT_IN}

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._known.get((group, version, plural))

    def by_kind(self, group: str, version: str, kind: str) -> Resource | None:
        return next((r for r in self._known.values()
                     if (r.group, r.version, r.kind) == (group, version, kind)), None)  # fmt: skip

    def all(self) -> list[Resource]:
        return list(self._known.values())

    def define(self, definition: Object) -> None:
        """Serve what a CustomResourceDefinition defines, as it is now."""
        spec = definition["spec"]
        self.forget(definition)
        for version in spec["versions"]:
            if version.get("served"):
                made = custom(spec, version)
                self._known[made.group, made.version, made.plural] = made

    def forget(self, definition: Object) -> None:
        """Serve it no longer."""
        spec = definition["spec"]
        for key in [
            k for k in self._known if (k[0], k[2]) == (spec["group"], names(spec)["plural"])
        ]:
            del self._known[key]


def names(spec: Object) -> Object:
    """Return what a definition's kind is called."""
    found: Object = spec["names"]
    return found


def custom(spec: Object, version: Object) -> Resource:
    """Return the resource that one version of a definition is."""
    called, parts = names(spec), version.get("subresources") or {}
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or ANY
    own = {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
           "metadata": {"$ref": types.META}}  # fmt: skip
    if schema.get("properties"):
        schema = {**schema, "properties": {**schema["properties"], **own}}
    return Resource(
        spec["group"], version["name"], called["kind"], called["plural"],
        spec.get("scope") == "Namespaced", tuple(called.get("shortNames", ())),
        tuple(called.get("categories", ())), "status" in parts, "scale" in parts, schema,
        tuple(version.get("additionalPrinterColumns", ())), True,
    )  # fmt: skip
