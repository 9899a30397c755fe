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
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from lab_kit.course import LAB_NAME, Course
from lab_kit.judge import LabJudge, LabSpec, Report
from lab_kit.judge.variants import derive
from lab_kit.release.oracle import examine

COURSE = Course(Path(__file__).resolve().parents[2])
NOTEBOOK_S = 300
NOTES = {"fails.txt", "note.txt"}
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "tests", "benchmarks")


def folders(top: str) -> set[str]:
    return {p.stem for p in (COURSE.root / top).glob("lab*") if LAB_NAME.fullmatch(p.stem)}


LABS = sorted(folders("solutions"))
# What a lab's checks run: where it cannot be had, `./lab test` says what was left out.
NEEDS = {"lab02_wasm": [pytest.mark.compilers]}
JUDGED = [pytest.param(lab, marks=NEEDS.get(lab, [])) for lab in LABS]


class Answer(NamedTuple):
    """Name one wrong or right answer."""

    lab: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.lab}-{self.name}"

    @property
    def folder(self) -> Path:
        return COURSE.checks(self.lab) / self.kind / self.name

    def files(self) -> list[str]:
        """Return the files that are laid over the solution."""
        found = [p for p in self.folder.rglob("*") if p.is_file() and p.suffix != ".pyc"]
        names = [p.relative_to(self.folder).as_posix() for p in found]
        return sorted(name for name in names if name not in NOTES)


def answers(kind: str, lab: str = "") -> list[Answer]:
    """Return every wrong or right answer, of one lab or of all."""
    found = []
    for name in [lab] if lab else LABS:
        shelf = COURSE.checks(name) / kind
        found += [Answer(name, kind, p.name) for p in sorted(shelf.glob("*")) if p.is_dir()]
    return found


def judged(kind: str) -> list[object]:
    """Return them with the marks of their labs."""
    return [pytest.param(one, marks=NEEDS.get(one.lab, [])) for one in answers(kind)]


@pytest.fixture(scope="module")
def judges() -> Iterator[dict[str, LabJudge]]:
    """Give one warm judge a lab, for all of its folders."""
    specs = {lab: LabSpec.of(COURSE.info(lab)) for lab in LABS}
    made = {lab: LabJudge(COURSE.checks(lab), lab=specs[lab]) for lab in LABS}
    yield made
    for judge in made.values():
        judge.close()


@cache
def stubs(lab: str) -> dict[str, str]:
    """Return every text file that the build hands out, as it is before any work."""
    notebook = json.loads((COURSE.root / "notebooks" / f"{lab}.ipynb").read_text("utf-8"))
    texts: dict[str, str] = notebook["metadata"]["beyond"]["stubs"]
    return texts


@pytest.fixture(scope="module")
def reports(
    request: pytest.FixtureRequest,
    judges: dict[str, LabJudge],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[Answer, Future[Report]]]:
    """Judge the answers of all chosen tests, as many at a time as there are cores."""
    found: dict[Answer, Future[Report]] = {}
    specs = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    chosen = [spec.params.get("answer") for spec in specs]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for answer in [each for each in chosen if isinstance(each, Answer)]:
            work = tmp_path_factory.mktemp("work", numbered=True) / "work"
            found[answer] = pool.submit(judge_answer, judges[answer.lab], answer, work)
        yield found
        pool.shutdown(cancel_futures=True)


def judge_answer(judge: LabJudge, answer: Answer, work: Path) -> Report:
    return judge.judge(work, only=lay_over(answer, work) or None)


def lay_over(answer: Answer, work: Path) -> list[str]:
    """Lay an answer over the solution; return the exercises that it brings, [] for all."""
    shutil.copytree(COURSE.solutions(answer.lab), work)
    shutil.copytree(answer.folder, work, dirs_exist_ok=True)
    brought = answer.files()
    assert brought, f"{answer.folder} brings no file"
    exercises = {e.file for e in COURSE.info(answer.lab).exercises}
    return brought if set(brought) <= exercises else []


def verdicts(report: Report) -> dict[str, str]:
    assert "error" not in report, report["error"]
    found = {row["check"]: row["verdict"] for row in report["results"]}
    unjudged = [row for row in report["results"] if row["verdict"] == "not_judged"]
    assert not unjudged, unjudged
    return found


