"""Sync many objects as lab03 does at last: nothing is overlooked that reconcile would see."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lab_kit.components.cluster import Cluster, cluster
from lab_kit.components.controllers import Images
from lab_kit.components.controllers.client import Client

SOLUTION = Path(__file__).parents[2] / "solutions" / "lab03_gitops"
NAMES = ("kiosk", "diff", "reconcile", "fleet")
Object = dict[str, Any]
META = {"name": "web", "namespace": "shop", "labels": {"tier": "front"}}
SPEC = {
    "replicas": 1, "selector": {"matchLabels": {"a": "b"}},
    "template": {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "main", "image": "kiosk/web:1", "args": ["x", "y"],
                                 "ports": [{"containerPort": 80}, {"containerPort": 81}]}]},
    },
}  # fmt: skip
WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": META, "spec": SPEC}
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "shop"},
       "data": {"a": "1", "b": "2"}}  # fmt: skip
OTHER = {"name": "main", "image": "kiosk/web:2"}
WEB_PATH = "/apis/apps/v1/namespaces/shop/deployments/web"
MAP_PATH = "/api/v1/namespaces/shop/configmaps/m"


@pytest.fixture(scope="module")
def found() -> Iterator[Cluster]:
    with cluster("embedded", Images()) as made:
        yield made


@pytest.fixture(scope="module")
def fleet(found: Cluster) -> Iterator[ModuleType]:
    """Import the solution as the notebook does, and forget it again."""
    patch = pytest.MonkeyPatch()
    patch.setenv("KUBECONFIG", str(found.kubeconfig))
    patch.syspath_prepend(str(SOLUTION))
    import fleet
    import kiosk

    try:
        kiosk.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
        yield fleet
    finally:
        for name in NAMES:
            sys.modules.pop(name, None)
        patch.undo()


@pytest.fixture
def client(found: Cluster, fleet: ModuleType) -> Client:
    told = fleet.sync([WEB, MAP])
    assert told["failed"] == []
    return Client(found.kubeconfig, "somebody")


def writes(found: Cluster) -> int:
    lines = map(json.loads, found.audit.read_text().splitlines())
    return sum("fieldManager=kiosk-gitops" in e["requestURI"] and "dryRun" not in e["requestURI"]
               for e in lines)  # fmt: skip


def test_what_is_as_it_should_be_is_not_even_tried(
    found: Cluster, fleet: ModuleType, client: Client
) -> None:
    before = len(found.audit.read_text().splitlines())
    assert fleet.sync([WEB, MAP]) == {"applied": [], "failed": []}
    asked = [json.loads(line) for line in found.audit.read_text().splitlines()[before:]]
    assert [e["requestURI"] for e in asked if "fieldManager=kiosk-gitops" in e["requestURI"]] == []


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (MAP_PATH, {"data": {"a": "9"}}),
        (MAP_PATH, {"data": {"a": None}}),
        (WEB_PATH, {"spec": {"replicas": 2}}),
        (WEB_PATH, {"metadata": {"labels": {"tier": None}}}),
        (WEB_PATH, {"spec": {"template": {"spec": {"containers": [OTHER]}}}}),
    ],
)  # fmt: skip
def test_every_edit_of_what_git_says_is_seen(
    fleet: ModuleType, client: Client, path: str, change: Object
) -> None:
    client.patch(path, change)
    wanted = [WEB, MAP]
    there = fleet.everything(wanted)
    assert [fleet.settled(one, there[fleet.key_of(one)]) for one in wanted].count(False) == 1
    client.delete(path)
    assert fleet.sync(wanted)["failed"] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["data"].pop("b"),
        lambda one: one["data"].update(c="3"),
        lambda one: one["metadata"].update(labels={"x": "y"}),
    ],
)
def test_every_edit_in_git_is_seen(fleet: ModuleType, client: Client, change: Any) -> None:
    wanted = copy.deepcopy(MAP)
    change(wanted)
    assert fleet.sync([wanted])["applied"] == ["ConfigMap shop/m"]
    assert fleet.sync([MAP])["applied"] == ["ConfigMap shop/m"]


def test_fields_of_others_are_no_reason(found: Cluster, fleet: ModuleType, client: Client) -> None:
    client.patch(MAP_PATH, {"metadata": {"annotations": {"seen": "yes"}}, "data": {"other": "1"}})
    before = writes(found)
    assert fleet.sync([WEB, MAP]) == {"applied": [], "failed": []}
    assert writes(found) == before
