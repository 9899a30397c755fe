"""Check prune_and_heal.py: what left Git goes, what drifts comes back, and nothing else moves."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from engine import USER

from lab_kit.components.kubernetes.faults import Fault
from lab_kit.judge import check, expect, expect_equal

FILE = "prune_and_heal.py"
AUTOSCALER = "kiosk-autoscaler"
IN_TIME_S = 1.5


def begun(engine, shop, manifests):
    """Have the engine apply manifests and note them in its inventory."""
    for one in manifests:
        engine.call("kiosk.py", "apply", one)
    engine.call(FILE, "record", shop.namespace, manifests)
    for one in manifests:
        if one["kind"] == "Deployment":
            shop.settled(one)


def pruned(engine, shop, manifests):
    return engine.call(FILE, "prune", shop.namespace, manifests)


def ends(names):
    """Return the names of objects without kind and namespace."""
    return sorted(str(name).rpartition("/")[2] for name in names)


@check(points=2, hint="The inventory says what the engine made; the manifests, what is wanted.")
def what_left_git_leaves_the_cluster(engine, shop):
    """What the engine made and Git no longer has is deleted and named; the rest stays."""
    kept, gone, web = shop.config_map(), shop.config_map(), shop.deployment()
    begun(engine, shop, [kept, gone, web])
    found = pruned(engine, shop, [kept])
    wanted = sorted(one["metadata"]["name"] for one in (gone, web))
    expect_equal(ends(found), wanted, "prune named something else.",
                 next="return the names of what was deleted.")  # fmt: skip
    expect(
        shop.get(gone) is None and shop.get(web) is None and shop.get(kept) is not None,
        "The cluster has something else than Git.",
        f"{wanted} had to go, {kept['metadata']['name']} had to stay",
        "look at what prune deletes.",
    )


@check(
    points=2, needs=["what_left_git_leaves_the_cluster"],
    hint="A label can be copied, and a name can be used again; a uid cannot.",
)  # fmt: skip
def what_it_did_not_make_stays(engine, shop):
    """An object of somebody else stays: one with the same labels, and one that took the name."""
    mine, again = shop.config_map(), shop.config_map()
    mine["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "kiosk-gitops"}
    begun(engine, shop, [mine, again])
    other = shop.config_map()
    other["metadata"]["labels"] = dict(mine["metadata"]["labels"])
    shop.put(other)
    shop.delete(again)
    shop.put(again)
    pruned(engine, shop, [])
    expect(
        shop.get(other) is not None, "prune deleted what the engine never made.",
        f"{other['metadata']['name']} only has the same labels", "go by the inventory.",
    )  # fmt: skip
    expect(
        shop.get(again) is not None, "prune deleted an object that took the name of an old one.",
        f"{again['metadata']['name']} was deleted and made anew by somebody else",
        "compare the uid with that of the inventory.",
    )  # fmt: skip
    expect(shop.get(mine) is None, "prune left what the engine made.", mine["metadata"]["name"])


@check(
    points=1, needs=["what_left_git_leaves_the_cluster"],
    hint="Count before the first delete.",
)  # fmt: skip
def an_empty_folder_does_not_empty_the_cluster(engine, shop):
    """More than LIMIT objects at once are refused, and none of them is deleted."""
    manifests = [shop.config_map() for _ in range(6)]
    begun(engine, shop, manifests)
    reply = engine.submission.reply(FILE, "prune", shop.namespace, [], timeout=30)
    kind = reply.error.type if reply.error else f"a value: {reply.value!r:.80}"
    left = sum(shop.get(one) is not None for one in manifests)
    expect_equal(
        (kind, left), ("ValueError", 6), "A mistake in Git emptied the cluster.",
        given="6 objects left Git at once, LIMIT is 5",
        next="raise ValueError before anything is deleted.",
    )  # fmt: skip


@check(points=2, hint="changes(manifest) may be refused, too: dry runs conflict as applies do.")
def what_somebody_changed_comes_back(engine, shop):
    """An edit by hand and a deletion are undone; without either nothing is written."""
    web, words = shop.deployment(), shop.config_map(price="590")
    begun(engine, shop, [web, words])
    engine.mark()
    expect_equal(
        [engine.call(FILE, "heal", one) for one in (web, words)], [False, False],
        "heal says that it mended what nobody broke.", next="return False where nothing changes.",
    )  # fmt: skip
    expect_equal([e["requestURI"] for e in engine.writes()], [], "heal wrote without a need.")
    shop.edit(words, {"data": {"price": "1"}})
    shop.delete(web)
    for one in (web, words):
        expect_equal(engine.call(FILE, "heal", one), True, "heal did not say that it mended.",
                     given=one["metadata"]["name"], next="return True.")  # fmt: skip
    expect(
        shop.get(web) is not None and shop.get(words)["data"] == {"price": "590"},
        "What somebody changed did not come back.",
        f"the ConfigMap has {shop.get(words)['data']}, the Deployment is "
        f"{'there' if shop.get(web) else 'gone'}",
        "apply it by force where somebody else owns the field now.",
    )


@check(
    points=2, needs=["what_somebody_changed_comes_back"],
    hint="conflicts(problem) says whose fields an apply would take.",
)  # fmt: skip
def the_autoscaler_keeps_its_replicas(engine, shop):
    """Replicas that the autoscaler owns stay as it set them, and an edit beside them is undone."""
    web = shop.deployment(replicas=2)
    begun(engine, shop, [web])
    shop.client.patch(f"{shop.path(web)}?fieldManager={AUTOSCALER}", {"spec": {"replicas": 5}})
    engine.call(FILE, "heal", web)
    shop.edit(web, {"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "evil/web:6"}]}}}})  # fmt: skip
    engine.call(FILE, "heal", web)
    spec = shop.get(web)["spec"]
    image = spec["template"]["spec"]["containers"][0]["image"]
    expect_equal(
        {"replicas": spec["replicas"], "image": image},
        {"replicas": 5, "image": "kiosk/web:1"},
        "heal did not leave the autoscaler its field, or did not undo an edit beside it.",
        given=f"{AUTOSCALER} set 5 replicas; somebody else set the image",
        next="leave AUTOSCALER's fields out of the manifest, and force the rest.",
    )  # fmt: skip


def guarded(engine, manifests, trouble, seconds):
    """Let the engine stand guard while trouble(end) goes on; return how often it healed."""
    engine.mark()
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(1) as crowd:
        job = crowd.submit(engine.call, FILE, "guard", manifests, seconds)
        while not engine.has_begun() and not job.done() and time.monotonic() < end - seconds * 0.6:
            time.sleep(0.05)
        try:
            trouble(end)
        finally:
            found = job.result()
    return found


def back(shop, one, seconds):
    """Say whether an object gets back to its data in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        there = shop.get(one)
        if there and there["data"] == one["data"]:
            return True
        time.sleep(0.05)
    return False


