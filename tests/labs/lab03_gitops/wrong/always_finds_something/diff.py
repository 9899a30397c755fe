"""Say what applying a manifest would change, before it does."""

from kiosk import apply, live

# What the server keeps for itself: it differs from moment to moment, and nobody decides it.
SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


def clean(one):
    """Return an object without what the server owns: its bookkeeping in metadata, and status."""
    meta = {name: value for name, value in one["metadata"].items() if name not in SERVERS}
    return {name: value for name, value in one.items() if name != "status"} | {"metadata": meta}


def changes(manifest):
    """Return what applying a manifest would change: {path: [before, after]}, {} for nothing.

    A path is ".spec.replicas"; an object that is not there yet is one change, of "".
    """
    before = live(manifest)
    after = apply(manifest, dry_run=True)
    if before is None:
        return {"": [None, clean(after)]}
    return difference(clean(before), clean(after)) or {"": [clean(before), clean(after)]}


def difference(before, after, path=""):
    """Return where two values differ: {path: [before, after]}. (This one is given.)"""
    if isinstance(before, dict) and isinstance(after, dict):
        found = {}
        for name in sorted(before.keys() | after.keys()):
            found |= difference(before.get(name), after.get(name), f"{path}.{name}")
        return found
    return {} if before == after else {path: [before, after]}
