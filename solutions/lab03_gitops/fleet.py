"""Reconcile a thousand objects: ask once for each kind, and look closer only where it differs."""

import json

from kiosk import MANAGER, kind_of
from reconcile import healthy, reconcile


def sync(manifests, patience_s=30):
    """Reconcile what is not surely as it should be; return what reconcile does."""
    there = everything(manifests)
    rest = [one for one in manifests if not settled(one, there.get(key_of(one)))]
    return reconcile(rest, patience_s)


def everything(manifests):
    """Return what the cluster has of the kinds and namespaces in manifests: {key: object}."""
    found = {}
    for one in {key_of(each)[:3]: each for each in manifests}.values():
        listed = json.loads(
            kind_of(one).get(namespace=one["metadata"].get("namespace"), serialize=False).data
        )
        for live in listed["items"]:
            live |= {"apiVersion": one["apiVersion"], "kind": one["kind"]}
            found[key_of(live)] = live
    return found


def key_of(one):
    """Return what tells an object from all others."""
    return (
        one["apiVersion"],
        one["kind"],
        one["metadata"].get("namespace"),
        one["metadata"]["name"],
    )


def settled(manifest, live):
    """Say whether an apply would surely change nothing, and the object is healthy."""
    if live is None:
        return False
    entries = [
        e["fieldsV1"]
        for e in live["metadata"].get("managedFields", [])
        if e["manager"] == MANAGER and e["operation"] == "Apply"
    ]
    rest = {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind")}
    rest["metadata"] = {
        name: value
        for name, value in manifest["metadata"].items()
        if name not in ("name", "namespace")
    }
    if not rest["metadata"]:
        del rest["metadata"]
    return len(entries) == 1 and covered(entries[0], rest, live) and healthy(live)


def covered(fields, wanted, live):
    """Say whether MANAGER owns what the manifest says and no more, and it is as it says.

    fields: a branch of fieldsV1, as managedFields has it: a leaf is {}
    """
    inner = {name: branch for name, branch in fields.items() if name != "."}
    if not inner:
        return wanted == live
    if isinstance(wanted, dict) and isinstance(live, dict):
        return inner.keys() == {f"f:{name}" for name in wanted} and all(
            covered(inner[f"f:{name}"], value, live.get(name)) for name, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(live, list) and len(inner) == len(wanted):
        return all(
            name.startswith("k:")
            and covered(branch, *(element(each, json.loads(name[2:])) for each in (wanted, live)))
            for name, branch in inner.items()
        )
    return False


def element(items, keys):
    """Return the element with these keys; one that the server fills in may be missing."""
    for one in items:
        if all(one.get(name, value) == value for name, value in keys.items()):
            return one
    return None
