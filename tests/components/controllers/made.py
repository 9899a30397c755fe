"""Make objects for controllers, and wait for what they make of them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from lab_kit.errors import Unavailable
from lab_kit.process.wait import wait_until

Object = dict[str, Any]


def template(image: str, app: str = "web", **container: Any) -> Object:
    made = {"name": "c", "image": image, "ports": [{"containerPort": 8080}], **container}
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [made]}}


def deployment(
    name: str = "web", image: str = "shop/web:1", replicas: int = 2, **spec: Any
) -> Object:
    container = spec.pop("container", {})
    return {
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                 "template": template(image, name, **container), **spec},
    }  # fmt: skip


def service(name: str = "web") -> Object:
    return {"metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"port": 8080}]}}  # fmt: skip


def eventually(look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return the first answer that is true; fail when there is none in time."""
    found: list[Any] = []

    def seen() -> bool:
        found[:] = [look()]
        return bool(found[0])

    try:
        wait_until(seen, timeout=seconds)
    except Unavailable:
        pytest.fail(f"it did not happen within {seconds:g} s; the last answer was {found}")
    return found[0]


def get(address: str, path: str = "/", port: int = 8080) -> tuple[int, str]:
    """Return status and text of what answers there; (0, why) when nothing does."""
    try:
        with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()
    except OSError as problem:
        return 0, str(problem)