@check(
    points=3, needs=["what_somebody_changed_comes_back"], deadline=60,
    hint="A watch tells of a change within milliseconds; asking again and again does not.",
)  # fmt: skip
def chaos_is_undone_while_it_goes_on(engine, shop, fresh):
    """While the guard stands, edits and deletions are undone one after another."""
    manifests = [shop.config_map(price=str(n)) for n in range(3)]
    begun(engine, shop, manifests)
    undone = []

    def trouble(end):
        while len(undone) < 6 and time.monotonic() < end - IN_TIME_S:
            one = fresh.choice(manifests)
            shop.delete(one) if fresh.random() < 0.4 else shop.edit(one, {"data": {"price": "x"}})
            undone.append(back(shop, one, IN_TIME_S))
            if not undone[-1]:
                return

    healed = guarded(engine, manifests, trouble, 5)
    if all(undone) and len(undone) < 4:  # a machine that has much else to do
        healed = guarded(engine, manifests, trouble, 20)
    expect(
        undone and all(undone), "Chaos went on longer than the guard could stand.",
        f"an edit was not undone within {IN_TIME_S} s; guard says that it healed {healed!r:.40}",
        "heal as soon as the watch tells of a change.",
    )  # fmt: skip


@check(
    points=3, needs=["chaos_is_undone_while_it_goes_on"], deadline=60,
    hint=["Servers end watches whenever they like.",
          "410 says: too long ago. List again, and watch from there.",
          "An answer of 500 is no reason to go home."],
)  # fmt: skip
def the_guard_survives_a_bad_day(engine, shop, found):
    """A watch that is cut, one that is too old, and errors of the server end no guard."""
    one = shop.config_map(price="590")
    begun(engine, shop, [one])

    faults = found.server.faults
    days = [
        ("its watch was cut", []),
        ("its watch was too old (410)", [Fault(410, verb="watch", user=USER)]),
        ("the server answered 500 twice", [Fault(500, times=2, user=USER)]),
    ]
    lost = []

    def trouble(end):
        for what, planned in days:
            met = faults.met + sum(fault.times for fault in planned)
            for fault in planned:
                faults.add(fault)
            found.server.cut_watches()
            soon = time.monotonic() + 1.0
            while faults.met < met and time.monotonic() < soon:
                time.sleep(0.02)
            shop.edit(one, {"data": {"price": "1"}})
            if not back(shop, one, 2.0):
                lost.append(what)
                return

    guarded(engine, [one], trouble, 9)
    found.server.faults.clear()
    expect(
        not lost, "The guard went home.", f"after {' '.join(lost)}, an edit was not undone",
        "begin anew in guard where the watch ends or a request fails.",
    )  # fmt: skip
