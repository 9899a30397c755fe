"""Check trail.py: only signed commits are deployed, and each write tells whose it was."""

from __future__ import annotations

import json
import re

import pytest
from engine import USER
from history import History, email

from lab_kit.components.controllers.client import Client
from lab_kit.components.repository_received import received
from lab_kit.components.repository_signatures import verify
from lab_kit.errors import LabError
from lab_kit.judge import check, expect, expect_equal

FILE = "trail.py"
BUNDLE = "repo.bundle"
HOW = "make it with the last cell of this part: repository.bundle(lab.folder / 'repo.bundle')."


@pytest.fixture
def history(tmp_path, fresh):
    return History(tmp_path / "kiosk", fresh)


def best(engine, history, deployed=None):
    """Return what the engine would deploy, and why not more."""
    found = engine.call(FILE, "deployable", history.facts(), deployed, history.allowed)
    expect(
        isinstance(found, list | tuple) and len(found) == 2,
        "deployable did not return a hash and a reason.", f"got: {found!r:.200}",
        "see the last line of deployable.",
    )  # fmt: skip
    return found


@check(points=2, hint="signer(commit, allowed) returns who signed it, or raises Rejected.")
def only_what_its_author_signed_is_deployed(engine, fresh, tmp_path):
    """Unsigned commits, those of strangers and those signed for somebody else end the line."""
    for author, key, what in (
        ("ada", None, "is not signed"), ("ada", "stranger", "is signed by a stranger's key"),
        ("ada", "bo", "is bo's work in ada's name"),
    ):  # fmt: skip
        history = History(tmp_path / str(key), fresh)
        good = history.commit("ada", "ada")
        expect_equal(best(engine, history), [good.hash, ""], "A signed commit was not deployed.",
                     next="return the newest commit that is signed.")  # fmt: skip
        bad = history.commit(author, key)
        got, why = best(engine, history, good.hash)
        expect_equal(
            got, good.hash, "A commit was deployed that its author did not sign.",
            given=f"{bad.hash[:10]} {what}", next="compare signer with the commit's author.",
        )  # fmt: skip
        expect(
            bad.hash[:7] in str(why), "The reason does not name the commit.",
            f"expected: something with {bad.hash[:10]}\ngot:      {why!r:.200}",
            "return a reason that begins with the commit's hash.",
        )  # fmt: skip


@check(
    points=2, needs=["only_what_its_author_signed_is_deployed"],
    hint="Whoever signs the newest commit did not sign what lies below it.",
)  # fmt: skip
def a_signature_on_top_covers_nothing_below(engine, history):
    """A signed commit on top of an unsigned one is not deployed; what came before both is."""
    first, second = history.commit("ada", "ada"), history.commit("bo", "bo")
    bad = history.commit("cleo", None)
    history.commit("ada", "ada")
    for deployed in (None, first.hash):
        got, why = best(engine, history, deployed)
        expect_equal(
            got, second.hash, "Something else was deployed than the last of an unbroken line.",
            given=f"signed, signed, not signed, signed; deployed is {deployed}",
            next="go from the oldest new commit, and end at the first that is not signed.",
        )  # fmt: skip
        expect(bad.hash[:7] in str(why), "The reason does not name the commit.", f"{why!r:.200}",
               "return a reason that begins with the commit's hash.")  # fmt: skip


@check(
    points=1, needs=["only_what_its_author_signed_is_deployed"],
    hint="What is deployed already was judged then; a key may have been taken away since.",
)  # fmt: skip
def what_is_deployed_is_not_judged_again(engine, history):
    """Only commits after the deployed one are looked at: keys come and go."""
    history.commit("cleo", "cleo")
    middle = history.commit("ada", "ada")
    del history.allowed[email("cleo")]
    expect_equal(
        best(engine, history, middle.hash), [middle.hash, ""],
        "A commit that is deployed was judged again.",
        given="the first commit's key was taken from the list after it had been deployed",
        next="look at the commits before `deployed` in the list only.",
    )  # fmt: skip
    newest = history.commit("bo", "bo")
    got = best(engine, history, middle.hash)
    expect_equal(got, [newest.hash, ""], "A signed commit was not deployed.")


def deployed(engine, shop, found, history):
    """Deploy two commits and a revert over the wire; return the audit events since."""
    words = shop.config_map(price="590")
    dear = json.loads(json.dumps(words).replace("590", "990"))
    begun = len(found.audit.read_text().splitlines())
    last = None
    first = history.commit("ada", "ada", [words])
    last, _ = engine.call(FILE, "deploy", history.facts(), last, history.allowed)
    second = history.commit("bo", "bo", [dear])
    last, _ = engine.call(FILE, "deploy", history.facts(), last, history.allowed)
    third = history.revert(second, "ada", [words])
    engine.call(FILE, "deploy", history.facts(), last, history.allowed)
    events = [json.loads(line) for line in found.audit.read_text().splitlines()[begun:]]
    return words, [first, second, third], events


