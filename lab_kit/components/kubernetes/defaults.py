"""Fill in what Kubernetes fills in where an object leaves it out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from lab_kit.components.kubernetes import definitions
from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.status import Object

Fill = Callable[[Object], None]


def filled(group: str, kind: str, one: Object) -> None:
    """Fill in the defaults of an object in place; a kind without any stays as it is."""
    if fill := KINDS.get((group, kind)):
        if not isinstance(one.get("spec", {}), dict):
            return  # the types are looked at afterwards
        if "spec" in one:
            one["spec"] = stated(one["spec"])
        fill(one)


def stated(value: Any) -> Any:
    """Return a value without its nulls: to say null is to leave a field out."""
    if isinstance(value, dict):
        return {key: stated(inner) for key, inner in value.items() if inner is not None}
    return [stated(inner) for inner in value] if isinstance(value, list) else value


def _set(place: Object, **values: Any) -> Object:
    for name, value in values.items():
        place.setdefault(name, value)
    return place


def pod_spec(spec: Object) -> None:
    """Fill in a pod's spec, or that of a template."""
    _set(spec, restartPolicy="Always", dnsPolicy="ClusterFirst", schedulerName="default-scheduler",
         terminationGracePeriodSeconds=30, securityContext={})  # fmt: skip
    volumes = spec.get("volumes")
    for volume in volumes if isinstance(volumes, list) else ():
        for part in ("configMap", "secret", "projected", "downwardAPI"):
            if isinstance(volume, dict) and isinstance(volume.get(part), dict):
                _set(volume[part], defaultMode=0o644)
    for part in ("containers", "initContainers"):
        listed = spec.get(part)
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict):
                container(one)


def container(one: Object) -> None:
    """Fill in a container."""
    image = str(one.get("image", ""))
    tag = image.rpartition("/")[2].partition(":")[2]
    latest = (not tag and "@" not in image) or tag == "latest"
    _set(one, imagePullPolicy="Always" if latest else "IfNotPresent", resources={},
         terminationMessagePath="/dev/termination-log",
         terminationMessagePolicy="File")  # fmt: skip
    ports = one.get("ports")
    for port in ports if isinstance(ports, list) else ():
        _set(port, protocol="TCP")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(one.get(probe), dict):
            _set(one[probe], periodSeconds=10, timeoutSeconds=1, successThreshold=1,
                 failureThreshold=3)  # fmt: skip
            if isinstance(one[probe].get("httpGet"), dict):
                _set(one[probe]["httpGet"], scheme="HTTP", path="/")


def template(spec: Object) -> None:
    """Fill in a pod template; a controller's own metadata has none of its fields."""
    inner = spec.get("template")
    if isinstance(inner, dict) and isinstance(inner.get("spec"), dict):
        pod_spec(inner["spec"])


