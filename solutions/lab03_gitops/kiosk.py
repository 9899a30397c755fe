"""Reach the cluster, read manifests, and do one thing to one object: what your engine builds on."""

import functools
import json
import os
from pathlib import Path

import yaml
from kubernetes import config, dynamic, watch
from kubernetes.client.exceptions import ApiException

MANAGER = "kiosk-gitops"  # the name under which your engine writes
AUTOSCALER = "kiosk-autoscaler"  # whose fields are its own; anybody else's edit is drift
WAVE = "kiosk.example/wave"
AGENT = "kiosk-gitops/1 commit/{}"  # what the audit log keeps of who writes, and why


def cluster():
    """Return a client of the cluster that KUBECONFIG names."""
    return client_of(os.environ["KUBECONFIG"])


@functools.cache
def client_of(kubeconfig):
    """Return a client that knows what a cluster has; finding that out takes some requests."""
    return dynamic.DynamicClient(config.new_client_from_config(kubeconfig))


def carry_out(commit):
    """Write the hash of a commit into the audit log, with every request from now on."""
    cluster().client.user_agent = AGENT.format(commit)


def read(place):
    """Return every object in a YAML file, or in those of a folder in the order of their names."""
    found, place = [], Path(place)
    for file in [place] if place.is_file() else sorted(place.rglob("*.yaml")):
        found += [one for one in yaml.safe_load_all(file.read_text()) if one]
    return found


def kind_of(one):
    """Return the door to objects of the same kind."""
    return cluster().resources.get(api_version=one["apiVersion"], kind=one["kind"])


def where(one):
    """Return name and namespace, as the client wants them."""
    return {"name": one["metadata"]["name"], "namespace": one["metadata"].get("namespace")}


def name_of(one):
    """Return how people call an object: `Deployment shop/quote`."""
    at = where(one)
    return (
        f"{one['kind']} {at['namespace']}/{at['name']}"
        if at["namespace"]
        else (f"{one['kind']} {at['name']}")
    )


def live(one):
    """Return an object as the cluster has it now, None if it has none of that name."""
    try:
        return kind_of(one).get(**where(one)).to_dict()
    except ApiException as problem:
        if problem.status == 404:
            return None
        raise


def apply(one, dry_run=False, force=False):
    """Apply an object as MANAGER and return what it is then; `dry_run` only works it out.

    Raises ApiException: 409 where it would change a field that somebody else owns.
    """
    more = {"dry_run": "All"} if dry_run else {}
    return (
        kind_of(one)
        .server_side_apply(
            body=one, field_manager=MANAGER, force_conflicts=force, **where(one), **more
        )
        .to_dict()
    )


def delete(one):
    """Delete an object, with what belongs to it; one that is gone already is no failure."""
    try:
        kind_of(one).delete(**where(one))
    except ApiException as problem:
        if problem.status != 404:
            raise


def owners(one, path):
    """Return who owns a field of a live object: owners(quote, "spec.replicas")."""
    found = []
    for entry in one["metadata"].get("managedFields", []):
        branch = entry.get("fieldsV1", {})
        for step in path.split("."):
            branch = branch.get(f"f:{step}") if branch is not None else None
        if branch is not None:
            found.append(entry["manager"])
    return found


def changed_since(kind, namespace, version, seconds):
    """Give (type, object) of each change after a resourceVersion, for some seconds at most.

    Raises ApiException with status 410 where that is too long ago.
    """
    stream = watch.Watch().stream(
        kind.get,
        namespace=namespace,
        resource_version=version,
        timeout_seconds=seconds,
        serialize=False,
    )
    for event in stream:
        yield event["type"], event["raw_object"]


def conflicts(problem):
    """Return whose fields an apply was refused for: {".spec.replicas": "autoscaler"}."""
    told = json.loads(problem.body).get("details", {}).get("causes", [])
    return {
        cause["field"]: cause["message"].split('"')[1]
        for cause in told
        if cause.get("reason") == "FieldManagerConflict"
    }