@check(
    points=2, needs=["only_what_its_author_signed_is_deployed"],
    hint="AGENT.format(...) is what carry_out writes; the event has it in userAgent.",
)  # fmt: skip
def each_write_tells_its_commit(engine, shop, found, history):
    """Each write of the engine is told with its commit and author, a rollback like any other."""
    words, commits, events = deployed(engine, shop, found, history)
    there = shop.get(words)
    expect(
        there is not None and there["data"]["price"] == "590", "git revert did not roll back.",
        f"the ConfigMap is {there and there['data']}", "leave deploy as it is.",
    )  # fmt: skip
    rows = engine.call(FILE, "trail", events, history.facts(), USER)
    name = f"configmaps {shop.namespace}/{words['metadata']['name']}"
    wanted = [{"object": name, "commit": one.hash, "author": one.author.email,
               "subject": one.subject, "verdict": "allowed"} for one in commits]  # fmt: skip
    expect_equal(rows, wanted, "The trail does not tell the writes and their commits.",
                 given="three commits, the last of which reverts the second",
                 next="look at trail in trail.py.")  # fmt: skip


def event(agent, user=USER, code=200, notes=None, **about):
    at = {"resource": "configmaps", "namespace": "shop", "name": "prices", **about}
    return {"verb": "patch", "user": {"username": user}, "userAgent": agent, "objectRef": at,
            "requestURI": "/api/v1/x?fieldManager=x", "responseStatus": {"code": code},
            "annotations": notes or {}}  # fmt: skip


@check(
    points=2, needs=["each_write_tells_its_commit"],
    hint="Anybody can send a User-Agent; who signed in, the server knows.",
)  # fmt: skip
def a_claim_is_no_evidence(engine, history):
    """Other users' writes are no rows; a commit that nobody knows, or no commit, is none."""
    one = history.commit("ada", "ada")
    agent = f"kiosk-gitops/1 commit/{one.hash}"
    events = [
        event(agent, user="mallory"), event("kiosk-gitops/1 commit/" + "0" * 40),
        event("curl/8"), event(f"evil {agent} evil"), event(agent, code=422),
        event(agent, notes={"kiosk-rules/exceptions": "memory until 2099-01-01: x"}),
    ]  # fmt: skip
    rows = engine.call(FILE, "trail", events, history.facts(), USER)
    short = [(row.get("commit"), row.get("author"), row.get("verdict")) for row in rows]
    mine = (one.hash, email("ada"))
    wanted = [(None, None, "allowed")] * 3 + [
        (*mine, "refused"), (*mine, "memory until 2099-01-01: x")]  # fmt: skip
    expect_equal(
        [list(row) for row in short], [list(row) for row in wanted],
        "The trail takes a claim for evidence, or loses a verdict.", given=events,
        next="compare user.username with engine, and the whole User-Agent with AGENT.",
    )  # fmt: skip


@check(points=2, hint="The engine, system: users and status are no intruders, nor what is refused.")
def writes_from_elsewhere_are_detected(engine, shop, found):
    """Who else edits or deletes what Git has is told; the engine and Kubernetes itself are not."""
    web, words, other = shop.deployment(), shop.config_map(), shop.config_map()
    begun = len(found.audit.read_text().splitlines())
    for one in (web, words):
        engine.call("kiosk.py", "apply", one)
    shop.settled(web)
    mallory = Client(found.server.sign_in("mallory", "system:masters"), "kiosk-gitops")
    mallory.patch(shop.path(web), {"spec": {"replicas": 1}})
    mallory.delete(shop.path(words))
    mallory.create(f"/api/v1/namespaces/{shop.namespace}/configmaps", other)
    guest = Client(found.server.sign_in("guest"), "guest")
    with pytest.raises(Exception, match="forbidden"):
        guest.patch(shop.path(web), {"spec": {"replicas": 9}})
    events = [json.loads(line) for line in found.audit.read_text().splitlines()[begun:]]
    got = engine.call(FILE, "intruders", events, [web, words], USER)
    names = [one["metadata"]["name"] for one in (web, words)]
    expect_equal(
        sorted(map(list, got)),
        [["mallory", "delete", f"configmaps {shop.namespace}/{names[1]}"],
         ["mallory", "patch", f"deployments {shop.namespace}/{names[0]}"]],
        "The intruders are others.",
        given="mallory edited a Deployment and deleted a ConfigMap of Git's, and made one of her "
        "own; a guest was refused; controllers worked", next="look at intruders in trail.py.",
    )  # fmt: skip


@check(
    points=2, hint="The cell makes a key, commits with it, reverts that commit, and bundles all."
)
def your_repository_is_handed_in(submission):
    """repo.bundle holds your repository: the newest commit is signed, and one is a revert."""
    submission.begun(FILE)
    place = submission.folder / BUNDLE
    expect(place.is_file(), "There is no repo.bundle yet.", "", HOW)
    found = received(place)
    newest = found.commits[0]
    files = found.files(newest)
    expect(
        "allowed_signers" in files, "The repository has no file allowed_signers.",
        f"its files: {sorted(files)!r:.200}", HOW,
    )  # fmt: skip
    lines = files["allowed_signers"].decode("utf-8", "replace").splitlines()[:50]
    allowed = dict(line.split(" ", 1) for line in lines if " " in line)
    try:
        who = verify(newest.raw, allowed)
    except LabError as problem:
        who = f"nobody: {problem.what}"
    expect_equal(
        who, newest.author.email, "The newest commit is not signed by its author.",
        given=f"{newest.hash[:10]} {newest.subject!r:.100}", next=HOW,
    )  # fmt: skip
    known = {commit.hash: commit for commit in found.commits}
    undone = [
        known.get(match[1])
        for commit in found.commits
        for match in re.finditer(r"This reverts commit ([0-9a-f]{40})", commit.message)
    ]
    expect(
        any(undone), "No commit of the repository reverts another one.",
        f"its commits: {[c.subject for c in found.commits[:10]]!r:.300}", HOW,
    )  # fmt: skip
