"""Check production.yaml: rendered by kubectl it is the base with what was asked, and follows it."""

from __future__ import annotations

from rendered import base, over

from lab_kit.judge import check, expect, expect_equal

FILE = "production.yaml"
QUOTE, BASKET = ("Deployment", "quote"), ("Deployment", "basket")
SETTINGS = ("ConfigMap", "settings")


def production(submission, objects):
    """Return what the submission's overlay makes of a base."""
    submission.begun(FILE)
    return over(objects, submission.text(FILE))


def image(one):
    return one["spec"]["template"]["spec"]["containers"][0]["image"]


def all_there(found, objects):
    """Expect every object of the base, whatever it has become."""
    wanted = sorted((one["kind"], one["metadata"]["name"]) for one in objects)
    expect_equal(sorted(found), wanted, "The rendered objects are others than those of the base.",
                 next="leave `resources` as it is, and prefix no names.")  # fmt: skip


@check(
    points=2,
    hint=["replicas and images are lists of their own in a kustomization.",
          "staging.yaml has a patch: kind, name and the namespace of the base."],
)  # fmt: skip
def production_is_as_asked(submission):
    """Rendered, production has its replicas, its release, its currency and its namespace."""
    found = production(submission, base())
    all_there(found, base())
    expect_equal(
        {"replicas": found[QUOTE]["spec"].get("replicas"), "image": image(found[QUOTE]),
         "currency": found[SETTINGS]["data"].get("currency"),
         "namespaces": sorted({str(one["metadata"].get("namespace")) for one in found.values()})},
        {"replicas": 4, "image": "kiosk/quote:1.2", "currency": "CHF",
         "namespaces": ["production"]},
        "Production is not what was asked.", next="see what the overlay says of each.",
    )  # fmt: skip


@check(
    points=2, needs=["production_is_as_asked"],
    hint="A strategic merge patch changes the fields that it names, and no others.",
)  # fmt: skip
def the_rest_is_as_in_the_base(submission):
    """What was not asked for is as in the base: other Deployments, other settings, variables."""
    found = production(submission, base())
    wanted = {(one["kind"], one["metadata"]["name"]): one for one in base()}
    for key, one in wanted.items():
        one["metadata"]["namespace"] = "production"
        if key == QUOTE:
            one["spec"]["replicas"] = 4
            one["spec"]["template"]["spec"]["containers"][0]["image"] = "kiosk/quote:1.2"
        if key == SETTINGS:
            one["data"]["currency"] = "CHF"
        expect_equal(
            found[key], one, "Something was changed that nobody asked for.",
            given=" ".join(key), next="name only what differs in the overlay.",
        )  # fmt: skip


@check(
    points=2, needs=["production_is_as_asked"],
    hint="An overlay that repeats what the base says does not follow when the base changes.",
)  # fmt: skip
def a_change_of_the_base_arrives(submission, fresh):
    """What changes in the base, changes in production, unless production says otherwise."""
    objects = base()
    mode, greeting, tag = f"m{fresh.randrange(1000)}", f"g{fresh.randrange(1000)}", "7.7"
    quote, basket, _, settings = objects
    quote["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = mode
    basket["spec"]["template"]["spec"]["containers"][0]["image"] = f"kiosk/basket:{tag}"
    settings["data"] |= {"greeting": greeting, "currency": "SEK"}
    found = production(submission, objects)
    all_there(found, objects)
    container = found[QUOTE]["spec"]["template"]["spec"]["containers"][0]
    got = {"MODE": (container.get("env") or [{}])[0].get("value"), "basket": image(found[BASKET]),
           "greeting": found[SETTINGS]["data"].get("greeting")}  # fmt: skip
    expect_equal(
        got, {"MODE": mode, "basket": f"kiosk/basket:{tag}", "greeting": greeting},
        "A change of the base did not arrive in production.",
        given="the base has a new variable, a new greeting and another image of basket",
        next="leave out of the overlay what it does not decide.",
    )  # fmt: skip
    expect(
        found[SETTINGS]["data"].get("currency") == "CHF", "Production lost what it decides.",
        f"the base's currency became SEK; production has {found[SETTINGS]['data']}",
        "patch the currency in the overlay.",
    )  # fmt: skip
