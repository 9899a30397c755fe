"""Check reconcile.py: in waves, healthy ones only, and not one write too many."""

from __future__ import annotations

from engine import named, query
from objects import in_wave

from lab_kit.judge import check, expect, expect_equal

FILE = "reconcile.py"
MANAGER = "kiosk-gitops"


def reconciled(engine, manifests, patience_s=20):
    """Have the engine reconcile; return what it says."""
    found = engine.call(FILE, "reconcile", manifests, patience_s, timeout=60.0)
    expect(
        isinstance(found, dict) and set(found) == {"applied", "failed"},
        "reconcile did not return what it applied and what failed.",
        f'expected: {{"applied": [names], "failed": [names]}}\ngot:      {found!r:.200}',
        "see the last lines of reconcile in reconcile.py.",
    )
    return found


@check(points=2, hint="Each wave: apply what changes(one) says would change, then wait.")
def the_cluster_becomes_what_git_says(engine, shop):
    """After a run the cluster has every object as the manifests say, and all are healthy."""
    web, words = shop.deployment(), shop.config_map()
    found = reconciled(engine, [words, web])
    expect_equal(found["failed"], [], "A run failed that should not.", next="look at healthy.")
    there = shop.get(words)
    expect(
        there is not None and there["data"] == words["data"] and shop.runs(web),
        "The cluster is not what the manifests say, or reconcile did not wait.",
        f"the Deployment's status: {(shop.get(web) or {}).get('status')!r:.300}",
        "look at what reconcile applies, and how long it waits.",
    )
    web["spec"]["replicas"] += 2
    reconciled(engine, [words, web])
    expect(
        shop.runs(web) and shop.get(web)["spec"]["replicas"] == web["spec"]["replicas"],
        "A second commit was not carried out, or not waited for.",
        f"{web['spec']['replicas']} replicas are wanted; the Deployment: "
        f"{shop.get(web)['spec']['replicas']}, its status {shop.get(web)['status']!r:.200}",
        "look at what reconcile applies, and how long it waits.",
    )


@check(
    points=2, needs=["the_cluster_becomes_what_git_says"],
    hint="Annotations are text, and waves are numbers: 10 comes after 9.",
)  # fmt: skip
def waves_come_in_the_order_of_their_numbers(engine, shop, fresh):
    """Waves begin in the order of their numbers, those below 0 first."""
    numbers = [-1, 2, 10, None]
    manifests = [in_wave(shop.config_map(), n) if n is not None else shop.config_map()
                 for n in numbers]  # fmt: skip
    order = [manifests[0], manifests[3], manifests[1], manifests[2]]
    shuffled = fresh.sample(manifests, len(manifests))
    engine.mark()
    reconciled(engine, shuffled)
    expect_equal(
        named(engine.writes()), [one["metadata"]["name"] for one in order],
        "The waves were applied in another order.",
        given={one["metadata"]["name"]: n for one, n in zip(manifests, numbers, strict=True)},
        next="look at how waves sorts.",
    )  # fmt: skip


@check(
    points=3, needs=["the_cluster_becomes_what_git_says"],
    hint=["The next wave may count on what the one before provides.",
          "reconcile has to return where a wave is not healthy in time."],
)  # fmt: skip
def a_failed_wave_stops_the_next(engine, shop):
    """Where a wave does not get healthy in time, the next one does not begin."""
    bad = in_wave(shop.deployment(image="kiosk/web:missing"), 1)
    after = in_wave(shop.config_map(), 2)
    found = reconciled(engine, [after, bad], patience_s=1)
    name = bad["metadata"]["name"]
    expect(
        len(found["failed"]) == 1 and str(found["failed"][0]).endswith(f"/{name}"),
        "The object that did not get healthy was not named as failed.",
        f"expected: failed is [the Deployment {name}]\ngot:      {found['failed']!r:.200}",
        "return the names of those that are not healthy.",
    )
    expect(
        shop.get(after) is None, "The next wave began although this one had failed.",
        f"wave 1 cannot be pulled ({name}), and wave 2 was applied",
        "return from reconcile where a wave fails.",
    )  # fmt: skip


