"""Read manifests and say where their fields stand, hostile YAML above all."""

from __future__ import annotations

import pytest

from lab_kit.components.manifests import BadManifest, read

GOOD = b"""# a comment
kind: A
spec:
  containers:
  - name: web
    image: nginx
---
---
kind: B
"""
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


def test_each_document_has_its_file_and_line() -> None:
    found = read({"a.yaml": GOOD, "b.yaml": b"kind: C"})
    assert [(m.path, m.line, m.object["kind"]) for m in found] == [
        ("a.yaml", 2, "A"), ("a.yaml", 9, "B"), ("b.yaml", 1, "C"),
    ]  # fmt: skip


def test_a_field_has_its_line_and_a_missing_one_its_parents() -> None:
    manifest = read({"a.yaml": GOOD})[0]
    fields = ["spec.containers.0.image", "spec.containers[0].tag", "status"]
    assert [manifest.line_of(one) for one in fields] == [6, 5, 2]


def test_an_anchor_is_written_out() -> None:
    assert read({"a": b"a: &x {b: 1}\nc: *x"})[0].object == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, r"more than 200000 values"),
        ("a: &a [*a]", r"more than 64 levels"),
        ("[" * 5000, r"a, line 1: more than 64 levels"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", r"a, line 2: the tag or key"),
        ("a: 1\na: 2", r"a, line 2: the key a is there twice"),
        ("1: a", r"a, line 1: a key is not a text"),
        ("[a]: b", r"a, line 1: a key is not a text"),
        ("a: &x {b: 1}\nc: {<<: *x}", r"a, line 2: << is not read"),
        ("a: .inf", r"a, line 1: \.inf is no number"),
        ("a: b\n c: d", r"a, line 2: mapping values"),
        ("a: \x00", r"a, line 1: unacceptable character"),
        ("a: *gone", r"a, line 1: found undefined alias"),
        ("a: " + "9" * 5000, r"a, line 1: Exceeds the limit"),
    ],
)  # fmt: skip
def test_hostile_yaml_is_told_with_its_line(text: str, why: str) -> None:
    with pytest.raises(BadManifest, match=r"A manifest could not be read\.") as caught:
        read({"a": text.encode()})
    caught.match(why)


def test_too_large_is_not_read() -> None:
    with pytest.raises(BadManifest, match="The manifests are too large"):
        read({"a": b"#" * (4 << 20), "b": b"#"})
