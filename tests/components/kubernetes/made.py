"""Make objects to send, and look at refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubernetes.client.rest import ApiException

Object = dict[str, Any]


def deployment(name: str = "web", replicas: int = 2, image: str = "nginx:1.27") -> Object:
    labels = {"app": name}
    container = {"name": "c", "image": image, "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
    }  # fmt: skip


def config_map(name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def refusal(act: Any, *given: Any, **more: Any) -> tuple[int, str, str]:
    """Return code, reason and message of the Status that a call is refused with."""
    with pytest.raises(ApiException) as caught:
        act(*given, **more)
    told = json.loads(caught.value.body)
    assert (told["kind"], told["status"], told["code"]) == (
        "Status",
        "Failure",
        caught.value.status,
    )
    return caught.value.status, told["reason"], told["message"]


def gone(read: Any, *given: Any) -> bool:
    """Say whether what is read is not there (any more)."""
    try:
        read(*given)
    except ApiException as refused:
        if refused.status != 404:
            raise
        return True
    return False
