"""Released checks that would answer for the student, and honest ones that look a little like it."""

from __future__ import annotations

import pytest

from lab_kit import cli
from lab_kit.authoring.story import read_story
from lab_kit.course import Course
from lab_kit.release.oracle import examine

from .conftest import LAB, write

PRICE = '''\
def price(grams, rates):
    """Return cents."""
    # BEGIN SOLUTION: take off what is free, round up, multiply
    paid = max(0, grams - rates["free"])
    packets = -(-paid // rates["packet"])
    return packets * rates["cents"] + rates["post"]["home" if paid < 500 else "parcel"]
    # END SOLUTION
'''
HEAD = "from lab_kit.judge import check, expect_equal\n\n"
CHECK = '''

@check(hint="KEPT hint")
def tea_has_a_price(submission):
    """Tea costs what the list says."""
    expect_equal(submission.call("price.py", "price", 2), 14)
'''
SAME = """
def expected(weight, table):
    more = max(0, weight - table["free"])
    return -(-more // table["packet"]) * table["cents"] + table["post"]["home"]
"""
IN_A_CLASS = """
class Shop:
    def worth(self, order):
        over = max(0, order.grams - self.rates["free"])
        return -(-over // self.rates["packet"])
"""
HONEST = """
def drawn(fresh):
    packets, cents = fresh.randint(1, 9), fresh.randint(100, 999)
    rates = {"free": 0, "packet": 50, "cents": cents, "post": {"home": 0, "parcel": 0}}
    return packets * 50, rates, packets * cents


def in_short(rates):
    return f"{rates['cents']} a packet, {max(0, rates['free'])} free"
"""


@pytest.fixture
def checks(course: Course):
    write(course.solutions(LAB) / "price.py", PRICE)

    def with_(text: str) -> list[str]:
        write(course.checks(LAB) / "check_price.py", HEAD + text + CHECK)
        given = read_story(course.solutions(LAB) / "story.md").given
        found = examine(course.solutions(LAB), course.checks(LAB), given)
        return [f"{one.place} {one.why}" for one in found]

    return with_


@pytest.mark.parametrize(("text", "name"), [(SAME, "expected"), (IN_A_CLASS, "worth")])
def test_a_reference_implementation_is_found_under_other_names(checks, text, name):
    (found,) = checks(text)
    assert found.startswith("check_price.py:")
    assert found.endswith(f" {name} is much like solutions/{LAB}/price.py:4.")


def test_an_answer_in_a_lambda_is_found(checks):
    line = 'f = lambda g, r, p: (max(0, g - r["free"]), -(-p // r["packet"]) * r["cents"])\n'
    assert any("a lambda is much like" in one for one in checks(line))


def test_what_draws_question_and_answer_together_is_honest(checks):
    assert checks(HONEST) == []


@pytest.mark.parametrize(
    "line",
    [
        f"from solutions.{LAB} import price",
        "import solutions",
        f'PATH = "solutions/{LAB}/price.py"',
        f'PATH = "../../solutions/{LAB}"',
    ],
)
def test_a_check_reaches_for_no_solution(checks, line):
    assert checks(f"{line}\n") == ["check_price.py:3 reaches for solutions."]


def test_what_a_given_file_shows_is_nobodys_secret(course, checks):
    assert checks(SAME)
    story = course.solutions(LAB) / "story.md"
    story.write_text(story.read_text().replace("[prices.json]", "[prices.json, slow.py]"))
    write(course.solutions(LAB) / "slow.py", SAME)
    assert checks(SAME) == []


def test_helpers_beside_the_checks_are_looked_at_too(course, checks):
    write(course.checks(LAB) / "shop.py", SAME)
    assert checks("")[0].startswith("shop.py:2 expected is much like")


def test_such_checks_are_not_released(course, checks, tmp_path, monkeypatch, capsys):
    checks(SAME)
    monkeypatch.setenv("BEYOND_ROOT", str(course.root))
    assert cli.main(["release", str(tmp_path / "students")]) == 3
    said = capsys.readouterr().err
    assert "The released checks give answers away, so no copy is made." in said
    assert "test properties or vectors there, or draw the question together with its" in said
    assert not (tmp_path / "students").exists()