def deployment(one: Object) -> None:
    """Fill in a Deployment."""
    spec = one.setdefault("spec", {})
    _set(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = _set(spec.setdefault("strategy", {}), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(strategy.setdefault("rollingUpdate", {}), maxSurge="25%", maxUnavailable="25%")
    template(spec)


def replica_set(one: Object) -> None:
    """Fill in a ReplicaSet."""
    template(_set(one.setdefault("spec", {}), replicas=1))


def stateful_set(one: Object) -> None:
    """Fill in a StatefulSet."""
    spec = _set(one.setdefault("spec", {}), replicas=1, revisionHistoryLimit=10,
                podManagementPolicy="OrderedReady")  # fmt: skip
    strategy = _set(spec.setdefault("updateStrategy", {}), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(strategy.setdefault("rollingUpdate", {}), partition=0)
    template(spec)


def daemon_set(one: Object) -> None:
    """Fill in a DaemonSet."""
    spec = _set(one.setdefault("spec", {}), revisionHistoryLimit=10)
    strategy = _set(spec.setdefault("updateStrategy", {}), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(strategy.setdefault("rollingUpdate", {}), maxSurge=0, maxUnavailable=1)
    template(spec)


def service(one: Object) -> None:
    """Fill in a Service."""
    spec = _set(one.setdefault("spec", {}), type="ClusterIP", sessionAffinity="None",
                internalTrafficPolicy="Cluster", ipFamilyPolicy="SingleStack")  # fmt: skip
    ports = spec.get("ports")
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, dict):
            _set(port, protocol="TCP", targetPort=port.get("port"))


def job(one: Object) -> None:
    """Fill in a Job."""
    spec = one.setdefault("spec", {})
    _set(spec, backoffLimit=6, completionMode="NonIndexed", suspend=False)
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    _set(spec, parallelism=1)
    template(spec)


def cron_job(one: Object) -> None:
    """Fill in a CronJob."""
    _set(one.setdefault("spec", {}), concurrencyPolicy="Allow", suspend=False,
         successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)  # fmt: skip


def secret(one: Object) -> None:
    """Fill in a Secret; what it has in plain text becomes data."""
    _set(one, type="Opaque")
    plain = one.get("stringData")
    if isinstance(plain, dict) and all(isinstance(value, str) for value in plain.values()):
        coded = {key: b64encode(value.encode()).decode() for key, value in plain.items()}
        one["data"] = {**(one.get("data") or {}), **coded}
        del one["stringData"]


def network_policy(one: Object) -> None:
    """Fill in a NetworkPolicy."""
    spec = one.setdefault("spec", {})
    _set(spec, policyTypes=["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def namespace(one: Object) -> None:
    """Fill in a Namespace, which is active at once."""
    _set(one.setdefault("spec", {}), finalizers=["kubernetes"])
    _set(one.setdefault("status", {}), phase="Active")
    labels = one["metadata"].setdefault("labels", {})
    labels.setdefault("kubernetes.io/metadata.name", one["metadata"].get("name", ""))


def pod(one: Object) -> None:
    """Fill in a Pod."""
    pod_spec(one.setdefault("spec", {}))
    _set(one["spec"], enableServiceLinks=True, serviceAccountName="default")
    _set(one.setdefault("status", {}), phase="Pending", qosClass="BestEffort")


def match_resources(place: Object) -> None:
    """Fill in what a policy or its binding is for."""
    _set(place, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
    for part in ("resourceRules", "excludeResourceRules"):
        for rule in place.get(part) or ():
            if isinstance(rule, dict):
                _set(rule, scope="*")


def admission_policy(one: Object) -> None:
    """Fill in a ValidatingAdmissionPolicy."""
    spec = _set(one.setdefault("spec", {}), failurePolicy="Fail")
    if isinstance(spec.get("matchConstraints"), dict):
        match_resources(spec["matchConstraints"])


def admission_binding(one: Object) -> None:
    """Fill in a ValidatingAdmissionPolicyBinding."""
    spec = one.setdefault("spec", {})
    if isinstance(spec.get("matchResources"), dict):
        match_resources(spec["matchResources"])


REGISTRATION = "admissionregistration.k8s.io"
KINDS: dict[tuple[str, str], Fill] = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.filled,
    ("apps", "Deployment"): deployment, ("apps", "ReplicaSet"): replica_set,
    ("apps", "StatefulSet"): stateful_set, ("apps", "DaemonSet"): daemon_set,
    ("batch", "Job"): job, ("batch", "CronJob"): cron_job, ("", "Service"): service,
    (REGISTRATION, "ValidatingAdmissionPolicy"): admission_policy,
    (REGISTRATION, "ValidatingAdmissionPolicyBinding"): admission_binding,
    ("networking.k8s.io", "NetworkPolicy"): network_policy, ("", "Pod"): pod,
    ("", "Secret"): secret, ("", "Namespace"): namespace,
}  # fmt: skip
NODES = ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady")
STATUS: dict[str, Object] = {
    "Deployment": {}, "Job": {}, "CronJob": {}, "ResourceQuota": {}, "ReplicaSet": {"replicas": 0},
    "StatefulSet": {"replicas": 0}, "DaemonSet": dict.fromkeys(NODES, 0),
    "Service": {"loadBalancer": {}}, "Ingress": {"loadBalancer": {}},
}  # fmt: skip


def begun(kind: str, one: Object) -> None:
    """Give a new object the status that nobody has written to yet."""
    if kind == "CustomResourceDefinition":
        definitions.established(one)
    elif kind in STATUS:
        one.setdefault("status", copied(STATUS[kind]))
