"""Check promote.py: a release goes on, and nothing else in the file is touched."""

from __future__ import annotations

import difflib

from lab_kit.judge import check, expect_equal

FILE = "promote.py"


def overlay(fresh, tags):
    """Return an overlay's text with comments, in one of several forms; tags: image -> tag."""
    lines = ["# Kiosk", "kind: Kustomization", "resources: [../../base]", "images:"]
    for image, tag in tags.items():
        said = fresh.choice([f'"{tag}"', f"'{tag}'"])
        if fresh.random() < 0.5:
            lines += [f"- name: {image}  # one", f"  newTag: {said}  # two"]
        else:
            lines += [f"- {{newTag: {said}, name: {image}}}  # three"]
    return "\n".join([*lines, "replicas:", "- {name: quote, count: 4}", ""])


def drawn(fresh):
    """Return staging's and production's tags of three images, no two of them the same."""
    numbers = [f"{n // 100}.{n % 100:02}" for n in fresh.sample(range(100, 999), 6)]
    names = ["kiosk/quote", "kiosk/quote-old", "kiosk/basket"]
    return dict(zip(names, numbers, strict=False)), dict(zip(names, numbers[3:], strict=False))


@check(points=2, hint="tags(production)[image] says where in the text the tag stands.")
def production_gets_the_tag_of_staging(engine, fresh):
    """The image has staging's tag afterwards, as a text: 1.10 is no number."""
    for _ in range(4):
        there, here = drawn(fresh)
        there["kiosk/quote"] = fresh.choice(["1.10", "2.0", "1e3", "1.4-rc1"])
        text = overlay(fresh, here)
        found = engine.call(FILE, "promote", overlay(fresh, there), text, "kiosk/quote")
        after = engine.call("promote.py", "tags", found)
        expect_equal(
            after["kiosk/quote"][0], there["kiosk/quote"],
            "The image has another tag than in staging.", given=text,
            next="put the tag where the old one stands.",
        )  # fmt: skip
        begin, end = after["kiosk/quote"][1:]
        expect_equal(
            found[begin:end].strip("'\""), there["kiosk/quote"],
            "The tag is not written as it is.", given=found, next="put it in quotes.",
        )  # fmt: skip
        expect_equal(found[begin] in "'\"", True, "The tag is not in quotes.", given=found,
                     next="put it in quotes: 1.10 would be read as 1.1.")  # fmt: skip


@check(
    points=2, needs=["production_gets_the_tag_of_staging"],
    hint="To load YAML and to dump it loses comments, and reorders what people wrote.",
)  # fmt: skip
def one_line_of_the_file_changes(engine, fresh):
    """One line changes: comments, form and the tags of other images stay as they are."""
    for _ in range(4):
        there, here = drawn(fresh)
        image = fresh.choice(list(here))
        text = overlay(fresh, here)
        found = engine.call(FILE, "promote", overlay(fresh, there), text, image)
        before, after = text.split("\n"), str(found).split("\n")
        changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
        expect_equal(
            [len(changed), *(there[image] in line for line in changed[1:])], [2, True],
            "Something else was changed as well.", given=f"{image}\n{text}",
            next="replace the characters of the tag, and nothing else.",
        )  # fmt: skip


@check(
    points=1, needs=["production_gets_the_tag_of_staging"],
    hint="tags(...).get(image) is None where an overlay says nothing of it.",
)  # fmt: skip
def an_image_without_a_tag_is_refused(engine, fresh):
    """Where staging or production gives the image no tag, a ValueError says so."""
    there, here = drawn(fresh)
    for left, right in (({}, here), (there, {"kiosk/basket": "1.0"})):
        reply = engine.submission.reply(
            FILE, "promote", overlay(fresh, left or {"kiosk/basket": "1.0"}),
            overlay(fresh, right), "kiosk/quote", timeout=20,
        )  # fmt: skip
        got = reply.error.type if reply.error else f"a text: {reply.value!r:.80}"
        expect_equal(got, "ValueError", "An image without a tag was promoted.",
                     next="raise ValueError before anything is replaced.")  # fmt: skip
