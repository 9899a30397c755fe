"""Variants: the same for the same student, another for everyone else, and never a surprise."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.errors import AuthorError, UsageError
from lab_kit.judge import LabJudge, LabSpec
from lab_kit.judge.variants import derive, make_secret, put, read_secret

SOURCE = "def variant(rng):\n    return {'side': rng.randint(1, 10**9), 'of': ['a', 1.5, None]}\n"
CHECKS = '''
from lab_kit.judge import check, expect_equal


@check(hint="Look.")
def the_area_is_right(submission, variant):
    """area() is that of your own square."""
    expect_equal(submission.call("shapes.py", "area"), variant["side"] ** 2)
    variant["side"] = 0


@check(hint="Look.")
def the_file_is_the_judges(submission, variant):
    """Your file says what the judge knows."""
    expect_equal(submission.call("shapes.py", "read"), variant["side"])
'''
WORK = """
import json

def area():
    return 49

def read():
    return json.load(open("data/square.json"))["side"]
"""
SPEC = LabSpec(
    "lab01_shapes",
    "Shapes",
    [{"file": "shapes.py", "core": True}],
    {"file": "data/square.json", "values": {"side": 7}},
)


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "variant.py").write_text(SOURCE)
    (folder / "check_shapes.py").write_text(CHECKS)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "shapes.py").write_text(WORK)
    return folder


def test_a_variant_belongs_to_secret_student_and_lab(checks: Path) -> None:
    first = derive(checks, b"secret", "ada", "lab01_shapes")
    assert first == derive(checks, b"secret", "ada", "lab01_shapes")
    others = [
        derive(checks, b"other", "ada", "lab01_shapes"),
        derive(checks, b"secret", "bob", "lab01_shapes"),
        derive(checks, b"secret", "ada", "lab02_shapes"),
    ]
    assert first not in others


def test_a_lab_without_a_source_has_none(tmp_path: Path) -> None:
    assert derive(tmp_path, b"secret", "ada", "lab01_shapes") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def variant(rng):\n    return 7\n", "TypeError: it gave 7"),
        ("def variant(rng):\n    return {'a': (1, 2)}\n", "TypeError: it gave {'a': (1, 2)}"),
        ("def variant(rng):\n    return {'a': float('nan')}\n", "ValueError: Out of range float"),
        ("def other(rng):\n    return {}\n", "KeyError: 'variant'"),
        ("def variant(:\n", "SyntaxError"),
    ],
)
def test_a_source_that_draws_nothing_plain_is_told(checks: Path, text: str, why: str) -> None:
    (checks / "variant.py").write_text(text)
    with pytest.raises(AuthorError, match="The variants of lab01_shapes cannot be drawn") as caught:
        derive(checks, b"secret", "ada", "lab01_shapes")
    assert why in caught.value.why
    assert "define `def variant(rng)` there, which returns a dict" in caught.value.next


def verdicts(judge: LabJudge, work: Path, **options: object) -> list[str]:
    report = judge.judge(work, **options)  # type: ignore[arg-type]
    assert "error" not in report, report
    return [row["verdict"] for row in report["results"]]


def test_checks_get_the_judges_values_and_work_may_read_them(checks: Path, work: Path) -> None:
    with LabJudge(checks, lab=SPEC) as judge:
        assert verdicts(judge, work) == ["passed", "passed"]
        assert verdicts(judge, work, variant={"side": 8}) == ["failed", "passed"]


@pytest.mark.parametrize("kind", ["file", "folder", "parent"])
def test_what_a_submission_says_of_its_variant_counts_for_nothing(
    checks: Path, work: Path, kind: str
) -> None:
    place = work / "data" if kind == "parent" else work / "data" / "square.json"
    place.parent.mkdir(exist_ok=True)
    if kind == "folder":
        (place / "deep").mkdir(parents=True)
        (place / "deep" / "file").write_text("x")
    else:
        place.write_text('{"side": 7, "mine": true}')
    with LabJudge(checks, lab=SPEC) as judge:
        assert verdicts(judge, work, variant={"side": 8}) == ["failed", "passed"]
    if kind == "file":
        assert place.read_text() == '{"side": 7, "mine": true}'


def test_a_check_cannot_ask_for_what_the_lab_does_not_have(checks: Path, work: Path) -> None:
    bare = LabSpec(SPEC.name, SPEC.title, SPEC.exercises)
    with LabJudge(checks, lab=bare) as judge:
        row = judge.judge(work)["results"][0]
    assert row["verdict"] == "not_judged"
    assert row["what"] == "lab01_shapes has no variant."
    assert "mend the front matter" in row["next"]


def test_a_variant_is_written_over_whatever_is_there(tmp_path: Path) -> None:
    put(tmp_path, "a/b.json", {"x": "é"})
    put(tmp_path, "a/b.json", {"x": "ü"})
    assert (tmp_path / "a" / "b.json").read_text("utf-8") == '{\n  "x": "ü"\n}\n'


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "course.secret"
    made = make_secret(path)
    assert read_secret(path) == made
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="The secret could not be written"):
        make_secret(path)
    path.chmod(0o644)
    with pytest.raises(UsageError, match="The secret may be read by others") as caught:
        read_secret(path)
    assert caught.value.next == f"run `chmod 600 {path}`."


def test_a_missing_or_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="The secret could not be read") as caught:
        read_secret(tmp_path / "none")
    assert caught.value.next == "check the path of --secret."
    (tmp_path / "short").write_text("1234\n")
    with pytest.raises(UsageError, match="holds no secret") as caught:
        read_secret(tmp_path / "short")
    assert caught.value.why == "It has 4 bytes; 16 at least cannot be guessed."
    assert "name a file that does not exist yet" in caught.value.next
