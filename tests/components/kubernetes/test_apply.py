"""Server-side apply: managers own fields, take them by force only, and leave what others own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubernetes import client, dynamic

from lab_kit.components.kubernetes import apply as ssa
from lab_kit.components.kubernetes import schema as types
from lab_kit.components.kubernetes.patch import json_patched, merged, strategic
from lab_kit.components.kubernetes.status import Refused
from tests.components.kubernetes.made import Object, config_map, deployment

DEPLOYMENT = types.of_kind("apps", "v1", "Deployment")
FAST = settings(max_examples=60, deadline=None, derandomize=True, database=None)


class Apply:
    """Apply as somebody, through the official dynamic client."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.dynamic, self.namespace = dynamic.DynamicClient(api), namespace

    def __call__(self, one: Object, by: str, **more: Any) -> Object:
        kind = self.dynamic.resources.get(api_version=one["apiVersion"], kind=one["kind"])
        made = self.dynamic.server_side_apply(
            kind, one, namespace=self.namespace, field_manager=by, **more
        )
        told: Object = made.to_dict()
        return told

    def conflicts(self, one: Object, by: str) -> list[tuple[str, str]]:
        """Return what a refused apply would have taken: (message, field) each."""
        with pytest.raises(dynamic.exceptions.ConflictError) as caught:
            self(one, by)
        causes = json.loads(caught.value.body)["details"]["causes"]
        return [(cause["message"], cause["field"]) for cause in causes]


@pytest.fixture
def apply(api: client.ApiClient, namespace: str) -> Apply:
    return Apply(api, namespace)


def test_who_applies_owns_what_was_applied(apply: Apply) -> None:
    made = apply(deployment(), "gitops")
    [entry] = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("gitops", "Apply")
    owned = entry["fieldsV1"]["f:spec"]
    assert owned["f:replicas"] == {}
    assert 'k:{"name":"c"}' in owned["f:template"]["f:spec"]["f:containers"]
    assert "f:strategy" not in owned  # the server filled that in


def test_to_change_what_others_own_is_a_conflict(apply: Apply) -> None:
    apply(deployment(), "gitops")
    wanted = deployment(replicas=9)
    assert apply.conflicts(wanted, "intruder") == [('conflict with "gitops"', ".spec.replicas")]
    taken = apply(wanted, "intruder", force_conflicts=True)
    assert taken["spec"]["replicas"] == 9
    assert apply.conflicts(deployment(), "gitops") == [
        ('conflict with "intruder"', ".spec.replicas")
    ]


def test_an_equal_value_is_shared(apply: Apply) -> None:
    apply(deployment(), "gitops")
    apply(deployment(), "twin")
    without = deployment()
    del without["spec"]["replicas"]
    assert apply(without, "gitops")["spec"]["replicas"] == 2  # the twin still owns it


def test_what_is_no_longer_applied_goes(apply: Apply) -> None:
    apply(config_map("cm", a="1", b="2"), "gitops")
    apply({**config_map("cm"), "data": {"c": "3"}}, "other")
    assert apply(config_map("cm", a="1"), "gitops")["data"] == {"a": "1", "c": "3"}


def test_lists_are_merged_by_their_keys(apply: Apply) -> None:
    apply(deployment(), "gitops")
    side = {"name": "proxy", "image": "envoy:1"}
    part = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": [side]}}}}  # fmt: skip
    both = apply(part, "mesh")
    assert [c["name"] for c in both["spec"]["template"]["spec"]["containers"]] == ["c", "proxy"]
    gone = apply({**part, "spec": {"paused": False}}, "mesh")
    assert [c["name"] for c in gone["spec"]["template"]["spec"]["containers"]] == ["c"]


def test_an_update_takes_ownership_of_what_it_changes(
    apply: Apply, apps: client.AppsV1Api, namespace: str
) -> None:
    apply(deployment(), "gitops")
    change = {"spec": {"replicas": 5}}
    apps.patch_namespaced_deployment("web", namespace, change, field_manager="autoscaler")
    [(message, field)] = apply.conflicts(deployment(), "gitops")
    assert (message, field) == ('conflict with "autoscaler" using apps/v1', ".spec.replicas")


def test_a_second_apply_changes_nothing(apply: Apply) -> None:
    versions = {apply(deployment(), "g")["metadata"]["resourceVersion"] for _ in range(3)}
    assert len(versions) == 1


