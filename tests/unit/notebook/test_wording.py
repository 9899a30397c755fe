"""Read the panels' sentences as a learner does."""

from __future__ import annotations

from typing import Any

import pytest

from lab_kit.notebook.older import Older
from lab_kit.notebook.panel import script
from lab_kit.notebook.predict import PredictPanel, compared
from lab_kit.notebook.progress import Progress
from lab_kit.notebook.results import ResultsPanel, folded, summary
from lab_kit.notebook.serverless import sentence
from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import WorkFile
from tests.unit.notebook.conftest import result, run
from tests.unit.notebook.test_panels import checking, click

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (412.4, "It is about 2.1 times what"),
        (2600, "It is about 13 times what"),
        (104, "It is about half of what"),
        (66, "It is about a third of what"),
        (52, "It is about a quarter of what"),
        (20, "It is about 1/10 of what"),
        (140, "It is about 70% of what"),
        (180, "Close: well within a quarter."),
    ],
)
def test_a_ratio_is_told_as_people_say_it(measured: float, told: str) -> None:
    assert told in compared({"guess": 200}, measured, "ms")


def test_a_guess_below_zero_is_refused(where: Where) -> None:
    panel = PredictPanel(Progress(where), "cold", "How long?", "ms")
    click(panel, do="guess", value=-5)
    assert panel.said == "Nothing is less than 0."
    assert panel.guess is None
    assert Progress(where).guess("cold") == {}


@pytest.mark.parametrize(("count", "told"), [(1, "1 environment."), (2, "2 environments.")])
def test_one_environment_is_one(count: int, told: str) -> None:
    zeros = dict.fromkeys(("requests", "cold", "warm", "throttled", "failed", "more"), 0)
    assert sentence({**zeros, "bars": [{}] * count}).endswith(told)


def test_one_check_waits_and_two_wait() -> None:
    rows = [result("a", "failed"), result("b", "blocked")]
    assert summary(rows) == "0 of 2 checks passed; 1 failed, 1 waits."
    assert summary([*rows, result("c", "blocked")]).endswith("1 failed, 2 wait.")


def test_what_waits_for_one_failure_does_not_drown_it(where: Where) -> None:
    """A check that waits for one that waits is held up by the same failure."""
    rows = [result("adds", "failed"), *(result(c, "blocked") for c in ("b", "c", "d"))]
    needs = {"b": ("adds",), "c": ("b",), "d": ("passes", "adds")}
    rows.append(result("passes", "passed"))
    panel = ResultsPanel()
    panel.needs = needs
    panel.begin(rows)
    for row in rows:
        panel.add(row)
    panel.end()
    text = panel.as_text()
    assert panel.summary == "1 of 5 checks passed; 1 failed, 3 wait."
    assert text.count("waits") == 1
    assert "… waits       3 checks wait for adds." in text
    assert "It addss." in text


def test_what_waits_in_another_file_is_told_there() -> None:
    rows = [result("b", "blocked"), result("c", "blocked", exercise="other.py")]
    shown = folded(rows, {"b": ("a",), "c": ("a",)})
    assert [r["promise"] for r in shown] == ["1 check waits for a."] * 2


def test_a_failed_check_shows_the_name_that_a_hint_takes(where: Where) -> None:
    checks, _ = checking(where, result("adds", "passed"), result("counts", "failed"))
    panel = checks.panel(None)
    checks.run(panel, None)
    assert "It countss.\n                counts\n" in panel.as_text()
    assert "\n                adds\n" not in panel.as_text()


def test_a_hint_for_a_file_is_kept_under_its_check(where: Where) -> None:
    checks, _ = checking(where, result("adds", "failed"))
    assert checks.next_hints("answer.py") == ("adds", ["look here"], 2)
    assert Progress(where).hints("adds") == 1


@pytest.mark.parametrize("call", ["check(1)", "check(['a.py'])", "hint()", "hint(3)"])
def test_a_call_without_a_name_is_told_how_to_call(shell: Any, capsys: Capture, call: str) -> None:
    run(shell, f"from lab_kit import Lab\nLab().{call}")
    said = capsys.readouterr().out
    assert "fault" not in said
    assert f"lab.{call.partition('(')[0]} takes" in said
    assert "Next:" in said


def test_a_panel_without_a_kernel_says_what_to_run() -> None:
    assert "choose Run > Run All Above Selected Cell" in script("traffic")


def test_the_choice_between_file_and_cell_says_that_it_takes_two_steps(where: Where) -> None:
    panel = Older(WorkFile(where, "answer.py"), "mine = 1", lambda _: None)
    assert "Two steps" in str(panel._esm)
