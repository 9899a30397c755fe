"""The laws that hold for every lab: one test a law, over every lab, answer and exercise.

A wrong answer in tests/labs/<lab>/wrong/<mistake>/ is laid over the solution. The first line
of its fails.txt names exactly the checks that it fails; the second says the mistake. A right
answer in right/<style>/ is laid over it too, and says in note.txt what is other about it.
Both are judged by the checks of the exercises whose files they bring, or by all checks when
they bring a file that is no exercise.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lab_kit.course import LAB_NAME, Course
from lab_kit.judge import CheckInfo, LabJudge, LabSpec, Report

COURSE = Course(Path(__file__).resolve().parents[2])
NOTEBOOK_S = 300
NOTES = {"fails.txt", "note.txt"}
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "tests", "benchmarks")


def folders(top: str) -> set[str]:
    return {p.stem for p in (COURSE.root / top).glob("lab*") if LAB_NAME.fullmatch(p.stem)}


LABS = sorted(folders("solutions"))


def answers(kind: str) -> list[tuple[str, str]]:
    """Return (lab, name) of every wrong or right answer."""
    found = []
    for lab in LABS:
        shelf = COURSE.checks(lab) / kind
        found += [(lab, p.name) for p in sorted(shelf.glob("*")) if p.is_dir()]
    return found


@pytest.fixture(scope="module")
def judges() -> Iterator[dict[str, LabJudge]]:
    """Give one warm judge a lab, for all of its folders."""
    specs = {lab: LabSpec.of(COURSE.info(lab)) for lab in LABS}
    made = {lab: LabJudge(COURSE.checks(lab), lab=specs[lab]) for lab in LABS}
    yield made
    for judge in made.values():
        judge.close()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@cache
def stubs(lab: str) -> dict[str, str]:
    """Return every text file that the build hands out, as it is before any work."""
    notebook = json.loads((COURSE.root / "notebooks" / f"{lab}.ipynb").read_text("utf-8"))
    texts: dict[str, str] = notebook["metadata"]["beyond"]["stubs"]
    return texts


def lay_over(lab: str, kind: str, name: str, work: Path) -> list[str]:
    """Lay an answer over the solution; return the exercises that it brings, [] for all."""
    answer = COURSE.checks(lab) / kind / name
    shutil.copytree(COURSE.solutions(lab), work)
    shutil.copytree(answer, work, dirs_exist_ok=True)
    brought = [p.relative_to(answer).as_posix() for p in answer.rglob("*") if p.is_file()]
    brought = [file for file in brought if file not in NOTES and "__pycache__" not in file]
    assert brought, f"{answer} brings no file"
    exercises = {e.file for e in COURSE.info(lab).exercises}
    return brought if set(brought) <= exercises else []


def verdicts(report: Report) -> dict[str, str]:
    assert "error" not in report, report["error"]
    found = {row["check"]: row["verdict"] for row in report["results"]}
    unjudged = [row for row in report["results"] if row["verdict"] == "not_judged"]
    assert not unjudged, unjudged
    return found


def declared(lab: str, mistake: str) -> tuple[set[str], str]:
    """Return the checks that a mistake fails, and the sentence about it."""
    text = (COURSE.checks(lab) / "wrong" / mistake / "fails.txt").read_text("utf-8")
    names, _, sentence = text.partition("\n")
    return set(names.split()), sentence.strip()


def promised(judges: dict[str, LabJudge], lab: str) -> list[CheckInfo]:
    return judges[lab].list_checks()


def test_a_lab_has_one_name_everywhere() -> None:
    assert LABS
    for top in ("notebooks", "exercises", "tests/labs"):
        assert sorted(folders(top)) == LABS, top


@pytest.mark.parametrize("lab", LABS)
def test_the_solution_passes_every_check(lab: str, judges: dict[str, LabJudge]) -> None:
    report = judges[lab].judge(COURSE.solutions(lab))
    verdicts(report)
    assert [row for row in report["results"] if row["verdict"] != "passed"] == []


@pytest.mark.parametrize("lab", LABS)
def test_the_stub_passes_nothing_and_says_what_to_do(
    lab: str, judges: dict[str, LabJudge], work: Path
) -> None:
    for name, text in stubs(lab).items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, encoding="utf-8")
    report = judges[lab].judge(work)
    assert set(verdicts(report).values()) <= {"failed", "blocked"}
    for row in report["results"]:
        if row["verdict"] == "failed":
            assert row["what"].startswith("TODO"), row
        assert "Traceback" not in row["what"] + row["why"] + row["next"], row


@pytest.mark.parametrize(("lab", "mistake"), answers("wrong"))
def test_a_wrong_answer_fails_exactly_its_checks(
    lab: str, mistake: str, judges: dict[str, LabJudge], work: Path
) -> None:
    expected, sentence = declared(lab, mistake)
    assert sentence, "the second line of fails.txt says what the mistake is"
    only = lay_over(lab, "wrong", mistake, work)
    report = judges[lab].judge(work, only=only or None)
    failed = {name for name, verdict in verdicts(report).items() if verdict == "failed"}
    assert failed == expected, [row for row in report["results"] if row["verdict"] == "failed"]


@pytest.mark.parametrize(("lab", "style"), answers("right"))
def test_another_right_answer_passes(
    lab: str, style: str, judges: dict[str, LabJudge], work: Path
) -> None:
    note = COURSE.checks(lab) / "right" / style / "note.txt"
    assert note.read_text("utf-8").strip()
    report = judges[lab].judge(work, only=lay_over(lab, "right", style, work) or None)
    verdicts(report)
    assert [row for row in report["results"] if row["verdict"] != "passed"] == []


@pytest.mark.parametrize("lab", LABS)
def test_every_check_is_failed_by_a_wrong_answer(lab: str, judges: dict[str, LabJudge]) -> None:
    names = {info.name for info in promised(judges, lab)}
    caught = {name for where, m in answers("wrong") if where == lab for name in declared(lab, m)[0]}
    assert caught <= names, "a fails.txt names a check that does not exist"
    assert names - caught == set(), "no wrong answer fails these checks"


@pytest.mark.parametrize("lab", LABS)
def test_every_exercise_has_checks_and_another_right_answer(
    lab: str, judges: dict[str, LabJudge]
) -> None:
    exercises = {e.file for e in COURSE.info(lab).exercises}
    assert {info.exercise for info in promised(judges, lab)} == exercises
    shelf = COURSE.checks(lab) / "right"
    brought = {
        path.relative_to(answer).as_posix()
        for answer in shelf.glob("*")
        for path in answer.rglob("*")
    }
    assert exercises - brought == set(), "no right answer in another style"


@pytest.mark.slow
@pytest.mark.parametrize("lab", LABS)
def test_the_notebook_runs_from_top_to_bottom(
    lab: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    root = tmp_path / "course"
    shutil.copytree(COURSE.root, root, ignore=LEFT_OUT)
    shutil.copytree(COURSE.checks(lab), root / "tests" / "labs" / lab)
    for name in stubs(lab):
        finished, place = COURSE.solutions(lab) / name, root / "exercises" / lab / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(finished, place)
    monkeypatch.setenv("BEYOND_ROOT", str(root))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("JPY_SESSION_NAME", str(root / "notebooks" / f"{lab}.ipynb"))
    notebook = nbformat.read(root / "notebooks" / f"{lab}.ipynb", as_version=4)
    place = {"metadata": {"path": str(root / "notebooks")}}
    NotebookClient(notebook, timeout=NOTEBOOK_S, kernel_name="python3", resources=place).execute()
    progress = json.loads((root / ".beyond" / "progress" / f"{lab}.json").read_text("utf-8"))
    assert progress["checks"], "the notebook checks nothing"
    left = {n: row for n, row in progress["checks"].items() if row["verdict"] != "passed"}
    assert left == {}
