"""Every folder in submissions/ is one attack or one honest control, with its expected outcome.

An attack must earn nothing, reach nothing, leave nothing behind, and change nothing for the
honest neighbour that is judged right after it. Each knows where everything is: the test writes
the true paths, process ids and ports into the submission as targets.json.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_kit.judge import LabJudge, LabSpec

HERE = Path(__file__).parent
CHECKS = HERE / "assignment"
ASSIGNMENT = LabSpec("lab00_attacks", "Attacks", [{"file": "answers.py", "core": True}])
CASES = sorted(p for p in (HERE / "submissions").iterdir() if p.is_dir())
NEIGHBOUR = HERE / "submissions" / "h_plain"
CANARY = "CANARY-7f3a"


@pytest.fixture(scope="module")
def judge() -> Iterator[LabJudge]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", CANARY)
        with LabJudge(CHECKS, lab=ASSIGNMENT) as running:
            yield running


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def verdicts(report: dict[str, object]) -> list[str]:
    assert "error" not in report, report["error"]
    return [result["verdict"] for result in report["results"]]


def survivors(folder: Path) -> list[str]:
    """Return what still runs with its working folder in `folder`, or was started from it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            cwd = os.readlink(process / "cwd")
        except OSError:
            continue
        if str(folder) in cwd:
            found.append(f"{process.name}: {cwd}")
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_submission_gets_what_it_deserves(
    case: Path, judge: LabJudge, tmp_path: Path, listener: socket.socket
) -> None:
    expected = (case / "expected.txt").read_text().splitlines()[0]
    folder = tmp_path / "submission"
    shutil.copytree(case, folder)
    canary = tmp_path / "canary.txt"
    canary.write_text(CANARY)
    targets = {
        "checks": str(CHECKS),
        "neighbour": str(NEIGHBOUR),
        "canary": str(canary),
        "work": str(tmp_path),
        "judge": os.getpid(),
        "port": listener.getsockname()[1],
    }
    (folder / "targets.json").write_text(json.dumps(targets))
    before = sorted(CHECKS.glob("[!_.]*"))
    report = judge.judge(folder, seed=7)
    neighbour = judge.judge(NEIGHBOUR, seed=7)

    if expected == "full credit":
        assert verdicts(report) == ["passed"] * 4, report
    else:
        assert verdicts(report) == ["failed"] * 4, report
        assert report["points"]["core"] == [0, 4]
    assert CANARY not in json.dumps(report), "a secret came out in the report"
    assert verdicts(neighbour) == ["passed"] * 4, "the next submission was changed"
    assert canary.read_text() == CANARY
    assert sorted(CHECKS.glob("[!_.]*")) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["canary.txt", "submission"]
    assert survivors(tmp_path) == []
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_corpus_has_enough_attacks_and_honest_controls() -> None:
    expectations = [(case / "expected.txt").read_text().splitlines() for case in CASES]
    assert all(len(lines) == 2 and lines[1] for lines in expectations)
    first = [lines[0] for lines in expectations]
    assert set(first) == {"no credit", "full credit"}
    assert first.count("no credit") >= 20
    assert first.count("full credit") >= 5
