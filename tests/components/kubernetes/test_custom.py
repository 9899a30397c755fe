"""Custom resources: defined, served, held to their own schema, and gone with the definition."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from lab_kit.process import wait_until
from tests.components.kubernetes.made import Object, gone, refusal

pytestmark = pytest.mark.needs("crd")
MADE_OF = {"type": "string", "default": "wood", "enum": ["wood", "tin"]}
SIZE = {"type": "integer", "minimum": 1, "maximum": 5}
COLUMNS = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]


def definition() -> Object:
    spec = {"type": "object", "required": ["size"], "properties": {"size": SIZE, "of": MADE_OF}}
    schema = {"type": "object", "properties": {"spec": spec, "status": {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}  # fmt: skip
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
               "schema": {"openAPIV3Schema": schema},
               "additionalPrinterColumns": COLUMNS}  # fmt: skip
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["w"]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.lab.dev"},
        "spec": {"group": "lab.dev", "scope": "Namespaced", "names": names, "versions": [version]},
    }  # fmt: skip


def widget(name: str, size: Any = 3) -> Object:
    return {"apiVersion": "lab.dev/v1", "kind": "Widget", "metadata": {"name": name},
            "spec": {"size": size}}  # fmt: skip


def define(api: client.ApiClient, namespace: str) -> None:
    """Define widgets, and wait until they are served."""
    kinds, objects = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    kinds.create_custom_resource_definition(definition())

    def served() -> bool:
        told = kinds.read_custom_resource_definition("widgets.lab.dev").status
        return any((c.type, c.status) == ("Established", "True") for c in told.conditions or ())

    wait_until(served, timeout=10, what="the definition")
    place = ("lab.dev", "v1", namespace, "widgets")
    wait_until(lambda: not gone(objects.list_namespaced_custom_object, *place), timeout=10)


def undefine(api: client.ApiClient) -> None:
    """Delete the definition, and wait until it is gone."""
    kinds = client.ApiextensionsV1Api(api)
    kinds.delete_custom_resource_definition("widgets.lab.dev")
    read = kinds.read_custom_resource_definition
    wait_until(lambda: gone(read, "widgets.lab.dev"), timeout=20, what="the definition to go")


@pytest.fixture
def widgets(api: client.ApiClient, namespace: str):
    define(api, namespace)
    yield client.CustomObjectsApi(api)
    undefine(api)


def test_a_definition_is_served(widgets: client.CustomObjectsApi, namespace: str) -> None:
    place = ("lab.dev", "v1", namespace, "widgets")
    made = widgets.create_namespaced_custom_object(*place, widget("w"))
    assert (made["metadata"]["generation"], made["spec"]) == (1, {"size": 3, "of": "wood"})
    change = {"spec": {"size": 4}}
    changed = widgets.patch_namespaced_custom_object(*place, "w", change)
    assert (changed["metadata"]["generation"], changed["spec"]["size"]) == (2, 4)
    told = {"status": {"phase": "Made"}}
    done = widgets.patch_namespaced_custom_object_status(*place, "w", told)
    assert (done["status"], done["metadata"]["generation"]) == ({"phase": "Made"}, 2)
    found = widgets.list_namespaced_custom_object(*place)
    assert (found["kind"], len(found["items"])) == ("WidgetList", 1)


@pytest.mark.parametrize(
    ("size", "told"),
    [(99, "less than or equal to 5"), (0, "greater than or equal to 1"), ("x", "of type integer")],
)
def test_its_own_schema_holds(
    widgets: client.CustomObjectsApi, namespace: str, size: object, told: str
) -> None:
    place = ("lab.dev", "v1", namespace, "widgets")
    make = widgets.create_namespaced_custom_object
    code, reason, message = refusal(make, *place, widget("w", size))
    assert (code, reason) == (422, "Invalid")
    assert 'Widget.lab.dev "w" is invalid: spec.size' in message
    assert told in message
    empty = {**widget("w"), "spec": {}}
    assert "Required value" in refusal(make, *place, empty)[2]


def test_nothing_is_left_when_the_definition_goes(api: client.ApiClient, namespace: str) -> None:
    objects = client.CustomObjectsApi(api)
    place = ("lab.dev", "v1", namespace, "widgets")
    define(api, namespace)
    objects.create_namespaced_custom_object(*place, widget("w"))
    undefine(api)
    wait_until(lambda: gone(objects.list_namespaced_custom_object, *place), timeout=10)
    define(api, namespace)
    assert objects.list_namespaced_custom_object(*place)["items"] == []
    undefine(api)
