"""Bring the cluster to what the manifests say, wave by wave."""

import itertools
import time

from diff import changes
from kiosk import WAVE, apply, live, name_of


def wave_of(one):
    marks = one["metadata"].get("annotations") or {}
    return int(marks.get(WAVE, 0))


def waves(manifests):
    line = sorted(manifests, key=wave_of)
    return [list(group) for _, group in itertools.groupby(line, key=wave_of)]


def healthy(one):
    if one["kind"] == "Deployment":
        status = dict(one.get("status") or ())
        if status.get("observedGeneration", 0) < one["metadata"]["generation"]:
            return False
        counted = {status.get(name, 0)
                   for name in ("replicas", "updatedReplicas", "availableReplicas")}
        return counted == {one["spec"].get("replicas", 1)}
    if one["kind"] == "Job":
        return any(c["type"] == "Complete" and c["status"] == "True"
                   for c in (one.get("status") or {}).get("conditions") or [])
    return True


def ill(wave):
    return [one for one in wave if not ((there := live(one)) and healthy(there))]


def wait(wave, patience_s):
    end = time.monotonic() + patience_s
    while (left := ill(wave)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def reconcile(manifests, patience_s=30):
    applied = []
    for wave in waves(manifests):
        different = [one for one in wave if changes(one)]
        for one in different:
            apply(one)
        applied += map(name_of, different)
        if left := wait(wave, patience_s):
            return {"applied": applied, "failed": [name_of(one) for one in left]}
    return {"applied": applied, "failed": []}
