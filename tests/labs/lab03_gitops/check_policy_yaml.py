"""Check policy.yaml: the cluster itself refuses what breaks a rule, and audits an exception."""

from __future__ import annotations

import json

from rules import kept_out, let_in, with_memory

from lab_kit.components.controllers.client import ApiError
from lab_kit.judge import check, expect, expect_equal

FILE = "policy.yaml"
EXCEPTIONS = "policy-exceptions"


def refused(shop, one):
    """Return why the cluster refuses to create an object, "" if it is there now."""
    try:
        shop.put(one)
    except ApiError as problem:
        return str(problem)
    return ""


def memory(one):
    """Return the memory limits of a Deployment, for a message."""
    return [(each.get("resources") or {}).get("limits")
            for each in one["spec"]["template"]["spec"]["containers"]]  # fmt: skip


@check(points=2, hint="quantity('300M').compareTo(quantity('256Mi')) is above 0: it is larger.")
def what_breaks_a_rule_is_refused_by_the_cluster(shop, ruled):
    """A Deployment that breaks a rule is refused with the rule's name, and is not there."""
    for what, rule, _, one in kept_out(shop):
        said = refused(shop, one)
        expect(
            said != "" and shop.get(one) is None, "The cluster let in what breaks a rule.",
            f"{what}; the limits of its containers: {memory(one)}",
            f"look at the rule `{rule}` in policy.yaml.",
        )  # fmt: skip
        expect(
            f"denied request: {rule}" in said,
            "The refusal does not name the rule.",
            f"{what}; expected: {rule}: ...\ngot:      {said[-200:]}",
            f"begin the message with `{rule}:`, and let nothing be an error before it.",
        )


@check(
    points=2, hint="`>` on texts compares letters: '64Mi' is larger than '256Mi'. Use quantity().",
)  # fmt: skip
def what_keeps_the_rules_is_let_in(shop, ruled):
    """A Deployment that keeps every rule gets in, in whatever unit its limit is written."""
    for what, one in let_in(shop):
        said = refused(shop, one)
        expect_equal(
            said, "", "The cluster refused what keeps every rule.",
            given=f"{what}; the limits of its containers: {memory(one)}",
            next="look at the rule `memory` in policy.yaml.",
        )  # fmt: skip


@check(
    points=1, needs=["what_breaks_a_rule_is_refused_by_the_cluster"],
    hint="An edit is judged as a whole, like something new: object is what it would be.",
)  # fmt: skip
def an_edit_is_judged_too(shop, ruled):
    """An edit that breaks a rule is refused, and the object stays as it was."""
    one = with_memory(shop.deployment(), "64Mi")
    said = refused(shop, one)
    expect_equal(said, "", "The cluster refused what keeps every rule.", given=memory(one))
    large = with_memory(one, "1Gi")
    try:
        shop.edit(one, {"spec": large["spec"]})
    except ApiError as problem:
        said = str(problem)
    expect(
        "memory" in said and memory(shop.get(one)) == memory(one),
        "An edit that breaks a rule was let in.",
        f"the limit was changed to 1Gi; the cluster has {memory(shop.get(one))}",
        "see which operations policy.yaml is asked about.",
    )


@check(
    points=2, needs=["what_breaks_a_rule_is_refused_by_the_cluster"],
    hint="variables.exempt lists the rules from which this object is exempt.",
)  # fmt: skip
def an_exception_lets_one_object_in_and_is_audited(shop, ruled, found):
    """An exception lets in the object that it names, only from its rule, and the audit says so."""
    one, other = (with_memory(shop.deployment(), "1Gi") for _ in range(2))
    name, why = one["metadata"]["name"], f"until 2099-12-31: {shop.word()}"
    elsewhere = f"pinned.{other['metadata']['name']}"
    shop.edit({"kind": "ConfigMap", "metadata": {"name": EXCEPTIONS}},
              {"data": {f"memory.{name}": why, elsewhere: why}})  # fmt: skip
    said = refused(shop, one)
    expect_equal(
        said, "", "An object with an exception was refused.",
        given=f"{EXCEPTIONS} has memory.{name}", next="let the rule ask variables.exempt.",
    )  # fmt: skip
    expect(
        refused(shop, other) != "", "An exception let in another object as well.",
        f"{EXCEPTIONS} has memory.{name} and {elsewhere}; the latter got in with 1Gi",
        "let the rule ask whether 'memory' is in variables.exempt.",
    )  # fmt: skip
    lines = [json.loads(line) for line in found.audit.read_text().splitlines()]
    noted = [line.get("annotations", {}) for line in lines
             if line["objectRef"].get("name") == name
             and line["objectRef"].get("namespace") == shop.namespace]  # fmt: skip
    expect(
        any(why in value for each in noted for value in each.values()),
        "The audit log does not say that there was an exception.",
        f"annotations of what was written for {name}: {noted!r:.300}",
        "leave auditAnnotations in policy.yaml as they are.",
    )
