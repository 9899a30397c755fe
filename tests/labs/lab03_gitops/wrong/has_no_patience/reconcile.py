"""Bring the cluster to what the manifests say: in waves, and no wave before the last is healthy."""

import time

from diff import changes
from kiosk import WAVE, apply, live, name_of


def healthy(one):
    """Say whether a live object is what its spec asks for."""
    status, spec = one.get("status") or {}, one.get("spec") or {}
    if one["kind"] == "Deployment":
        wanted = spec.get("replicas", 1)
        return (
            status.get("observedGeneration") == one["metadata"]["generation"]
            and status.get("updatedReplicas", 0) == wanted
            and status.get("availableReplicas", 0) == wanted
            and status.get("replicas", 0) == wanted
        )
    if one["kind"] == "Job":
        ends = status.get("conditions") or []
        return any(end["type"] == "Complete" and end["status"] == "True" for end in ends)
    return True


def waves(manifests):
    """Return the manifests in waves, the lowest number first; without the annotation it is 0."""
    found = {}
    for one in manifests:
        number = int((one["metadata"].get("annotations") or {}).get(WAVE, "0"))
        found.setdefault(number, []).append(one)
    return [found[number] for number in sorted(found)]


def reconcile(manifests, patience_s=30):
    """Apply what differs, wave by wave; return {"applied": [names], "failed": [names]}.

    A wave whose objects are not all healthy in time has failed: the next one does not begin.
    """
    applied = []
    for wave in waves(manifests):
        for one in wave:
            if changes(one):
                apply(one)
                applied.append(name_of(one))
        end = time.monotonic() + min(patience_s, 2.0)
        ill = wave
        while ill := [one for one in ill if not healthy(live(one) or {**one, "status": {}})]:
            if time.monotonic() > end:
                return {"applied": applied, "failed": [name_of(one) for one in ill]}
            time.sleep(0.1)
    return {"applied": applied, "failed": []}
