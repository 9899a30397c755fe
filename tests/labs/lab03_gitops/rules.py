"""Know which Deployments Kiosk's rules let in: what the checks of the policies share."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from lab_kit.components.controllers.client import ApiError
from lab_kit.errors import Failed

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
KINDS = {
    "ValidatingAdmissionPolicy": f"{ADMISSION}/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": f"{ADMISSION}/validatingadmissionpolicybindings",
}
EXCEPTIONS = "policy-exceptions"
Object = dict[str, Any]
FITS = ("256Mi", "268435456", "0.25Gi", "100M", "262144Ki", "64Mi")
TOO_LARGE = ("257Mi", "268435457", "300M")
MUCH_TOO_LARGE = ("1Gi", "0.5Gi", "1G")  # as texts they are small


def with_memory(one: Object, *limits: str | None) -> Object:
    """Return a Deployment with a container for each limit of memory, None being no limit."""
    made = copy.deepcopy(one)
    first = made["spec"]["template"]["spec"]["containers"][0]
    made["spec"]["template"]["spec"]["containers"] = [
        {**first, "name": f"c{n}", "ports": []}
        | ({"resources": {"limits": {"memory": limit}}} if limit else {})
        for n, limit in enumerate(limits)
    ]
    return made


def with_image(one: Object, image: str) -> Object:
    """Return a Deployment whose first container has another image."""
    made = copy.deepcopy(one)
    made["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return made


def let_in(shop: Any) -> list[tuple[str, Object]]:
    """Return Deployments that keep the rules, and what each shows; numbers and names are fresh."""
    some = shop.fresh.sample(FITS, 4)
    cases = [(f"a limit of {limit}", with_memory(shop.deployment(), limit)) for limit in some]
    cases.append(("two containers that fit", with_memory(shop.deployment(), *some[:2])))
    return cases


def kept_out(shop: Any) -> list[tuple[str, str, int, Object]]:
    """Return what breaks a rule: what it shows, the rule, the container's number, the object."""
    limit, other = shop.fresh.choice(TOO_LARGE), shop.fresh.choice(MUCH_TOO_LARGE)
    return [
        (f"a limit of {limit}", "memory", 0, with_memory(shop.deployment(), limit)),
        (f"a limit of {other}", "memory", 0, with_memory(shop.deployment(), other)),
        ("no limit", "memory", 0, with_memory(shop.deployment(), None)),
        ("a second container without a limit", "memory", 1,
         with_memory(shop.deployment(), "64Mi", None)),
        ("a second container that is too large", "memory", 1,
         with_memory(shop.deployment(), "64Mi", other)),
        ("an image without a version", "pinned", 0,
         with_image(with_memory(shop.deployment(), "64Mi"), "kiosk/web")),
    ]  # fmt: skip


@contextmanager
def under_rules(shop: Any, objects: Any) -> Iterator[None]:
    """Have the rules of a submission hold in a check's namespace; raise Failed if they cannot."""
    paths = [path_of(one) for one in objects] if isinstance(objects, list) else []
    if sorted(paths) != sorted(f"{path}/kiosk-rules" for path in KINDS.values()):
        raise Failed(
            "policy.yaml holds something else than the policy `kiosk-rules` and its binding.",
            f"got: {paths!r:.300}", "reset the file, and add the rule where it says TODO.",
        )  # fmt: skip
    shop.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": EXCEPTIONS}})
    shop.client.patch(f"/api/v1/namespaces/{shop.namespace}",
                      {"metadata": {"labels": {"kiosk.example/rules": "on"}}})  # fmt: skip
    try:
        for one, path in zip(objects, paths, strict=True):
            shop.client.create(path.rpartition("/")[0], one)
        take_effect(shop)
        yield
    except ApiError as problem:
        raise Failed("The cluster refused policy.yaml.", f"{problem!s:.500}",
                     "correct the expression that it names.") from None  # fmt: skip
    finally:
        for path in paths:
            with suppress(ApiError):
                shop.client.delete(path)


def path_of(one: Any) -> str:
    """Return the path of a policy or a binding, or what it is instead."""
    try:
        return f"{KINDS[one['kind']]}/{one['metadata']['name']}"
    except (KeyError, TypeError):
        return f"{one!r:.100}"


def take_effect(shop: Any) -> None:
    """Wait until the rule that is given holds: a real server takes a moment."""
    one = with_image(with_memory(shop.deployment(), "64Mi"), "kiosk/web")
    end = time.monotonic() + 3.0
    with suppress(ApiError):
        while time.monotonic() < end:
            shop.client.create(
                f"/apis/apps/v1/namespaces/{shop.namespace}/deployments?dryRun=All", one
            )
            time.sleep(0.05)
