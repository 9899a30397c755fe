"""Each way in which a check can end has its verdict and its words, and none stops the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_kit.errors import UsageError
from lab_kit.judge import LabJudge, Report, Result
from lab_kit.judge.report import encode, exit_code
from tests.judge.toys import SHAPES, SQUARE, by_name


@pytest.fixture(scope="module")
def report(behaviours: LabJudge, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("work")
    (folder / "shapes.py").write_text(SQUARE)
    return behaviours.judge(folder, seed=7)


def test_check_passes_without_a_word(report: Report) -> None:
    row = by_name(report)["squares_are_measured"]
    assert row["verdict"] == "passed"
    assert row["what"] == row["why"] == row["next"] == ""
    assert row["promise"] == "`area` gives the area of a square."
    assert row["hints"] == 2
    assert row["points"] == 2


@pytest.mark.parametrize(
    ("check", "verdict", "what", "why", "next"),
    [
        (
            "the_rest_is_still_judged",
            "failed",
            "The last check was reached.",
            "It always fails.",
            "read this.",
        ),
        (
            "what_needs_a_failed_check_waits",
            "blocked",
            "This builds on the_rest_is_still_judged.",
            "",
            "make the_rest_is_still_judged pass first.",
        ),
        (
            "what_needs_a_waiting_check_names_the_cause",
            "blocked",
            "This builds on the_rest_is_still_judged.",
            "",
            "make the_rest_is_still_judged pass first.",
        ),
        (
            "the_check_is_broken",
            "not_judged",
            "The check itself broke, so your work was not judged.",
            "KeyError: 'ours' at ",
            "tell your instructor; nothing is wrong with your work.",
        ),
        (
            "what_needs_a_broken_check_is_not_judged",
            "not_judged",
            "This builds on the_check_is_broken, which could not be judged.",
            "",
            "see there; nothing is wrong with your work.",
        ),
        (
            "a_component_is_missing",
            "not_judged",
            "Envoy is missing.",
            "No program of that name was found.",
            "run `./lab doctor`.",
        ),
        (
            "a_fixture_says_that_the_work_is_wrong",
            "failed",
            "The settings name no port.",
            "",
            "add one.",
        ),
        (
            "the_judge_dies",
            "not_judged",
            "This check could not be finished, so your work was not judged.",
            "The judge's process ended with code 9. (seen while running the_judge_dies)",
            "run it again; if it stays, tell your instructor.",
        ),
        (
            "the_judge_hangs",
            "not_judged",
            "This check could not be finished, so your work was not judged.",
            "It did not finish within 0.5 s. (seen while running the_judge_hangs)",
            "run it again; if it stays, tell your instructor.",
        ),
        ("a_check_is_skipped", "not_judged", "This was not judged.", "no Envoy on Mondays", ""),
    ],
)
def test_check_is_told_in_words(
    check: str, verdict: str, what: str, why: str, next: str, report: Report
) -> None:
    row = by_name(report)[check]
    assert (row["verdict"], row["what"], row["next"]) == (verdict, what, next)
    assert row["why"].startswith(why)


def test_broken_check_names_its_line_and_not_its_traceback(report: Report) -> None:
    row = by_name(report)["the_check_is_broken"]
    assert "check_shapes.py:" in row["why"]
    assert "Traceback" not in row["why"]


def test_report_holds_what_its_docstring_says(report: Report, behaviours: LabJudge) -> None:
    assert report["schema"] == "beyond/report/1"
    assert (report["lab"], report["title"]) == ("lab00_behaviours", "Behaviours")
    assert report["seed"] == 7
    assert report["level"] in ("full", "degraded", "none")
    assert all(isinstance(state, str) for state in report["layers"].values())
    assert len(report["submission"]) == len(report["checks_version"]) == 64
    names = [info.name for info in behaviours.list_checks()]
    assert [row["check"] for row in report["results"]] == names
    assert report["points"] == {"core": [3, len(names) + 1], "extension": [0, 0]}
    assert "error" not in report
    assert json.loads(encode(report)) == report


def test_report_gives_the_exit_code(report: Report) -> None:
    assert exit_code(report) == 1
    rows = report["results"]
    kept = {
        verdict: [r for r in rows if r["verdict"] == verdict]
        for verdict in ("passed", "not_judged")
    }
    assert exit_code({**report, "results": kept["passed"]}) == 0
    assert exit_code({**report, "results": kept["passed"] + kept["not_judged"]}) == 3
    assert exit_code({**report, "results": []}) == 3


def test_results_are_told_as_they_come(shapes: LabJudge, square: Path) -> None:
    told: list[Result] = []
    report = shapes.judge(square, on_result=told.append)
    assert told == report["results"]
    assert [row["verdict"] for row in told] == ["passed", "passed"]


REMEMBERS = """\
seen = []