@check(
    points=2, needs=["the_cluster_becomes_what_git_says"],
    hint="A wave is applied as a whole, and all of it is waited for.",
)  # fmt: skip
def a_wave_waits_for_the_one_before(engine, shop):
    """Nothing of a wave is written before all of the wave before is healthy."""
    slow = in_wave(shop.deployment(replicas=1, image="kiosk/web:slow"), 0)
    after = in_wave(shop.config_map(), 1)
    reconciled(engine, [slow, after])
    second = shop.get(after)
    expect(
        second is not None, "The second wave never began, although the first got healthy.",
        "one pod of wave 0 takes some seconds to be ready; patience_s was 20",
        "wait for as long as patience_s says.",
    )  # fmt: skip
    made = int(second["metadata"]["resourceVersion"])
    done = int(shop.get(slow)["metadata"]["resourceVersion"])
    expect(
        shop.runs(slow) and done < made,
        "The second wave was written before the first was healthy.",
        f"the first was healthy at version {done}, the second was made at version {made}",
        "wait for every object of a wave before the next.",
    )


@check(
    points=2, needs=["the_cluster_becomes_what_git_says"],
    hint="An apply that changes nothing is still a request that writes: ask changes first.",
)  # fmt: skip
def a_second_run_writes_nothing(engine, shop):
    """A run over a cluster that is as it should be makes no write at all."""
    manifests = [shop.config_map(), in_wave(shop.deployment(), 1)]
    reconciled(engine, manifests)
    engine.mark()
    found = reconciled(engine, manifests)
    uris = [event["requestURI"] for event in engine.writes()]
    expect_equal(uris, [], "A second run wrote to the cluster.", next="apply only what changes.")
    expect_equal(found["applied"], [], "A second run says that it applied something.")


@check(
    points=2,
    hint=["status.observedGeneration says which spec a status is about.",
          "Old pods that are still there are not what the spec asks for."],
)  # fmt: skip
def health_is_about_this_spec_and_all_pods(engine):
    """A status of an older spec, missing pods and old pods are not healthy."""
    good = {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2,
            "readyReplicas": 2}  # fmt: skip
    cases = [
        (good, True, "a status in which all is done"),
        ({**good, "observedGeneration": 2}, False, "a status of an older spec"),
        ({**good, "updatedReplicas": 1}, False, "one pod of two is new"),
        ({**good, "availableReplicas": 1}, False, "one pod of two is available"),
        ({**good, "replicas": 3}, False, "an old pod is still there"),
        ({}, False, "no status yet"),
    ]
    for status, wanted, what in cases:
        one = {"kind": "Deployment", "metadata": {"name": "web", "generation": 3},
               "spec": {"replicas": 2}, "status": status}  # fmt: skip
        expect_equal(
            engine.call(FILE, "healthy", one), wanted, "healthy took a Deployment for another.",
            given=f"{what}: {status}", next="look at healthy in reconcile.py.",
        )  # fmt: skip


@check(
    points=1, needs=["the_cluster_becomes_what_git_says"],
    hint="Who forces an apply takes every field from whoever has it, even an autoscaler.",
)  # fmt: skip
def it_writes_under_its_name_and_without_force(engine, shop):
    """Every write is an apply under the engine's own name that takes nothing by force."""
    engine.mark()
    reconciled(engine, [shop.config_map(), shop.deployment()])
    for event in engine.writes():
        asked = query(event)
        expect(
            event["verb"] == "patch" and asked.get("fieldManager") == [MANAGER],
            "A write was no apply under the engine's name.",
            f"{event['verb']} {event['requestURI']}", "write with apply from kiosk.py.",
        )  # fmt: skip
        expect(
            asked.get("force", ["false"]) != ["true"], "A write took fields by force.",
            event["requestURI"], "leave force out in reconcile.",
        )  # fmt: skip
