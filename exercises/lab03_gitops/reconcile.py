"""Bring the cluster to what the manifests say: in waves, and no wave before the last is healthy."""

import time

from diff import changes
from kiosk import WAVE, apply, live, name_of


def healthy(one):
    """Say whether a live object is what its spec asks for."""
    status, spec = one.get("status") or {}, one.get("spec") or {}
    if one["kind"] == "Deployment":
        raise NotImplementedError("its controller has seen this spec, and every replica is new and available")
    if one["kind"] == "Job":
        ends = status.get("conditions") or []
        return any(end["type"] == "Complete" and end["status"] == "True" for end in ends)
    return True


def waves(manifests):
    """Return the manifests in waves, the lowest number first; without the annotation it is 0."""
    raise NotImplementedError("group the manifests by the number in their annotation WAVE")


def reconcile(manifests, patience_s=30):
    """Apply what differs, wave by wave; return {"applied": [names], "failed": [names]}.

    A wave whose objects are not all healthy in time has failed: the next one does not begin.
    """
    applied = []
    for wave in waves(manifests):
        raise NotImplementedError("apply what would change, then wait for the health of the whole wave")
    return {"applied": applied, "failed": []}
