"""Let a new release answer a few customers first, and all of them only if that goes well."""

import json
import time
import urllib.error
import urllib.request

from kiosk import apply, delete, live
from reconcile import healthy

ASKED = 60  # requests in each step: a release that fails one time in five is seen with one in 20
MOST_ERRORS = 0.01  # of them
SLOWEST_S = 1.0


def canary_of(deployment, image, replicas):
    """Return a Deployment beside this one, behind the same Service. (This one is given.)"""
    one = json.loads(json.dumps(deployment))
    one["metadata"]["name"] += "-canary"
    one["spec"]["replicas"] = replicas
    one["spec"]["selector"]["matchLabels"]["track"] = "canary"
    one["spec"]["template"]["metadata"]["labels"]["track"] = "canary"
    return with_image(one, image)


def with_image(deployment, image):
    """Return a Deployment whose first container runs an image. (This one is given.)"""
    one = json.loads(json.dumps(deployment))
    one["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return one


def ask(url):
    """Ask the service once; return its status, 0 for none, and the seconds. (This one is given.)"""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            status = answer.status
    except urllib.error.HTTPError as answer:
        status = answer.code
    except OSError:
        status = 0
    return status, time.monotonic() - began


def runs(deployment, patience_s):
    """Apply a Deployment, and say whether it gets healthy in time. (This one is given.)"""
    apply(deployment)
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if healthy(live(deployment)):
            return True
        time.sleep(0.1)
    return False


def good(url):
    """Say whether the service does well: few errors, and none of the answers too slow."""
    errors = 0
    for _ in range(ASKED):
        status, seconds = ask(url)
        errors += status != 200
        if errors > ASKED * MOST_ERRORS or seconds > SLOWEST_S:
            return False
    return True


def rollout(deployment, image, url, patience_s=10):
    """Bring a release to all customers in steps; return whether it got there.

    One canary pod, then as many as there are others, then all. Where a step is not healthy in time
    or not good, the canary goes and everything is as before. The canary never stays.
    """
    canary = canary_of(deployment, image, 1)
    try:
        for replicas in (1, deployment["spec"]["replicas"]):
            if not runs(canary_of(deployment, image, replicas), patience_s):
                return False
        if not good(url):
            return False
        return runs(with_image(deployment, image), patience_s)
    finally:
        delete(canary)
