"""Name what a check can need of a cluster, and see which of it a server has."""

from __future__ import annotations

import re

from lab_kit.components.cluster.access import Access, Refused
from lab_kit.errors import Unavailable

FEATURES = {
    "apply": "server-side apply",
    "watch": "watches",
    "watch-410": "watches that can be made too old",
    "bookmarks": "watches that tell how far they are",
    "field-validation": "words about unknown fields",
    "openapi-v3": "its types as OpenAPI v3",
    "crd": "custom resources that a lab may define",
    "admission": "admission policies that a lab may make",
    "rbac": "roles and users that a lab may make",
    "audit": "an audit log that a lab may read",
    "whole": "leave to use the whole cluster, not only namespaces of one's own",
    "gc": "a collector of what belonged to what was deleted",
    "quiet": "nobody but the lab who writes objects",
    "pods-run": "a node that runs pods",
    "inject": "faults that can be injected",
}
SINCE = {"apply": 18, "watch": 0, "openapi-v3": 24, "field-validation": 25}  # minor versions
SERVED = {
    "crd": ("apiextensions.k8s.io/v1", "customresourcedefinitions"),
    "admission": ("admissionregistration.k8s.io/v1", "validatingadmissionpolicies"),
    "rbac": ("authorization.k8s.io/v1", "selfsubjectaccessreviews"),  # else roles are only kept
}


def offered(access: Access) -> tuple[str, set[str]]:
    """Return a server's version, and the features that follow from it and from what it serves."""
    version = str(access.ask("GET", "/version").get("gitVersion", ""))
    found = {name for name, since in SINCE.items() if minor(version) >= since}
    return version, found | {name for name, where in SERVED.items() if serves(access, *where)}


def minor(version: str) -> int:
    """Return the 20 of v1.20.2."""
    found = re.match(r"v1\.(\d+)", version)
    if found is None:
        raise Unavailable("The cluster does not tell its version.", f"It says {version!r:.100}.")
    return int(found[1])


def serves(access: Access, group: str, plural: str) -> bool:
    """Say whether a resource is served."""
    try:
        listed = access.ask("GET", f"/apis/{group}").get("resources", [])
    except Refused:
        return False
    return any(one.get("name") == plural for one in listed)
