"""Check gate.py: a violation is named by rule, file and line, and nothing of it is deployed."""

from __future__ import annotations

from datetime import date, timedelta

import yaml

from lab_kit.judge import check, expect, expect_equal

FILE = "gate.py"
# Rules of the check's own, so that those of the submission may be unfinished.
RULES = """package kiosk
import rego.v1
deny contains {"rule": "many", "field": "spec.replicas", "message": "too many replicas"} if {
	input.spec.replicas > 7
}
deny contains {"rule": "named", "field": "metadata.name", "message": "a name of one letter"} if {
	count(input.metadata.name) == 1
}
"""


def written(fresh, one):
    """Return an object as YAML, its keys in any order and some lines before it."""
    shuffled = dict(fresh.sample(list(one.items()), len(one)))
    comment = "# Kiosk\n" * fresh.randint(0, 4)
    return comment + yaml.safe_dump(shuffled, sort_keys=False)


def line_of(text, words):
    """Return the number of the line that has these words."""
    return next(n for n, line in enumerate(text.split("\n"), 1) if words in line)


def exception(one, rule, until):
    return {"rule": rule, "object": one["metadata"]["name"], "until": str(until), "why": "a test"}


@check(points=2, hint="document.line_of(field) is the line; each file may hold several documents.")
def a_violation_names_rule_file_and_line(engine, shop, fresh):
    """Each violation is told with its rule, its file and its line, whichever document it is in."""
    good, many = shop.deployment(), shop.deployment(replicas=9)
    letter = shop.config_map()
    letter["metadata"]["name"] = "q"
    first = written(fresh, many)
    second = f"{written(fresh, good)}---\n{written(fresh, letter)}"
    files = {"web.yaml": first, "more/maps.yaml": second, "good.yaml": written(fresh, good)}
    found = engine.call(FILE, "violations", files, RULES, {})
    expect(
        isinstance(found, list) and all(isinstance(each, dict) for each in found),
        "violations did not return a list of dicts.", f"got: {found!r:.200}",
        "append a dict with rule, file, line and message for each.",
    )  # fmt: skip
    wanted = [("many", "web.yaml", line_of(first, "replicas: 9")),
              ("named", "more/maps.yaml", line_of(second, "name: q"))]  # fmt: skip
    expect_equal(
        sorted((str(v.get("rule")), str(v.get("file")), v.get("line")) for v in found), wanted,
        "The violations are not named by rule, file and line.", given=files,
        next="look at violations in gate.py.",
    )  # fmt: skip


@check(
    points=2, needs=["a_violation_names_rule_file_and_line"],
    hint="All files are looked at before the first is applied.",
)  # fmt: skip
def a_violation_leaves_the_cluster_untouched(engine, shop, fresh):
    """Where anything breaks a rule, nothing at all is written; otherwise all is deployed."""
    good, bad = shop.config_map(), shop.deployment(replicas=9)
    files = {"a.yaml": written(fresh, good), "b.yaml": written(fresh, bad)}
    engine.mark()
    found = engine.call(FILE, "deliver", files, RULES, [], "2026-06-01", shop.namespace)
    expect(bool(found), "A violation was not told.", f"got: {found!r:.200}", "return them.")
    uris = [event["requestURI"] for event in engine.writes()]
    expect_equal(uris, [], "Something was written although something else broke a rule.",
                 next="return from deliver before anything is applied.")  # fmt: skip
    del files["b.yaml"]
    found = engine.call(FILE, "deliver", files, RULES, [], "2026-06-01", shop.namespace)
    expect_equal(found, [], "A violation was told where there is none.", given=files)
    expect(
        shop.get(good) is not None, "What keeps every rule was not deployed.",
        good["metadata"]["name"], "reconcile all objects of the files in deliver.",
    )  # fmt: skip


@check(
    points=2, needs=["a_violation_names_rule_file_and_line"],
    hint="date.fromisoformat makes a date of a text; dates can be compared.",
)  # fmt: skip
def an_exception_ends(engine, shop, fresh):
    """An exception holds until its last day and not a day longer, for its rule and its object."""
    day = date(2026, 1, 1) + timedelta(days=fresh.randrange(360))
    one, other = shop.deployment(replicas=9), shop.deployment(replicas=9)
    name = one["metadata"]["name"]
    files = {"a.yaml": written(fresh, one)}
    cases = [
        (files, [exception(one, "many", day + timedelta(days=1))], 0, "ends tomorrow"),
        (files, [exception(one, "many", day)], 0, "ends today"),
        (files, [exception(one, "many", day - timedelta(days=1))], 1, "ended yesterday"),
        (files, [exception(one, "named", day)], 1, "is one from another rule"),
        (files, [exception(other, "many", day)], 1, "is one for another object"),
    ]
    for given, exceptions, wanted, what in cases:
        found = engine.call(FILE, "deliver", given, RULES, exceptions, str(day), shop.namespace)
        expect_equal(
            len(found), wanted, "The number of violations is another.",
            given=f"{name} has 9 replicas; the exception {what} ({exceptions[0]['until']}, "
            f"today is {day})", next="look at in_force and violations in gate.py.",
        )  # fmt: skip


@check(
    points=1, needs=["an_exception_ends"],
    hint="The ConfigMap is written at each delivery: an exception that ended is no longer in it.",
)  # fmt: skip
def the_cluster_knows_the_exceptions_in_force(engine, shop, fresh):
    """After a delivery the cluster has the exceptions that are in force, with end and reason."""
    one = shop.config_map()
    exceptions = [exception(one, "named", "2026-03-31"), exception(one, "many", "2026-06-30")]
    wanted = {"data": {}, "kind": "ConfigMap", "metadata": {"name": "policy-exceptions"}}
    for day, rules in (("2026-03-01", ["many", "named"]), ("2026-04-01", ["many"])):
        files = {"a.yaml": written(fresh, one)}
        engine.call(FILE, "deliver", files, RULES, exceptions, day, shop.namespace)
        data = (shop.get(wanted) or {}).get("data") or {}
        name = one["metadata"]["name"]
        ends = {each["rule"]: each["until"] for each in exceptions}
        told = {key: (ends[rule] in str(data.get(key)), "a test" in str(data.get(key)))
                for rule in rules for key in [f"{rule}.{name}"]}  # fmt: skip
        expect(
            sorted(data) == sorted(told) and all(all(both) for both in told.values()),
            "The cluster has other exceptions than those in force.",
            f"today is {day}, the exceptions are {exceptions}\nthe ConfigMap has {data}",
            "apply exceptions_map(exempt, namespace) at each delivery.",
        )  # fmt: skip
