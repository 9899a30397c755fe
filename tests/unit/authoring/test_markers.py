from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_kit.authoring.markers import finished, has_markers, regions, stub
from lab_kit.errors import AuthorError

SIGNS = [("#", ""), ("//", ""), (";;", ""), (";", ""), ("--", ""), ("%", "")]
SIGNS += [("/*", "*/"), ("<!--", "-->")]

plain_line = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=30
).filter(lambda line: not has_markers(line))
plain = st.lists(plain_line, max_size=4)
body = st.lists(plain_line, min_size=1, max_size=4).filter(lambda b: any(x.strip() for x in b))
todo = st.from_regex(r"[A-Za-z\"'\\é][A-Za-z\"'\\é ]{0,20}[a-z\"']", fullmatch=True)
pieces = st.lists(st.tuples(plain, todo, body), min_size=1, max_size=3)


@given(pieces, plain, st.sampled_from(SIGNS), st.sampled_from(["", "  ", "\t"]))
def test_outside_the_markers_nothing_changes(pieces, tail, sign, indent):
    mark, close = sign
    end = f" {close}" if close else ""
    source, kept, left = [], [], []
    for before, text, inside in pieces:
        source += [*before, f"{indent}{mark} BEGIN SOLUTION: {text}{end}", *inside]
        source += [f"{indent}{mark} END SOLUTION{end}"]
        kept += [*before, *inside]
        left += [*before, f"{indent}{mark} TODO: {text}{end}"]
    whole = "\n".join([*source, *tail])
    assert finished(whole, "rules.yaml") == "\n".join([*kept, *tail])
    assert stub(whole, "rules.yaml") == "\n".join([*left, *tail])
    assert [r.todo for r in regions(whole, "x")] == [text for _, text, _ in pieces]


@given(todo)
def test_a_python_stub_raises_exactly_the_todo(text):
    source = f"def f():\n    # BEGIN SOLUTION: {text}\n    return 1\n    # END SOLUTION\n"
    space: dict = {}
    exec(stub(source, "a.py"), space)
    with pytest.raises(NotImplementedError) as caught:
        space["f"]()
    assert str(caught.value) == text.strip()


def test_a_python_stub_keeps_what_stands_around():
    source = (
        "class Shop:\n"
        "    async def order(self, n):\n"
        "        if n:\n"
        "            # BEGIN SOLUTION: take the order\n"
        "            return n\n"
        "            # END SOLUTION\n"
        "        return 0\n"
    )
    result = stub(source, "a.py")
    assert result.splitlines()[3] == '            raise NotImplementedError("take the order")'
    assert result.splitlines()[4] == "        return 0"
    ast.parse(result)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("# BEGIN SOLUTION: a\n# BEGIN SOLUTION: b\nx\n# END SOLUTION", 2, "inside another"),
        ("x\n# BEGIN SOLUTION: a\nx", 2, "never closed"),
        ("x\n\n# END SOLUTION", 3, "has no BEGIN SOLUTION"),
        ("# BEGIN SOLUTION:\nx\n# END SOLUTION", 1, "says nothing to the student"),
        ("# BEGIN SOLUTION\nx\n# END SOLUTION", 1, "says nothing to the student"),
        ("<!-- BEGIN SOLUTION: -->\nx\n<!-- END SOLUTION -->", 1, "says nothing to the student"),
        ("# BEGIN SOLUTION: a\n  \n# END SOLUTION", 1, "is empty"),
        ("# BEGIN SOLUTION: a\n# END SOLUTION", 1, "is empty"),
        ("x = 1  # BEGIN SOLUTION: a", 1, "does not stand alone"),
        ("# BEGIN SOLUTION: a\nx\n# END SOLUTION now", 3, "does not stand alone"),
    ],
)
def test_a_wrong_pair_is_told_with_file_and_line(text, line, what):
    with pytest.raises(AuthorError) as caught:
        stub(text, "solutions/lab/rules.yaml")
    assert what in caught.value.what
    assert caught.value.why == f"solutions/lab/rules.yaml:{line}"
    assert "BEGIN SOLUTION: what to do" in caught.value.next


def test_python_markers_outside_a_function_are_refused():
    with pytest.raises(AuthorError) as caught:
        stub("X = 0\n# BEGIN SOLUTION: set Y\nY = 1\n# END SOLUTION\n", "a.py")
    assert "outside every function" in caught.value.what
    assert caught.value.why.startswith("a.py:2: ")
    assert "into a function" in caught.value.next


BROKEN = """\
def f(a):
    # BEGIN SOLUTION: try it
    try:
        b = 1
    # END SOLUTION
    except E:
        pass
"""


def test_a_python_stub_that_would_not_compile_is_refused():
    with pytest.raises(AuthorError) as caught:
        stub(BROKEN, "a.py")
    assert caught.value.what == "A Python stub does not compile."
    assert caught.value.why.startswith("a.py:2: ")
    assert "whole statements" in caught.value.next
