"""Check policy.rego: it decides as policy.yaml does, before anything is in a cluster."""

from __future__ import annotations

from rules import kept_out, let_in

from lab_kit.judge import check, expect, expect_equal

FILE = "policy.rego"


def denied(engine, one):
    """Return what the rules say against an object: [(rule, field), ...]."""
    engine.submission.begun(FILE)
    found = engine.call("reading.py", "denied", engine.submission.text(FILE), one)
    return [(each.get("rule"), str(each.get("field"))) for each in found]


@check(points=2, hint="units.parse makes a number of '256Mi'; what is not there makes none.")
def rego_refuses_what_the_cluster_would_refuse(engine, shop):
    """What breaks a rule is denied before the merge, by the name of that rule alone."""
    for what, rule, _, one in kept_out(shop):
        expect_equal(
            [name for name, _ in denied(engine, one)], [rule],
            "Rego does not say what the cluster would say.", given=what,
            next=f"look at the rule `{rule}` in policy.rego.",
        )  # fmt: skip


@check(points=2, hint="A limit in bytes or in Gi is a limit, too.")
def rego_lets_in_what_the_cluster_would_let_in(engine, shop):
    """What keeps every rule is denied by none."""
    for what, one in let_in(shop):
        expect_equal(
            denied(engine, one), [], "Rego denies what the cluster would let in.", given=what,
            next="look at the rule `memory` in policy.rego.",
        )  # fmt: skip


@check(
    points=1, needs=["rego_refuses_what_the_cluster_would_refuse"],
    hint="`some number, one in` gives the container's number: put it into the field.",
)  # fmt: skip
def a_denial_says_where(engine, shop):
    """The field that a denial names is in the container that breaks the rule."""
    for what, _, number, one in kept_out(shop):
        begin = f"spec.template.spec.containers.{number}"
        for _, field in denied(engine, one):
            expect(
                field == begin or field.startswith(f"{begin}."),
                "A denial names another container.", f"{what}; expected: {begin}, or a field in it"
                f"\ngot:      {field}", "look at `field` in policy.rego.",
            )  # fmt: skip
