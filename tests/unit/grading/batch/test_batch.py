"""A class goes through the workers once, whatever happens to them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab_kit.course import Course
from lab_kit.errors import JudgeError, Unavailable, UsageError
from lab_kit.grading import batch, crew, isolation
from lab_kit.grading.batch import Grader
from lab_kit.grading.model import Incoming, Refused
from lab_kit.grading.store import Store
from lab_kit.process import Level, level
from tests.judge.toys import STUB, children, exists
from tests.unit.grading.batch.conftest import LAB, HandIn

WRONG = "def area(side):\n    return side\n"
LETHAL = '''
import os
from pathlib import Path

from lab_kit.judge import check


@check(hint="Live.")
def everyone_lives(submission):
    """Nobody dies."""
    if "lethal" in submission.text("shapes.py"):
        parked = os.getppid()
        worker = Path(f"/proc/{parked}/stat").read_text().rpartition(")")[2].split()[1]
        os.kill(int(worker), 9)
'''


def verdicts(store: Store) -> dict[str, list[str]]:
    return {g.student: [r["verdict"] for r in g.report["results"]] for g in store.grades()}


def workers() -> list[int]:
    """Return the process numbers of this process's grading workers."""
    found = []
    for pid in children(os.getpid()):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"lab_kit.grading.worker" in words[:5]:
            found.append(pid)
    return found


def test_a_class_is_judged_and_then_kept(course: Course, store: Store, hand_in: HandIn) -> None:
    work = [hand_in("ada"), hand_in("bob", WRONG), hand_in("cy", STUB)]
    with Grader(course, store, require="any", jobs=2) as grader:
        steps = list(grader.run(work))
        assert sorted((s.student, s.outcome) for s in steps) == [
            ("ada", "judged"), ("bob", "judged"), ("cy", "judged")
        ]  # fmt: skip
        assert grader.exit_code == 0
        assert workers() == []
        first = list(store.grades())
        assert [s.outcome for s in grader.run(work)] == ["kept"] * 3
        assert list(store.grades()) == first
    assert verdicts(store) == {
        "ada": ["passed", "passed"], "bob": ["failed", "blocked"], "cy": ["failed", "blocked"]
    }  # fmt: skip
    ada = first[0].report
    assert ada["submission"] == work[0].digest
    assert f"isolation {level().name}, packages " in ada["environment"]
    assert [row["hidden"] for row in ada["results"]] == [False, False]


class Quick:
    """Be a crew that needs no processes: the oldest task is done whenever it waits."""

    def __init__(self, labs: object, *, processes: int, lanes: int, deadline_s: float) -> None:
        self.room = processes * lanes
        self.tasks: list[crew.Task] = []

    def __enter__(self) -> Quick:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @property
    def free(self) -> bool:
        return len(self.tasks) < self.room

    @property
    def busy(self) -> bool:
        return bool(self.tasks)

    def give(self, task: crew.Task) -> None:
        assert self.free
        self.tasks.append(task)

    def wait(self, timeout: float | None) -> list[tuple[crew.Task, dict[str, Any]]]:
        if timeout == 0:
            return []
        task = self.tasks.pop(0)
        rows = [{"check": "c", "verdict": "passed"}]
        return [(task, {"level": "full", "seed": task.seed, "results": rows})]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "Crew", Quick)


@pytest.mark.usefixtures("quick")
def test_seeds_belong_to_the_secret_the_student_and_the_lab(
    course: Course, store: Store, hand_in: HandIn
) -> None:
    work = [hand_in("ada"), hand_in("bob")]
    seeds = []
    for secret in (b"one", b"two", b"one"):
        with Grader(course, store, require="any", jobs=2, secret=secret) as grader:
            list(grader.run(work))
        seeds.append([g.report["seed"] for g in store.grades()])
    assert len({*seeds[0], *seeds[1]}) == 4
    assert seeds[2] == seeds[0]


@pytest.mark.usefixtures("quick")
def test_answers_learnt_from_feedback_meet_other_inputs(
    course: Course, store: Store, hand_in: HandIn
) -> None:
    first = hand_in("ada")
    again = replace(first, digest="another work")
    seeds = []
    for work in (first, again, first):
        with Grader(course, store, require="any", jobs=1, secret=b"one") as grader:
            list(grader.run([work]))
        seeds.append(next(store.grades(grader.number)).report["seed"])
    assert seeds[0] != seeds[1]
    assert seeds[0] == seeds[2]


def test_what_cannot_be_judged_stops_nobody(course: Course, store: Store, hand_in: HandIn) -> None:
    broken = Refused("bob", LAB, "bob.zip", "It is no archive.", "It is empty.", "ask bob.")
    with Grader(course, store, require="any", jobs=1) as grader:
        steps = list(grader.run([broken, hand_in("cy", lab="lab09_gone"), hand_in("ada")]))
        assert [s.outcome for s in steps] == ["refused", "refused", "judged"]
        assert grader.exit_code == 3
    said = {g.student: g.report.get("error") for g in store.grades()}
    assert said["ada"] is None
    assert said["bob"] == {"what": broken.what, "why": broken.why, "next": broken.next}
    assert said["cy"] == {
        "what": "This is work on another lab.",
        "why": "It is said to be lab09_gone; graded are lab01_shapes.",
        "next": "name its lab with --lab, or leave it out.",
    }


