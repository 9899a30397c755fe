"""Every folder in submissions/ is one attack or one honest control, with its expected outcome.

An attack must earn nothing, reach nothing, leave nothing behind, and change nothing for the
honest neighbour that is judged right after it. What cannot be read is not judged, with a reason.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.attacks import corpus
from tests.attacks.corpus import Case, Outcome

CASES = corpus.cases()
Outcomes = Callable[[Case], Outcome]


@pytest.fixture(scope="module")
def outcome_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcomes]:
    """Start judging all cases that are going to be looked at."""
    with corpus.trial(selected(request), tmp_path_factory.mktemp("corpus")) as running:
        yield running


def selected(request: pytest.FixtureRequest) -> list[Case]:
    """Return the cases that this session is going to look at."""
    found = (getattr(item, "callspec", None) for item in request.session.items)
    cases = (spec.params.get("case") for spec in found if spec)
    return [case for case in cases if isinstance(case, Case)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_submission_gets_what_it_deserves(case: Case, outcome_of: Outcomes) -> None:
    outcome = outcome_of(case)
    assert outcome.verdict == case.expected, outcome.report
    assert outcome.damage == []
    if case.expected == "no credit":
        assert {row["verdict"] for row in outcome.report["results"]} == {"failed"}
        assert outcome.report["points"]["core"] == [0, 4]
    if case.expected == "not judged":
        error = outcome.report["error"]
        assert error["what"].endswith(".")
        assert error["next"].endswith(".")


def test_nothing_is_left_running(request: pytest.FixtureRequest, outcome_of: Outcomes) -> None:
    for case in selected(request):
        outcome_of(case)
    assert survivors() == []


def survivors() -> list[str]:
    """Return the processes that still run in the private copy of a submission."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            cwd = os.readlink(process / "cwd")
        except OSError:
            continue
        if f"/beyond-judge-{os.getpid()}-" in cwd:
            found.append(f"{process.name}: {cwd}")
    return found


def test_corpus_has_enough_attacks_and_honest_controls() -> None:
    counts = Counter(case.expected for case in CASES)
    assert set(counts) <= set(corpus.VERDICTS)
    assert counts["no credit"] + counts["not judged"] >= 110
    assert counts["full credit"] >= 25
    assert {case.group for case in CASES} == set("ABCDEFGH")
    assert {case.group for case in CASES if case.expected == "full credit"} == {"H"}
    assert {case.group for case in CASES if case.expected == "not judged"} == {"E"}
    assert all(case.why.endswith(".") for case in CASES)
