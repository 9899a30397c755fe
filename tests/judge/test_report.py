"""An instructor's later doors: report, feedback, changes after a correction, signed results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.judge.conftest import Ran
from tests.judge.toys import SQUARE

Lab = Callable[..., Ran]
LAB = "lab01_shapes"
GRADE = ("grade", "--require-isolation", "any", "--lab", "1")
WRONG = "def area(side):\n    return 1 // 0  # =1+1 <b>\n"
CANARY = "canary7f3a"
HIDDEN = f'''

@check(hint="Zero.")
def {CANARY}(submission: Submission) -> None:
    """A promise that everybody may read."""
    expect(submission.call("shapes.py", "area", 424242) == 1, "{CANARY} what", "{CANARY} 424242")
'''
LATE = '[late]\ndue = "2026-03-01T12:00:00+00:00"\nper_day_percent = 10\n'


@pytest.fixture
def handed_in(course: Path) -> Path:
    folder = course / "in"
    for student, text in {"ada": SQUARE, "bob": WRONG}.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "shapes.py").write_text(text)
    (folder / "cut.zip").write_bytes(b"PK\x03\x04")
    return folder


@pytest.fixture
def graded(lab: Lab, course: Path, handed_in: Path) -> Path:
    """Grade a class with a hidden check, and remove what was handed in."""
    private = course / "private"
    private.mkdir()
    text = (course / "tests" / "labs" / LAB / "check_shapes.py").read_text()
    (private / "check_shapes.py").write_text(text + HIDDEN)
    assert lab(*GRADE, "in", "--checks", "private").code == 3
    for path in sorted(handed_in.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return course


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_what_is_kept_is_shown(lab: Lab, graded: Path) -> None:
    ran = lab("report")
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["student", "lab", "core", "extension", "state"]
    assert lines[1][:4] == ["ada", LAB, "3/4", "0/0"]
    assert lines[2][:4] == ["bob", LAB, "0/4", "0/0"]
    assert lines[3][0] == "cut" and lines[3][-2:] == ["not", "judged"]


def test_nothing_graded_yet_is_told(lab: Lab) -> None:
    ran = lab("report")
    assert ran.code == 2
    assert ran.err.startswith("Nothing is graded yet.")
    assert "run `./lab grade SUBMISSIONS` first" in ran.err


def test_students_own_lines_are_shown_when_their_folder_is_gone(lab: Lab, graded: Path) -> None:
    assert lab("report", "--html", "site", "--feedback", "back").code == 0
    for folder in ("site/students", "back"):
        (page,) = (graded / folder).glob("bob-*.html")
        text = page.read_text()
        assert "def area(side):" in text and "return 1 // 0  # =1+1 &lt;b&gt;" in text
        assert "ada" not in text


def test_no_form_for_students_holds_a_hidden_check(lab: Lab, graded: Path) -> None:
    forms = ("--junit", "--ctrf", "--gitlab")
    words = [word for form in forms for word in (form, f"out{form}")]
    summary = graded / "summary.md"
    ran = lab("report", "--feedback", "back", *words, "--github", GITHUB_STEP_SUMMARY=str(summary))
    assert ran.code == 0, ran.err
    written = [*graded.glob("out--*"), *(graded / "back").iterdir(), summary]
    assert len(written) == len(forms) + 3 + 1
    for place in written:
        text = place.read_text()
        assert CANARY not in text and "424242" not in text, place
    assert CANARY not in ran.out and "424242" not in ran.out
    assert "A promise that everybody may read." in (graded / "out--junit").read_text()
    assert CANARY in lab("report", "--json", "-").out  # which is the instructor's


def test_lateness_is_applied_in_the_report_and_the_raw_score_kept(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    (course / "times.csv").write_text("id,submitted\nada,2026-03-03T11:00:00+00:00\n")
    (course / "late.toml").write_text(LATE)
    lab(*GRADE, "in", "--times", "times.csv")
    rows = {row["student"]: row for row in table(lab("report", "--csv", "-").out)}
    assert (rows["ada"]["core"], rows["ada"]["core after lateness"]) == ("3", "3")
    late = lab("report", "--csv", "-", "--late", "late.toml").out
    rows = {row["student"]: row for row in table(late)}
    assert (rows["ada"]["core"], rows["ada"]["core after lateness"]) == ("3", "2.4")
    (course / "late.toml").write_text("[late]\ndue = 7\n")
    ran = lab("report", "--late", "late.toml")
    assert (ran.code, ran.err.partition(".\n")[0]) == (2, "The late policy is wrong at late.due")


def test_platforms_get_their_own_columns(lab: Lab, graded: Path) -> None:
    (graded / "roster.csv").write_text("id,name,email\nada,Ada L.,ada@example.org\n")
    words = ("report", "--csv", "-", "--roster", "roster.csv")
    canvas = table(lab(*words, "--format", "canvas").out)
    assert [row["Student"] for row in canvas] == ["    Points Possible", "Ada L.", "bob", "cut"]
    moodle = table(lab(*words, "--format", "moodle").out)
    assert moodle[0]["Email address"] == "ada@example.org"
    assert [row[f"{LAB} core"] for row in moodle] == ["3", "0", ""]


def test_a_corrected_check_is_told_with_who_changed_and_why(
    lab: Lab, course: Path, handed_in: Path
) -> None:
    lab(*GRADE, "in")
    assert table(lab("report", "--changes", "-").out) == []
    checks = course / "tests" / "labs" / LAB / "check_shapes.py"
    checks.write_text(checks.read_text().replace("side * side", "side"))
    ran = lab(*GRADE, "in", "--changes", "-")
    found = {(row["student"], row["check"]): row for row in table(ran.out)}
    assert {student for student, _ in found} == {"ada"}  # what bob wrote fails as before
    assert len(found) == 2
    ada = found["ada", "squares_are_measured"]
    assert (ada["before"], ada["after"]) == ("passed", "failed")
    assert (ada["core before"], ada["core after"]) == ("3/3", "0/3")
    assert ada["why"].startswith("other checks (") and "other work" not in ada["why"]
    again = lab(*GRADE, "in", "--changes", "-")
    assert table(again.out) == table(ran.out)  # until something changes again


def test_signed_results_hold_until_they_are_touched(lab: Lab, graded: Path) -> None:
    made = lab("keygen", "course.key")
    assert made.code == 0 and "course.key.pub verifies" in made.out
    signing = ("report", "--sign", "course.key", "--signed", "results.jsonl")
    assert lab(*signing).code == 0
    verify = ("verify", "results.jsonl", "--key", "course.key.pub")
    ran = lab(*verify, "--store", ".beyond/grades.sqlite")
    assert (ran.code, ran.out) == (0, "3 results hold. All of it holds.\n")
    place = graded / "results.jsonl"
    rows = place.read_text().splitlines()
    data = json.loads(rows[1])
    data["report"]["points"]["core"] = [4, 4]
    place.write_text("\n".join([rows[0], json.dumps(data), *rows[2:]]))
    ran = lab(*verify)
    assert ran.code == 1
    assert f"✗ line 2: bob, {LAB}: It was signed for another report:" in ran.out
    assert "2 results hold. 2 did not." in ran.out
    lab("keygen", "other.key")
    assert "signed with another key" in lab(*verify[:3], "other.key.pub").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "--signed", "x"], "Signed results need a key and a file."),
        (["report", "--sign", "x"], "Signed results need a key and a file."),
        (["report", "--feedback", "course.toml"], "--feedback cannot be written to course.toml."),
        (["verify", "nothing", "--key", "nothing"], "The key could not be read."),
        (["verify", "nothing"], "required: --key"),
        (["pull", "nothing", "there"], "nothing could not be read as a list of students."),
    ],
)
def test_wrong_usage_is_told(lab: Lab, words: list[str], said: str) -> None:
    ran = lab(*words)
    assert ran.code == 2, ran.err
    assert said in ran.err and "Next: " in ran.err
