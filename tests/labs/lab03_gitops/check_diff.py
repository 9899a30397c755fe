"""Check diff.py: what would change is told, all of it and nothing else."""

from __future__ import annotations

import copy

from lab_kit.judge import check, expect, expect_equal

FILE = "diff.py"


def told(engine, one):
    """Return what the engine says would change."""
    found = engine.call(FILE, "changes", one)
    expect(
        isinstance(found, dict), "changes did not return a dict.", f"got: {found!r:.200}",
        "return {path: [before, after]} from changes in diff.py.",
    )  # fmt: skip
    return found


def applied(engine, shop, one):
    """Have the engine's own door apply an object, so that it owns what it says."""
    engine.call("kiosk.py", "apply", one)
    if one["kind"] == "Deployment":
        shop.settled(one)


@check(points=2, hint="apply(manifest, dry_run=True) says what would be there; live(manifest) is.")
def a_change_is_told(engine, shop):
    """Another number of replicas and a new entry in a ConfigMap are told, with both values."""
    web, words = shop.deployment(), shop.config_map()
    for one in (web, words):
        applied(engine, shop, one)
    before, web["spec"]["replicas"] = web["spec"]["replicas"], 5
    expect_equal(
        told(engine, web).get(".spec.replicas"), [before, 5], "A change was not told.",
        given="5 replicas in the manifest", next="compare clean(before) with clean(after).",
    )  # fmt: skip
    words["data"]["greeting"] = "moin"
    expect_equal(
        told(engine, words).get(".data.greeting"), [None, "moin"], "A change was not told.",
        given="a new entry `greeting`", next="compare clean(before) with clean(after).",
    )  # fmt: skip


@check(
    points=2, needs=["a_change_is_told"],
    hint=["A manifest says less than the cluster: the server fills in what it leaves out.",
          "Compare two answers of the server, not an answer with the manifest."],
)  # fmt: skip
def what_the_server_fills_in_is_no_change(engine, shop):
    """A manifest that was applied as it is changes nothing, whatever the server filled in."""
    for one in (shop.deployment(), shop.config_map()):
        applied(engine, shop, one)
        expect_equal(
            told(engine, one), {}, "Something changes, although nothing was edited.",
            given=f"the {one['kind']} that was applied a moment ago",
            next="see which side of the comparison lacks it.",
        )  # fmt: skip


@check(
    points=2, needs=["a_change_is_told"],
    hint="A dry run has to say so: everything else is a write.",
)  # fmt: skip
def looking_writes_nothing(engine, shop):
    """Looking at what would change changes nothing, neither a new object nor an old one."""
    web, words = shop.config_map(), shop.config_map()
    applied(engine, shop, words)
    version = shop.get(words)["metadata"]["resourceVersion"]
    words["data"]["more"] = "1"
    engine.mark()
    found = told(engine, web)
    expect(
        list(found) == [""] and found[""][0] is None and isinstance(found[""][1], dict),
        "An object that is not there yet was not told as one change.",
        f'expected: {{"": [None, the object]}}\ngot:      {found!r:.300}',
        "see what changes returns where live(manifest) is None.",
    )
    told(engine, words)
    expect(
        shop.get(web) is None and shop.get(words)["metadata"]["resourceVersion"] == version,
        "changes wrote to the cluster.",
        f"{[e['requestURI'] for e in engine.writes()]!r:.300}",
        "look at how apply is called in changes.",
    )


@check(
    points=1, needs=["a_change_is_told"],
    hint="The generation counts changes of the spec: it is bookkeeping, like resourceVersion.",
)  # fmt: skip
def bookkeeping_is_no_change(engine, shop):
    """What the server counts and notes in metadata is left out, and the status."""
    meta = {"name": "x", "labels": {"a": "b"}, "annotations": {"c": "d"}, "namespace": "y"}
    servers = {"managedFields": [], "resourceVersion": "1", "generation": 2, "uid": "u",
               "creationTimestamp": "2026-01-01T00:00:00Z"}  # fmt: skip
    one = {"kind": "Deployment", "metadata": {**meta, **servers}, "spec": {"replicas": 1},
           "status": {"replicas": 1}}  # fmt: skip
    given = copy.deepcopy(one)
    expect_equal(
        engine.call(FILE, "clean", one),
        {"kind": "Deployment", "metadata": meta, "spec": {"replicas": 1}},
        "clean left something in, or took too much out.", given=given,
        next="leave out what SERVERS names, and status.",
    )  # fmt: skip
    web = shop.deployment()
    applied(engine, shop, web)
    before, web["spec"]["replicas"] = web["spec"]["replicas"], 5
    expect_equal(
        told(engine, web), {".spec.replicas": [before, 5]}, "More was told than was changed.",
        given="5 replicas in the manifest", next="compare clean(before) with clean(after).",
    )  # fmt: skip


@check(
    points=1, needs=["a_change_is_told"],
    hint="Who applies owns the fields of the manifest; one that leaves it is taken away.",
)  # fmt: skip
def what_left_the_manifest_is_a_change(engine, shop):
    """An entry or a label that left the manifest is told as going away."""
    words = shop.config_map(keep="1", drop="2")
    words["metadata"]["labels"] = {"tier": "front", "team": "blue"}
    applied(engine, shop, words)
    del words["data"]["drop"], words["metadata"]["labels"]["team"]
    expect_equal(
        told(engine, words),
        {".data.drop": ["2", None], ".metadata.labels.team": ["blue", None]},
        "What left the manifest was not told.", given="`drop` and the label `team` are gone",
        next="see which paths difference walks, and what clean leaves of metadata.",
    )  # fmt: skip
