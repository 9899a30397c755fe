"""Expressions that would take for ever, and what they are held to."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubernetes import client

from lab_kit.components import cel_process
from lab_kit.components.kubernetes import KubernetesApi
from lab_kit.errors import Unavailable
from tests.components.kubernetes.made import config_map, refusal
from tests.components.kubernetes.policy import MAPS, Policies, own, policies
from tests.components.kubernetes.test_admission import denied

__all__ = ["own", "policies"]
SPENT = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
CANCELLED = "operation cancelled: actual cost limit exceeded"
WIDE = "object.data.s.split('').map(x, x)"  # 9,000 of them, and cel-cpp copies the list each time
LONGEST_S = 10.0  # on a slow and busy machine; it is less than one second on an idle one


def doubling(times: int) -> str:
    """Return an expression that doubles a text so many times."""
    inner = "a0 == a0"
    for step in range(times, 0, -1):
        inner = f"[a{step - 1} + a{step - 1}].all(a{step}, {inner.replace('a0', f'a{step}')})"
    return f"[object.data.s].all(a0, {inner})"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (f"{WIDE}.size() == 0", SPENT),
        ("object.data.s.split('').all(x, object.data.s.split('').all(y, x == y))", CANCELLED),
        (doubling(24), CANCELLED),
        ("object.data.s.replace('a', object.data.s).replace('a', object.data.s) == ''", CANCELLED),
        ("object.data.s.split('').all(x, !(object.data.s + object.data.s + object.data.s)"
         ".matches('(a|b)*c(a|b|c)*d'))", SPENT),
    ],
    ids=["wide", "nested", "doubling", "replacing", "matching"],
)  # fmt: skip
def test_what_takes_too_much_is_told_and_the_server_goes_on(
    core: client.CoreV1Api, namespace: str, policies: Policies, expression: str, told: str
) -> None:
    policies.put(expression, rule=MAPS)
    one = config_map("cm", s="a" * 9000)
    start = time.monotonic()
    message = denied(core.create_namespaced_config_map, namespace, one)
    assert time.monotonic() - start < LONGEST_S
    assert message.endswith((told, SPENT)), message[-200:]
    assert core.create_namespaced_config_map("default", config_map(f"{namespace}-on")).metadata.uid


def test_one_that_takes_too_much_does_not_speak_for_others(
    core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    for _ in range(2):
        policies.put(f"{WIDE}.size() == 0", rule=MAPS, failurePolicy="Ignore")
    policies.put({"expression": "!('x' in object.data)", "message": "no x"}, rule=MAPS)
    make = core.create_namespaced_config_map
    start = time.monotonic()
    message = denied(make, namespace, config_map("cm", s="a" * 9000, x="1"))
    assert message in ("no x", SPENT)  # where two took too much, the rest is not tried
    assert time.monotonic() - start < LONGEST_S
    policies.put("true", rule=MAPS)
    assert denied(make, namespace, config_map("cm", x="1")) == "no x"


def test_what_takes_too_much_to_compile_is_refused(policies: Policies) -> None:
    many = [f"object.a{n}.all(x, x == 1) || object.b.all(x, x == 2)" for n in range(4000)]
    code, _, message = refusal(policies.put, *many)
    assert code == 422
    assert message.endswith("spec: Forbidden: its expressions take too much to compile")
    policies.put("true")


def test_a_large_whole_number_does_not_end_the_process(
    api: client.ApiClient, core: client.CoreV1Api, namespace: str, policies: Policies
) -> None:
    from tests.components.kubernetes.test_custom import definition, widget

    kinds, custom = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    one = definition()
    one["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True}  # fmt: skip
    kinds.create_custom_resource_definition(one)
    rule = {"apiGroups": ["lab.dev"], "apiVersions": ["*"], "operations": ["*"],
            "resources": ["widgets"]}  # fmt: skip
    policies.put("object.spec.size > 9000000000000000000.0", rule=rule)
    make = custom.create_namespaced_custom_object
    make("lab.dev", "v1", namespace, "widgets", widget("w", 2**80))
    policies.close()
    policies.made.clear()
    kinds.delete_custom_resource_definition("widgets.lab.dev")


PIECES = st.sampled_from(
    ["object", ".data", ".a", "[0]", "['a']", "(", ")", "+", "==", "&&", "||", "!", "?", ":", "1",
     "'x'", "null", "size(", "has(", ".all(x, ", ".map(x, ", "quantity(", ".isLessThan(", "dyn(",
     "variables.v", "[", "]", "{", "}", ",", " in ", "-", "1.5", "1u", ".?b", ".orValue(1)",
     "\n", "//", "\\", "é", "\u2028", "type(", "optional.none()", "timestamp('x')"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join))
def test_any_expression_is_refused_or_decides(
    core: client.CoreV1Api, namespace: str, policies: Policies, expression: str
) -> None:
    make = core.create_namespaced_config_map
    variables = [{"name": "v", "expression": "object.data.a"}]
    for text in (expression, f"({expression}) == ({expression})"):
        code = code_of(policies.put, text, rule=MAPS, variables=variables)
        assert code in (200, 422)
        if code == 200:
            assert code_of(make, namespace, config_map("cm", a="1"), dry_run="All") in (200, 422)
        policies.close()
        policies.made.clear()


def code_of(act: Any, *given: Any, **more: Any) -> int:
    """Return 200, or the code of a refusal of which there is nothing else to say."""
    try:
        act(*given, **more)
    except client.ApiException as refused:
        return int(refused.status)
    return 200


def test_no_process_is_started_without_a_policy() -> None:
    with KubernetesApi() as cluster:
        assert not cluster.api.admission.cel.running
        sheet = '{"params": false, "variables": [], "conditions": [], "expressions": []}'
        assert cluster.api.admission.cel.faults(sheet) == []
        process = cluster.api.admission.cel._program
        assert process
        assert process.alive
    assert not process.alive


def test_a_policy_is_refused_where_there_is_no_cel(
    own: tuple[KubernetesApi, Policies], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, policies = own
    server.api.admission.cel.close()
    monkeypatch.setattr(cel_process, "CHILD", "lab_kit.no_such_module")
    with pytest.raises(Unavailable, match="CEL expressions cannot be evaluated"):
        server.api.admission.cel.faults("{}")
    code, reason, message = refusal(policies.put, "true")
    assert (code, reason) == (503, "ServiceUnavailable")
    assert "No module named" in message