def area(side):
    if side < 0:
        return {negative}
    seen.append(side)
    return side * side {more}
"""


def test_checks_that_pass_share_a_process(shapes: LabJudge, tmp_path: Path) -> None:
    work = REMEMBERS.format(negative="None if seen else 0", more="")
    (tmp_path / "shapes.py").write_text(work)
    assert [row["verdict"] for row in shapes.judge(tmp_path)["results"]] == ["passed", "passed"]


def test_a_check_that_fails_leaves_nothing_to_the_next(own_checks: Path, tmp_path: Path) -> None:
    path = own_checks / "check_shapes.py"
    path.write_text(path.read_text().replace(', needs="squares_are_measured"', ""))
    work = REMEMBERS.format(negative="0 if seen else None", more="+ 1")
    (tmp_path / "shapes.py").write_text(work)
    with LabJudge(own_checks, lab=SHAPES) as judge:
        verdicts = [row["verdict"] for row in judge.judge(tmp_path)["results"]]
    assert verdicts == ["failed", "passed"]


def test_only_judges_what_is_named_and_what_it_needs(shapes: LabJudge, square: Path) -> None:
    both = ["squares_are_measured", "negative_sides_are_refused"]
    assert list(by_name(shapes.judge(square, only=both[0]))) == both[:1]
    assert list(by_name(shapes.judge(square, only=both[1]))) == both
    assert list(by_name(shapes.judge(square, only="shapes.py"))) == both
    assert list(by_name(shapes.judge(square, only=["shapes"]))) == both


def test_only_refuses_a_name_that_does_not_exist(shapes: LabJudge, square: Path) -> None:
    with pytest.raises(UsageError) as caught:
        shapes.judge(square, only="circles")
    assert caught.value.what == "lab01_shapes has no check or exercise called 'circles'."
    assert caught.value.why == "Its exercises are shapes.py."
    assert caught.value.next == "use one of these names, or that of a check in a report."


def test_hints_are_given_by_check(shapes: LabJudge) -> None:
    assert shapes.hints("squares_are_measured")[0] == "Multiply."
    with pytest.raises(UsageError, match="no check or exercise called 'nothing'"):
        shapes.hints("nothing")


def test_hints_of_a_file_are_those_of_its_first_failed_check(
    own_checks: Path, square: Path, tmp_path: Path
) -> None:
    with LabJudge(own_checks, lab=SHAPES) as judge:
        with pytest.raises(UsageError, match=r"^No check of shapes\.py has failed so far"):
            judge.hints("shapes.py")
        judge.judge(tmp_path)
        assert judge.hints("shapes.py")[0] == "Multiply."
        asked = judge.hinted("shapes", {"negative_sides_are_refused": "failed"})
        assert asked.name == "negative_sides_are_refused"
        judge.judge(square)
        with pytest.raises(UsageError, match="has failed so far"):
            judge.hints("shapes.py")


def test_seed_gives_the_same_inputs_again(shapes: LabJudge, tmp_path: Path) -> None:
    (tmp_path / "shapes.py").write_text("def area(side):\n    return -side\n")

    def given(seed: int | None) -> str:
        report = shapes.judge(tmp_path, only="squares_are_measured", seed=seed)
        return by_name(report)["squares_are_measured"]["why"]

    assert given(11) == given(11)
    assert len({given(None) for _ in range(4)}) > 1


def test_judge_refuses_a_folder_that_does_not_exist(shapes: LabJudge, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        shapes.judge(tmp_path / "nowhere")


def test_judge_says_when_a_submission_is_too_large(shapes: LabJudge, square: Path) -> None:
    with (square / "film.bin").open("wb") as film:
        film.truncate(65 << 20)
    report = shapes.judge(square)
    assert "results" not in report
    assert report["error"]["what"] == "The submission is too large to be judged."
    assert "remove what is not part of the exercise" in report["error"]["next"]
    assert exit_code(report) == 3


def test_full_disk_is_told_instead_of_results(
    shapes: LabJudge, square: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab_kit.judge.sealed.copy", full)
    report = shapes.judge(square)
    assert report["error"]["why"] == "[Errno 28] No space left on device"
    assert "room on the disk" in report["error"]["next"]


def test_submission_hash_follows_its_files(shapes: LabJudge, square: Path) -> None:
    first = shapes.judge(square)["submission"]
    assert shapes.judge(square)["submission"] == first
    (square / "shapes.py").write_text(SQUARE + "\n")
    assert shapes.judge(square)["submission"] != first
