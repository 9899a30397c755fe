"""Check manifests by real Rego policies, hostile ones above all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab_kit.components.rego import BadPolicy, Finding, Rego

V1 = """package k8s
import rego.v1
deny contains msg if {
  input.spec.replicas > 5
  msg := sprintf("replicas %d > 5", [input.spec.replicas])
}
warn contains {"msg": "no name"} if not input.metadata.name
"""
RULE = "package x\nimport rego.v1\n"
BIG = {"spec": {"replicas": 9}, "metadata": {"name": "a"}}


@pytest.fixture(scope="module")
def rego() -> Iterator[Rego]:
    with Rego() as made:
        yield made


def test_a_finding_names_its_package_and_manifest(rego: Rego) -> None:
    assert rego.check({"a.rego": V1}, [{}, BIG]) == [
        Finding("warn", "k8s", "no name", 0), Finding("deny", "k8s", "replicas 9 > 5", 1),
    ]  # fmt: skip


def test_all_manifests_are_one_input(rego: Rego) -> None:
    policy = RULE + 'deny contains sprintf("%d", [count(input)]) if true'
    assert rego.check({"a.rego": policy}, [{}, {}], together=True) == [
        Finding("deny", "x", "2", None)
    ]


def test_old_and_new_rego_stand_side_by_side(rego: Rego) -> None:
    found = rego.check({"o.rego": 'package o\ndeny[m] { m := "old" }', "n.rego": V1}, [BIG])
    assert [f.message for f in found] == ["replicas 9 > 5", "old"]


def test_a_policy_that_does_not_parse_is_named_by_file_and_line(rego: Rego) -> None:
    with pytest.raises(BadPolicy, match=r"could not be read") as caught:
        rego.check({"bad.rego": RULE + "deny contains m if {\n m := \n}"}, [{}])
    assert caught.value.why.startswith("bad.rego, line 4: expecting")
    assert "backtrace" not in str(caught.value)


def test_a_deny_that_is_no_set_is_told(rego: Rego) -> None:
    with pytest.raises(BadPolicy, match=r"x\.deny is no set of messages"):
        rego.check({"a.rego": RULE + "deny := true"}, [{}])


@pytest.mark.parametrize(
    "call", ['http.send({"method": "GET", "url": "http://127.0.0.1:1/"})',
             'net.lookup_ip_addr("localhost")', "opa.runtime().env"],
)  # fmt: skip
def test_nothing_outside_is_reached(rego: Rego, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "hunter2")
    with Rego() as fresh:
        try:
            told = str(fresh.check({"a.rego": RULE + f"deny contains v if v := {call}"}, [{}]))
        except BadPolicy as error:
            told = error.why
    assert told == "[]" or "could not find function" in told or "opa.runtime" in call
    assert "hunter2" not in told


def test_an_endless_policy_ends_and_the_next_is_checked() -> None:
    policy = RULE + (
        "n := numbers.range(1, 3000)\n"
        'deny contains "x" if { some a in n; some b in n; some c in n; a + b + c < 0 }'
    )
    with Rego(seconds=0.5) as rego:
        with pytest.raises(BadPolicy, match="took too much") as caught:
            rego.check({"a.rego": policy}, [{}])
        assert caught.value.why == "It took more than 0.5 s of processor time."
        assert rego.check({"a.rego": V1}, [BIG])


def test_an_exploding_policy_ends_at_the_limit() -> None:
    lines = [f's{i} := concat("", [s{i - 1}, s{i - 1}])' for i in range(1, 40)]
    policy = RULE + 's0 := "xxxxxxxx"\n' + "\n".join(lines) + "\ndeny contains s39 if true"
    with Rego() as rego:
        with pytest.raises(BadPolicy, match="took too much"):
            rego.check({"a.rego": policy}, [{}])
        assert rego.check({"a.rego": V1}, [BIG])


def test_policies_that_are_too_large_are_not_read(rego: Rego) -> None:
    with pytest.raises(BadPolicy, match="The policies are too large"):
        rego.check({"a.rego": "#" * (1 << 20) + "\n"}, [{}])