# -- laws --------------------------------------------------------------------------------

values = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), max_size=4)
containers = st.dictionaries(st.sampled_from(["web", "proxy", "log"]), values, max_size=3)


def described(replicas: int | None, images: dict[str, dict[str, str]]) -> Object:
    listed = [
        {"name": name, "env": [{"name": key, "value": value} for key, value in env.items()]}
        for name, env in images.items()
    ]
    spec: Object = {"template": {"spec": {"containers": listed}}} if listed else {}
    return {"spec": spec | ({} if replicas is None else {"replicas": replicas})}


wanted = st.builds(described, st.none() | st.integers(0, 3), containers)
steps = st.lists(st.tuples(st.sampled_from(["ann", "bob"]), wanted), min_size=1, max_size=6)


@FAST
@given(steps)
def test_two_managers_keep_the_laws_of_merging(applied: list[tuple[str, Object]]) -> None:
    live: Object = {"metadata": {"name": "x"}}
    managers: list[ssa.Manager] = []
    last: dict[str, Object] = {}
    for name, one in applied:
        by = ssa.Manager(name, "Apply", "apps/v1", "now")
        live, managers = ssa.apply(DEPLOYMENT, live, managers, one, by, force=True)
        last[name] = one
        mine = ssa.owned_by(DEPLOYMENT, one)
        for path in mine:  # whoever forces has all of it
            assert ssa.at(DEPLOYMENT, live, path) is not None or not path
        again, same = ssa.apply(DEPLOYMENT, live, managers, one, by, force=True)
        assert again == live  # to apply twice is to apply once
        assert {m.key: m.owned for m in same} == {m.key: m.owned for m in managers}
    owned = set().union(*(m.owned for m in managers)) if managers else set()
    present = ssa.owned_by(DEPLOYMENT, {k: v for k, v in live.items() if k != "metadata"})
    leaves = {path for path in present if path != ()}
    assert {p for p in leaves if p not in owned and ssa.at(DEPLOYMENT, live, p)} == set()
    assert {m.key: m.owned for m in ssa.read(ssa.written(managers))} == {
        m.key: m.owned for m in managers
    }


@FAST
@given(values, values)
def test_a_merge_patch_from_one_to_the_other_gets_there(one: Object, other: Object) -> None:
    patch = {k: other.get(k) for k in {*one, *other} if one.get(k) != other.get(k)}
    assert merged(one, patch) == other


def test_strategic_patches_know_the_type() -> None:
    live = deployment()
    side = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "b"}]}}}}
    both = strategic(live, side, DEPLOYMENT)
    assert [c["name"] for c in both["spec"]["template"]["spec"]["containers"]] == ["c", "side"]
    gone = {"spec": {"template": {"spec": {"containers": [{"$patch": "delete", "name": "c"}]}}}}
    left = strategic(both, gone, DEPLOYMENT)
    assert [c["name"] for c in left["spec"]["template"]["spec"]["containers"]] == ["side"]


@pytest.mark.parametrize(
    ("operations", "after"),
    [
        ([{"op": "add", "path": "/a/1", "value": 9}], {"a": [1, 9, 2]}),
        ([{"op": "add", "path": "/a/-", "value": 9}], {"a": [1, 2, 9]}),
        ([{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ([{"op": "replace", "path": "/a", "value": 1}], {"a": 1}),
        ([{"op": "move", "from": "/a", "path": "/b~1c"}], {"b/c": [1, 2]}),
        ([{"op": "copy", "from": "/a/0", "path": "/b"}], {"a": [1, 2], "b": 1}),
        ([{"op": "test", "path": "/a/0", "value": 1}], {"a": [1, 2]}),
    ],
)
def test_json_patches(operations: list[Object], after: Object) -> None:
    assert json_patched({"a": [1, 2]}, operations) == after


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/none"}, {"op": "test", "path": "/a/0", "value": 2},
        {"op": "add", "path": "/a/7", "value": 1}, {"op": "jump", "path": "/a"}, {}, {"op": "add"},
        {"op": "replace", "path": "/b", "value": 1}, {"op": "add", "path": "a", "value": 1},
    ],
)  # fmt: skip
def test_a_json_patch_that_does_not_fit_is_refused(operation: Object) -> None:
    with pytest.raises(Refused):
        json_patched({"a": [1, 2]}, [operation])
