"""The warm judge starts once, follows its check files, survives a kill, and leaves nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from lab_kit.judge import LabJudge, LabSpec, Result
from lab_kit.judge.sealed import PREFIX, runtime_folder
from lab_kit.process import wait_until
from tests.judge.toys import LABS, SHAPES, by_name, children, exists

SLOW_CHECK = '''
import time
from pathlib import Path

from lab_kit.judge import check, Submission


@check(hint="Wait.")
def takes_its_time(submission: Submission) -> None:
    """Waiting is all that this does."""
    (Path(__file__).parent.parent / "busy").touch()
    time.sleep(600)
'''
QUICK_CHECK = '''
from lab_kit.judge import check, Submission


@check(hint="None needed.")
def is_quick(submission: Submission) -> None:
    """Nothing is asked."""
'''


def warm_pid(judge: LabJudge) -> int:
    return judge._ready().program.pid


def test_judge_keeps_one_process_for_many_submissions(shapes: LabJudge, square: Path) -> None:
    pid = warm_pid(shapes)
    for _ in range(3):
        shapes.judge(square)
    assert warm_pid(shapes) == pid


def test_judge_leaves_no_process_and_no_file(square: Path) -> None:
    judge = LabJudge(LABS / "shapes", lab=SHAPES)
    with judge:
        judge.judge(square)
        runtime = judge._runtime
        assert runtime is not None
        assert list(runtime.iterdir()) == []
        started = [warm_pid(judge), *children(warm_pid(judge))]
        assert len(started) >= 2
    wait_until(lambda: not any(map(exists, started)), timeout=10, what="every process to end")
    assert not runtime.exists()


def test_judge_leaves_by_itself_when_idle_and_comes_back(square: Path) -> None:
    with LabJudge(LABS / "shapes", lab=SHAPES, idle_s=0.3) as judge:
        judge.judge(square)
        assert judge._warm is not None
        first = judge._warm.program
        started = [first.pid, *children(first.pid)]
        wait_until(lambda: not any(map(exists, started)), timeout=10, what="the idle exit")
        assert by_name(judge.judge(square))["squares_are_measured"]["verdict"] == "passed"
        assert judge._warm.program.pid != first.pid


def test_judge_comes_back_when_its_process_was_killed(square: Path) -> None:
    with LabJudge(LABS / "shapes", lab=SHAPES) as judge:
        judge.judge(square)
        os.kill(warm_pid(judge), signal.SIGKILL)
        rows = by_name(judge.judge(square))
        assert [row["verdict"] for row in rows.values()] == ["passed", "passed"]


def test_check_is_not_judged_when_the_process_is_killed_under_it(
    own_checks: Path, square: Path, tmp_path: Path
) -> None:
    (own_checks / "check_a.py").write_text(SLOW_CHECK)
    (own_checks / "check_b.py").write_text(QUICK_CHECK)
    spec = LabSpec("lab01_shapes", "Shapes")
    with LabJudge(own_checks, lab=spec) as judge:
        pid = warm_pid(judge)

        def kill_when_busy() -> None:
            wait_until((tmp_path / "busy").exists, timeout=20, what="the slow check")
            started.extend(children(pid))
            os.kill(pid, signal.SIGKILL)

        started: list[int] = []
        killer = threading.Thread(target=kill_when_busy)
        killer.start()
        rows = by_name(judge.judge(square, only=["takes_its_time", "is_quick"]))
        killer.join()
        assert rows["takes_its_time"]["verdict"] == "not_judged"
        assert "was ended from outside" in rows["takes_its_time"]["why"]
        assert rows["is_quick"]["verdict"] == "passed"
        wait_until(lambda: not any(map(exists, started)), timeout=10, what="the forks' end")


def test_check_ends_when_the_caller_is_interrupted(own_checks: Path, square: Path) -> None:
    (own_checks / "check_a.py").write_text(QUICK_CHECK)
    (own_checks / "check_b.py").write_text(SLOW_CHECK)

    def interrupt(row: Result) -> None:
        raise KeyboardInterrupt

    with LabJudge(own_checks, lab=LabSpec("lab01_shapes", "Shapes")) as judge:
        with pytest.raises(KeyboardInterrupt):
            judge.judge(square, on_result=interrupt)
        pid = warm_pid(judge)
        wait_until(lambda: len(children(pid)) <= 1, timeout=10, what="the fork's end")
        assert by_name(judge.judge(square, only="is_quick"))["is_quick"]["verdict"] == "passed"


def test_submission_is_bounded_as_a_whole(own_checks: Path, square: Path) -> None:
    (own_checks / "check_a.py").write_text(SLOW_CHECK)
    spec = LabSpec("lab01_shapes", "Shapes")
    with LabJudge(own_checks, lab=spec, deadline_s=1.0) as judge:
        rows = by_name(judge.judge(square))
    assert [row["verdict"] for row in rows.values()] == ["not_judged"] * 3
    assert "within 1 s" in rows["squares_are_measured"]["why"]


def test_changed_check_is_used_at_once(own_checks: Path, square: Path) -> None:
    with LabJudge(own_checks, lab=SHAPES) as judge:
        before = judge.judge(square)
        path = own_checks / "check_shapes.py"
        path.write_text(path.read_text().replace("side * side,", "side * side + 1,"))
        after = judge.judge(square)
    assert by_name(before)["squares_are_measured"]["verdict"] == "passed"
    assert by_name(after)["squares_are_measured"]["verdict"] == "failed"
    assert before["checks_version"] != after["checks_version"]


def test_two_judges_at_once_do_not_disturb_each_other(
    shapes: LabJudge, behaviours: LabJudge, square: Path
) -> None:
    found: dict[int, list[str]] = {}

    def work(number: int, judge: LabJudge) -> None:
        rows = by_name(judge.judge(square, only="shapes.py"))
        found[number] = [row["verdict"] for row in rows.values()][:2]

    judges = [shapes, behaviours, shapes, shapes]
    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(judges)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [found[n] for n in range(4)] == [["passed", "passed"]] * 4


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("check_shapes.py", "def (:\n", "SyntaxError"),
        ("check_shapes.py", "import nothing_like_it\n", "No module named 'nothing_like_it'"),
        ("conftest.py", "1 / 0\n", "ZeroDivisionError"),
        ("check_other.py", QUICK_CHECK, "check_other.py belongs to no exercise of lab01_shapes."),
        ("check_shapes.py", QUICK_CHECK.replace('"""Nothing is asked."""', "pass"), "no promise"),
        ("check_shapes.py", QUICK_CHECK.replace("None needed.", ""), "has no hint"),
        ("check_shapes.py", QUICK_CHECK.replace("hint=", 'needs="x", hint='), "needs x, which"),
    ],
)
def test_broken_lab_is_told_instead_of_results(
    file: str, text: str, told: str, own_checks: Path, square: Path
) -> None:
    (own_checks / file).write_text(text)
    with LabJudge(own_checks, lab=SHAPES) as judge:
        report = judge.judge(square)
    assert "results" not in report
    error = report["error"]
    assert told in error["what"] + error["why"]
    assert error["next"]


def test_missing_checks_are_told_instead_of_results(tmp_path: Path, square: Path) -> None:
    with LabJudge(tmp_path / "nowhere", lab=SHAPES) as judge:
        assert judge.judge(square)["error"]["what"] == "The checks of this lab are missing."
    (tmp_path / "empty").mkdir()
    with LabJudge(tmp_path / "empty", lab=SHAPES) as judge:
        assert "No check lies in" in judge.judge(square)["error"]["why"]


def test_editing_while_judging_changes_nothing(own_checks: Path, square: Path) -> None:
    with LabJudge(own_checks, lab=SHAPES) as judge:
        rows = judge.judge(
            square, on_result=lambda row: (square / "shapes.py").unlink(missing_ok=True) or None
        )
    assert [row["verdict"] for row in rows["results"]] == ["passed", "passed"]


def test_folders_of_dead_judges_are_swept() -> None:
    mine = runtime_folder()
    left = mine.with_name(f"{PREFIX}4194400-left")  # no process has such a number
    left.mkdir(exist_ok=True)
    again = runtime_folder()
    assert mine.exists()
    assert not left.exists()
    for folder in (mine, again):
        folder.rmdir()


@pytest.mark.parametrize("name", ["none", "degraded"])
def test_report_names_a_lower_level(
    name: str, square: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEYOND_LEVEL", name)
    with LabJudge(LABS / "shapes", lab=SHAPES) as judge:
        report = judge.judge(square)
    assert report["level"] == ("none" if name == "none" else report["level"])
    assert report["level"] != "full"
    assert any(state.startswith("absent") for state in report["layers"].values())
    assert [row["verdict"] for row in report["results"]] == ["passed", "passed"]


def test_warm_parents_are_small(shapes: LabJudge, square: Path) -> None:
    shapes.judge(square)
    assert shapes._ready().program.memory_mb() < 60
    began = time.perf_counter()
    shapes.judge(square, only="squares_are_measured")
    assert time.perf_counter() - began < 2
