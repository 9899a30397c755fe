"""Check rollout.py: customers decide, and a bad release meets few of them."""

from __future__ import annotations

import threading

import pytest
from customers import Customers

from lab_kit.components.http_service import HttpService
from lab_kit.judge import check, expect, expect_equal

FILE = "rollout.py"


class Release:
    """Be a Deployment that runs behind its Service, with customers."""

    def __init__(self, shop, door):
        self.shop, self.door = shop, door
        tag = f"{shop.fresh.randrange(100)}.{shop.fresh.randrange(100)}"
        self.old = f"shop/web:{tag}"
        self.web = shop.deployment(3, self.old)
        container = self.web["spec"]["template"]["spec"]["containers"][0]
        container["readinessProbe"] = {
            "httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}  # fmt: skip
        name = self.web["metadata"]["name"]
        space = f"/api/v1/namespaces/{shop.namespace}"
        made = shop.client.create(f"{space}/services", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"port": 8080}]}})  # fmt: skip
        self.address = (made["spec"]["clusterIP"], 8080)
        door.service = self.address

    def begin(self, engine):
        engine.call("kiosk.py", "apply", self.web)
        self.shop.settled(self.web)
        probe = Customers(self.address)
        self.shop.until(lambda: probe.ask()[0] == 200, "a Service did not answer")

    def roll(self, engine, tag, patience_s=15):
        """Roll a release out with customers at the door; return what they got, and the answer."""
        self.most = 0
        with Customers(self.address) as customers, Watch(self.look):
            found = engine.call(FILE, "rollout", self.web, f"shop/web:{tag}", self.door.url,
                                patience_s, timeout=80)  # fmt: skip
        return customers, found

    def look(self):
        """Keep in mind the largest Deployment of another release that was ever there."""
        sizes = [replicas for image, replicas in self.state().values() if image != self.old]
        self.most = max([self.most, *sizes])

    def state(self):
        """Return the image and the replicas of each Deployment that is there."""
        found, _ = self.shop.client.list(
            f"/apis/apps/v1/namespaces/{self.shop.namespace}/deployments")  # fmt: skip
        return {one["metadata"]["name"]: (
            one["spec"]["template"]["spec"]["containers"][0]["image"], one["spec"]["replicas"])
            for one in found}  # fmt: skip


class Watch:
    """Do something again and again while the block lasts."""

    def __init__(self, act):
        self._act, self._end = act, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._end.wait(0.05):
            self._act()

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(timeout=10)


@pytest.fixture
def release(shop, door, engine):
    engine.submission.begun(FILE)
    made = Release(shop, door)
    made.begin(engine)
    yield made
    door.service = None


def as_before(release, found, what):
    """Expect that a release was refused and has left nothing behind."""
    expect_equal(found, False, "A bad release was called good.", given=what,
                 next="return False where a step does not do well.")  # fmt: skip
    name = release.web["metadata"]["name"]
    expect_equal(
        {key: list(value) for key, value in release.state().items()}, {name: [release.old, 3]},
        "After a stopped rollout the cluster is not as before.", given=what,
        next="delete the canary, whatever came of it, and leave the Deployment alone.",
    )  # fmt: skip


@check(
    points=2, deadline=120, hint="A step: runs(canary_of(...)) and good(url). At last: with_image."
)
def a_good_release_gets_to_everybody(engine, release, fresh):
    """A good release replaces the old one for all, and no customer notices."""
    tag = f"{fresh.randrange(100, 200)}.0"
    customers, found = release.roll(engine, tag)
    name = release.web["metadata"]["name"]
    expect_equal(found, True, "A good release was stopped.", given=f"shop/web:{tag}",
                 next="return True when all pods run the new release.")  # fmt: skip
    expect_equal(
        {key: list(value) for key, value in release.state().items()},
        {name: [f"shop/web:{tag}", 3]}, "The release did not get to everybody, or left a canary.",
        next="apply with_image(deployment, image), and delete the canary.",
    )  # fmt: skip
    expect_equal(customers.failed, 0, "Customers got errors while a good release came.",
                 given=dict(customers.got), next="never take away old pods first.")  # fmt: skip


@check(
    points=3, needs=["a_good_release_gets_to_everybody"], deadline=120,
    hint="One canary beside three others: a quarter of the requests, and no more, may meet it.",
)  # fmt: skip
def a_bad_release_meets_few_customers(engine, release):
    """A release whose health check is fine and whose answers are errors is stopped early."""
    customers, found = release.roll(engine, "bad")
    as_before(release, found, "a release that answers 500, but for its health check")
    expect(
        release.most == 1, "A bad release went beyond its first step.",
        f"there were {release.most} pods of it wanted at once; {customers.failed} of "
        f"{customers.asked} requests failed",
        "begin with one canary, and stop at the first step that is not good.",
    )  # fmt: skip


@check(points=2, hint="Of 10 requests none may fail although one in twelve does: ask more often.")
def a_release_that_fails_now_and_then_is_seen(engine, door):
    """A service that fails one time in twelve is not good; one that never fails is."""
    engine.submission.begun(FILE)
    for every, wanted in ((12, False), (0, True)):
        with HttpService(lambda call, every=every: answer(service, every)) as service:
            door.service = service.address
            engine.call("kiosk.py", "name_of", {"kind": "x", "metadata": {"name": "x"}})
            got = engine.call(FILE, "good", door.url)
            asked = len(service.calls)
        door.service = None
        expect_equal(
            got, wanted, "good took a service for another.",
            given=f"a service that fails {f'each {every}th time' if every else 'never'}; "
            f"it was asked {asked} times", next="see how often good asks, and what it forgives.",
        )  # fmt: skip


def answer(service, every):
    """Answer as a service that fails each so manieth time."""
    bad = every and len(service.calls) % every == 0
    return (500, "no") if bad else "yes"


@check(
    points=1, needs=["a_good_release_gets_to_everybody"], deadline=120,
    hint="ask returns the seconds as well.",
)  # fmt: skip
def a_slow_release_is_stopped(engine, release):
    """A release that answers well and takes more than a second is stopped."""
    _, found = release.roll(engine, "slow-answers")
    as_before(release, found, "a release that takes 1.6 s for each answer")


@check(
    points=1, needs=["a_good_release_gets_to_everybody"], deadline=120,
    hint="runs says False when the patience is over; there is nothing to ask then.",
)  # fmt: skip
def a_release_that_does_not_start_is_stopped(engine, release):
    """A release whose image cannot be pulled is given up, and customers notice nothing."""
    customers, found = release.roll(engine, "1-missing", patience_s=2)
    as_before(release, found, "a release that does not exist")
    expect_equal(customers.failed, 0, "Customers got errors from a release that never started.",
                 given=dict(customers.got), next="leave the old pods alone.")  # fmt: skip
