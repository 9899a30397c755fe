"""Deploy only what somebody answers for, and say of every write whose it was."""

import re

from kiosk import AGENT, carry_out
from reconcile import reconcile

from lab_kit.components.repository_signatures import Rejected, verify

WRITES = ("create", "update", "patch", "delete", "deletecollection")


def facts(commit, manifests=()):
    """Return what trail.py knows of a commit of a Repository. (This one is given.)"""
    return {"hash": commit.hash, "author": commit.author.email, "subject": commit.subject,
            "raw": commit.raw.decode(), "manifests": list(manifests)}  # fmt: skip


def signer(commit, allowed):
    """Return who signed a commit: a key of `allowed`, {e-mail: public key}. (This one is given.)

    Raises Rejected, whose `what` says why, for one that nobody of them has signed.
    """
    return verify(commit["raw"].encode(), allowed)


def deployable(commits, deployed, allowed):
    """Return the hash of the commit to deploy, and why it is not the newest, "" if it is.

    commits: newest first;  deployed: the hash of the one that is, None if none is

    Every commit after `deployed` has to be signed by its author: the first that is not ends it.
    """
    best = deployed
    hashes = [commit["hash"] for commit in commits]
    new = commits[: hashes.index(deployed)] if deployed in hashes else commits
    for commit in reversed(new):
        try:
            who = signer(commit, allowed)
        except Rejected as problem:
            return best, "not signed"
        if who != commit["author"]:
            return best, f"{commit['hash'][:10]}: {who} signed for {commit['author']}."
        best = commit["hash"]
    return best, ""


def deploy(commits, deployed, allowed, patience_s=30):
    """Deploy what may be; return its hash and why it is not the newest. (This one is given.)"""
    best, why = deployable(commits, deployed, allowed)
    for commit in commits:
        if commit["hash"] == best != deployed:
            carry_out(best)
            reconcile(commit["manifests"], patience_s)
    return best, why


def trail(events, commits, engine):
    """Return a row for each write of the engine in an audit log, oldest first.

    engine: the user as which it signs in. A row has `object` ("deployments shop/quote"), `commit`,
    `author` and `subject` (None where the log names no commit that is known), and `verdict`:
    "refused", the exceptions that a policy noted, or "allowed".
    """
    known = {commit["hash"]: commit for commit in commits}
    rows = []
    for event in filter(is_write, events):
        if event["user"]["username"] != engine:
            continue
        named = re.fullmatch(AGENT.format("([0-9a-f]{40})"), event["userAgent"])
        commit = known.get(named[1]) if named else None
        noted = event.get("annotations", {}).get("kiosk-rules/exceptions", "")
        rows.append({
            "object": object_of(event),
            "commit": commit and commit["hash"],
            "author": commit and commit["author"],
            "subject": commit and commit["subject"],
            "verdict": "refused" if event["responseStatus"]["code"] >= 400 else noted or "allowed",
        })  # fmt: skip
    return rows


def intruders(events, manifests, engine):
    """Return who else wrote to what Git has: [(user, verb, "deployments shop/quote"), ...].

    What Kubernetes itself does is none: its users are called system:..., and status is theirs.
    """
    ours = {(one["kind"].lower() + "s", one["metadata"].get("namespace"), one["metadata"]["name"])
            for one in manifests}  # fmt: skip
    found = []
    for event in filter(is_write, events):
        at = event["objectRef"]
        who, key = event["user"]["username"], (at["resource"], at.get("namespace"), at.get("name"))
        if (
            key in ours
            and who != engine
            and not who.startswith("system:")
            and at.get("subresource") != "status"
            and event["responseStatus"]["code"] < 400
        ):
            found.append((who, event["verb"], object_of(event)))
    return found


def is_write(event):
    """Say whether an event of the audit log changed anything, or tried to. (This one is given.)"""
    return event["verb"] in WRITES and "dryRun" not in event["requestURI"]


def object_of(event):
    """Return what an event is about: "deployments shop/quote". (This one is given.)"""
    at = event["objectRef"]
    return f"{at.get('resource')} {at.get('namespace', '')}/{at.get('name', '')}"