def test_a_folder_that_is_gone_is_not_judged(course: Course, store: Store, hand_in: HandIn) -> None:
    work = hand_in("ada")
    (work.folder / "shapes.py").unlink()
    work.folder.rmdir()
    with Grader(course, store, require="any", jobs=1) as grader:
        assert [s.outcome for s in grader.run([work])] == ["not_judged"]
        assert grader.exit_code == 3
    assert next(store.grades()).report["error"]["what"] == f"There is no folder {work.folder}."


@pytest.mark.usefixtures("quick")
def test_no_more_is_taken_than_there_are_lanes(
    course: Course, store: Store, hand_in: HandIn
) -> None:
    taken = 0

    def handing_in() -> Iterator[Incoming]:
        nonlocal taken
        for number in range(20):
            taken += 1
            yield hand_in(f"s{number}")

    with Grader(course, store, require="any", jobs=6) as grader:
        for done, _ in enumerate(grader.run(handing_in()), start=1):
            assert taken - done <= 6
    assert taken == 20


def test_changed_checks_are_judged_by_anew(course: Course, store: Store, hand_in: HandIn) -> None:
    work = [hand_in("ada", WRONG)]
    with Grader(course, store, require="any", jobs=1) as grader:
        list(grader.run(work))
    seed = next(store.grades()).report["seed"]
    file = course.checks(LAB) / "check_shapes.py"
    file.write_text(file.read_text().replace("side * side", "side"))
    with Grader(course, store, require="any", jobs=1) as grader:
        assert [s.outcome for s in grader.run(work)] == ["judged"]
    assert verdicts(store)["ada"][0] == "passed"
    assert next(store.grades()).report["seed"] == seed


# -- workers that are lost -------------------------------------------------------------


def test_a_killed_worker_loses_nobody(course: Course, store: Store, hand_in: HandIn) -> None:
    work = [hand_in(f"s{number}") for number in range(6)]
    with Grader(course, store, require="any", jobs=4) as grader:
        going = grader.run(work)
        next(going)
        victims = workers()
        assert victims
        os.kill(victims[0], signal.SIGKILL)
        list(going)
        assert grader.counts == {"judged": 6}
    assert set(map(tuple, verdicts(store).values())) == {("passed", "passed")}
    assert not any(map(exists, victims))


def test_who_takes_its_worker_along_is_given_up_and_its_neighbours_are_judged(
    course: Course, store: Store, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "MOST_TRIES", 2)
    (course.checks(LAB) / "check_shapes.py").write_text(LETHAL)
    work = [hand_in("ada"), hand_in("bob", "lethal = True\n"), hand_in("cy")]
    with Grader(course, store, require="any", jobs=3) as grader:
        list(grader.run(work))
        assert grader.counts == {"judged": 2, "not_judged": 1}
        assert grader.exit_code == 3
    said = next(g.report for g in store.grades() if g.student == "bob")["error"]
    assert said["what"] == "The work could not be judged."
    assert said["why"] == "The process that judged it was lost 2 times."
    assert said["next"].startswith("run the same command again with --jobs 1;")


def test_workers_that_never_start_end_the_run(
    course: Course, store: Store, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "MOST_TRIES", 1)
    monkeypatch.setattr(crew, "WORKER", "lab_kit.grading.nowhere")
    with (
        Grader(course, store, require="any", jobs=1) as grader,
        pytest.raises(JudgeError) as caught,
    ):
        list(grader.run([hand_in("ada"), hand_in("bob")]))
    assert caught.value.what == "The workers end before they have judged anything."
    assert "No module named" in caught.value.why
    assert caught.value.next.endswith("the same command again: what is finished is kept.")


def test_a_run_that_is_left_ends_its_workers(course: Course, store: Store, hand_in: HandIn) -> None:
    with Grader(course, store, require="any", jobs=2) as grader:
        going = grader.run([hand_in("ada"), hand_in("bob"), hand_in("cy")])
        next(going)
        assert workers()
        going.close()
    assert workers() == []
    assert not grader.folder.exists()


# -- isolation -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "required"), [("none", "degraded"), ("degraded", "full"), ("", "degraded")]
)
def test_nothing_is_graded_below_the_required_level(
    course: Course, store: Store, held: str, required: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "level", lambda: Level(held))
    with pytest.raises(Unavailable) as caught:
        Grader(course, store, require=required)
    assert "students' programs are not isolated well enough" in caught.value.what
    assert caught.value.why == f"This machine's level is {held!r}, and {required!r} is required."
    assert "--require-isolation any accepts the risk" in caught.value.next


def test_any_level_will_do_when_it_is_asked_for(course: Course, store: Store) -> None:
    for held in isolation.LEVELS:
        assert isolation.demand("any", held) == held


def test_a_verdict_from_weaker_isolation_does_not_count(
    course: Course, store: Store, hand_in: HandIn
) -> None:
    report = {"level": "degraded", "results": [{"check": "c", "verdict": "passed"}]}
    with Grader(course, store, require="any", jobs=1) as grader:
        grader.require = "full"
        grader.number = store.begin()
        assert grader._accept(hand_in("ada"), report).outcome == "not_judged"
    assert "not isolated" in next(store.grades()).report["error"]["what"]


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"require": "most"}, "There is no isolation level 'most'."),
        ({"jobs": 0}, "0 jobs judge nothing."),
    ],
)
def test_wrong_settings_are_told(
    course: Course, store: Store, wrong: dict[str, object], what: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Grader(course, store, **wrong)
    assert caught.value.what == what
    assert caught.value.next