def declared(answer: Answer) -> tuple[set[str], str]:
    """Return the checks that a wrong answer says it fails, and the sentence about it."""
    text = (answer.folder / "fails.txt").read_text("utf-8")
    names, _, sentence = text.partition("\n")
    return set(names.split()), sentence.strip()


def test_a_lab_has_one_name_everywhere() -> None:
    assert LABS
    for top in ("notebooks", "exercises", "tests/labs"):
        assert sorted(folders(top)) == LABS, top


@pytest.mark.parametrize("lab", JUDGED)
def test_the_solution_passes_every_check(lab: str, judges: dict[str, LabJudge]) -> None:
    report = judges[lab].judge(COURSE.solutions(lab))
    verdicts(report)
    assert [row for row in report["results"] if row["verdict"] != "passed"] == []


@pytest.mark.parametrize("lab", LABS)
def test_the_stub_passes_nothing_and_says_what_to_do(
    lab: str, judges: dict[str, LabJudge], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    for name, text in stubs(lab).items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, encoding="utf-8")
    report = judges[lab].judge(work)
    assert set(verdicts(report).values()) <= {"failed", "blocked"}
    for row in report["results"]:
        if row["verdict"] == "failed":
            assert row["what"].startswith("TODO"), row
        assert "Traceback" not in row["what"] + row["why"] + row["next"], row


@pytest.mark.parametrize("answer", judged("wrong"), ids=str)
def test_a_wrong_answer_fails_exactly_its_checks(
    answer: Answer, reports: dict[Answer, Future[Report]]
) -> None:
    expected, sentence = declared(answer)
    assert sentence, "the second line of fails.txt says what the mistake is"
    report = reports[answer].result()
    failed = {name for name, verdict in verdicts(report).items() if verdict == "failed"}
    assert failed == expected, [row for row in report["results"] if row["verdict"] == "failed"]


@pytest.mark.parametrize("answer", judged("right"), ids=str)
def test_another_right_answer_passes(answer: Answer, reports: dict[Answer, Future[Report]]) -> None:
    assert (answer.folder / "note.txt").read_text("utf-8").strip()
    report = reports[answer].result()
    verdicts(report)
    assert [row for row in report["results"] if row["verdict"] != "passed"] == []


@pytest.mark.parametrize("lab", LABS)
def test_every_check_is_failed_by_a_wrong_answer(lab: str, judges: dict[str, LabJudge]) -> None:
    names = {info.name for info in judges[lab].list_checks()}
    caught = {name for answer in answers("wrong", lab) for name in declared(answer)[0]}
    assert caught - names == set(), "a fails.txt names a check that does not exist"
    assert names - caught == set(), "no wrong answer fails these checks"


@pytest.mark.parametrize("lab", LABS)
def test_every_exercise_has_checks_and_another_right_answer(
    lab: str, judges: dict[str, LabJudge]
) -> None:
    exercises = {e.file for e in COURSE.info(lab).exercises}
    assert {info.exercise for info in judges[lab].list_checks()} == exercises
    brought = {file for answer in answers("right", lab) for file in answer.files()}
    assert exercises - brought == set(), "no right answer in another style"


@pytest.mark.parametrize("lab", LABS)
def test_the_released_checks_hold_no_answer(lab: str) -> None:
    assert list(examine(COURSE.solutions(lab), COURSE.checks(lab), stubs(lab))) == []


@pytest.mark.parametrize("lab", LABS)
def test_a_variant_has_the_shape_of_the_file_that_it_replaces(lab: str) -> None:
    drawn = [derive(COURSE.checks(lab), b"secret", name, lab) for name in ("ada", "bob", "ada")]
    known = COURSE.info(lab).variant
    assert (drawn[0] is None) == (known is None)
    assert drawn[0] == drawn[2]
    assert known is None or drawn[0] != drawn[1]
    assert known is None or shape(drawn[0]) == shape(known["values"])


def shape(value: object) -> object:
    """Return a value's structure, with the type of each leaf."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.slow
@pytest.mark.parametrize("lab", JUDGED)
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
