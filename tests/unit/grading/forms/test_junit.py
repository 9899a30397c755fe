from __future__ import annotations

import io
import re
from xml.etree import ElementTree

from hypothesis import given

from lab_kit.grading.forms import junit
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import (
    CANARY,
    FAST,
    HIDDEN,
    class_of_four,
    nasty_grades,
    secretive,
    soaked,
)  # fmt: skip

# What junit-10.xsd of Jenkins' xUnit plugin lets stand where: attributes (! is required), children.
SCHEMA: dict[str, tuple[str, str]] = {
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": (
        "name! tests! failures! errors! group time skipped timestamp hostname id package file log"
        " url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("name! value!", ""),
    "testcase": ("name! time classname group", "skipped error failure system-out system-err"),
    "failure": ("type message", ""),
    "error": ("type message", ""),
    "skipped": ("type message", ""),
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def valid(element: ElementTree.Element) -> None:
    """Hold an element and all below it against the schema."""
    attributes, children = SCHEMA[element.tag]
    allowed = {name.rstrip("!") for name in attributes.split()}
    needed = {name.rstrip("!") for name in attributes.split() if name.endswith("!")}
    assert needed <= set(element.attrib) <= allowed
    if element.tag.startswith("testsuite") and "time" in element.attrib:
        assert TIME.fullmatch(element.attrib["time"])
    for child in element:
        assert child.tag in children.split()
        valid(child)


def written(grades: list[Grade], **options: object) -> ElementTree.Element:
    stream = io.StringIO()
    junit.write(grades, stream, **options)  # type: ignore[arg-type]
    return ElementTree.fromstring(stream.getvalue().encode())


def test_a_suite_a_grade_and_a_case_a_check() -> None:
    root = written(class_of_four())
    valid(root)
    ada, bob, cleo, dan = root
    assert [case.get("name") for case in ada.findall("testcase")] == ["adds", "takes", "twice"]
    assert (bob.get("failures"), bob.get("skipped"), bob.get("errors")) == ("1", "1", "0")
    assert (cleo.get("failures"), cleo.get("errors")) == ("1", "1")
    assert (dan.get("tests"), dan.get("errors")) == ("1", "1")
    failure = bob.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "It broke."
    assert "mend exercises/lab01_toy/a.py:2." in (failure.text or "")
    known = {p.get("name"): p.get("value") for p in cleo.iter("property")}
    assert (known["core"], known["extension"]) == ("2 of 4", "")
    assert (known["points adds"], known["points takes"]) == ("2 of 2", "0 of 2")
    assert known["flag 1"] == "from notebook"


@FAST
@given(nasty_grades())
def test_any_text_makes_valid_xml_of_the_same_shape(made: Grade) -> None:
    hold(made)


def test_known_nasty_text_makes_valid_xml() -> None:
    for made in soaked():
        hold(made)


def hold(made: Grade) -> None:
    root = written([made])
    valid(root)
    assert len(root.findall("testsuite/testcase")) == max(len(made.report.get("results", [])), 1)


def test_a_hidden_check_says_nothing() -> None:
    stream = io.StringIO()
    junit.write([secretive()], stream, hidden=HIDDEN)
    assert CANARY not in stream.getvalue()
    assert "987" not in stream.getvalue() and "0.987" not in stream.getvalue()
