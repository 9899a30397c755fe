from __future__ import annotations

import html
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from lab_kit import Lab
from lab_kit.course import Course
from lab_kit.errors import LabError, UsageError
from lab_kit.notebook.checking import Checking
from lab_kit.notebook.cost import CostPanel, break_even
from lab_kit.notebook.live import Live
from lab_kit.notebook.older import Older
from lab_kit.notebook.predict import PredictPanel, compared
from lab_kit.notebook.progress import Progress
from lab_kit.notebook.receipt import WIDTH, Receipt
from lab_kit.notebook.results import ResultsPanel
from lab_kit.notebook.serverless import TrafficPanel
from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import WorkFile
from lab_kit.process import wait_until
from tests.unit.notebook.conftest import FakeJudge, result, run

PRICES = {"request": 0.2e-6, "gb_second": 1.66667e-5, "server_month": 24.53}
STUDENT = "<img src=x onerror=alert(1)>"


def checking(where: Where, *results: dict[str, Any], **more: Any) -> tuple[Checking, FakeJudge]:
    judge = FakeJudge(list(results), **more)
    return Checking(where, judge=lambda: judge), judge  # type: ignore[arg-type,return-value]


def click(panel: Any, **content: Any) -> None:
    panel._heard(panel, content, [])


# -- results ---------------------------------------------------------------------------


def test_results_say_word_sign_what_why_next(where: Where) -> None:
    checks, _ = checking(where, result("adds", "passed"), result("counts", "failed"))
    panel = checks.panel(None)
    checks.run(panel, None)
    text = panel.as_text()
    assert "1 of 2 checks passed; 1 failed." in text
    assert "✓ passed" in text
    assert "✗ failed" in text
    for part in ("one gave 2.", "Expected 1, got 2.", "Next: look at answer.py."):
        assert part in text
    assert not panel.busy


def test_results_come_one_by_one(where: Where) -> None:
    checks, judge = checking(where, result("adds", "passed"), result("counts", "failed"))
    panel, seen = checks.panel(None), []
    judge.before = lambda _: seen.append([r["verdict"] for r in panel.rows])
    checks.run(panel, None)
    assert seen == [["waiting", "waiting"], ["passed", "waiting"]]


def test_student_text_is_escaped(where: Where) -> None:
    checks, _ = checking(where, result("adds", "failed", what=STUDENT))
    panel = checks.panel(None)
    checks.run(panel, None)
    bundle = panel._repr_mimebundle_()
    assert bundle is not None
    data, _metadata = bundle
    assert STUDENT not in data["text/html"]
    assert html.escape(STUDENT) in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert STUDENT in data["text/plain"]


def test_a_report_that_is_an_error_is_shown(where: Where) -> None:
    error = {"what": "The checks are missing.", "why": "No folder.", "next": "get them back."}
    checks, _ = checking(where, error=error)
    panel = checks.panel(None)
    checks.run(panel, None)
    assert "The checks are missing." in panel.as_text()
    assert "Next: get them back." in panel.as_text()


def test_ctrl_c_ends_a_check_cleanly_and_the_next_one_works(where: Where) -> None:
    checks, judge = checking(where, result("adds", "passed"), result("counts", "passed"))
    panel = checks.panel(None)

    def stop(one: dict[str, Any]) -> None:
        if one["check"] == "counts":
            raise KeyboardInterrupt

    judge.before = stop
    checks.run(panel, None)
    assert panel.summary == "Stopped by you after 1 of 2 checks."
    assert judge.closed == 1, "a judge that was cut short is not used again"
    judge.before = None
    checks.run(panel, None)
    assert panel.summary == "All 2 checks passed."


def test_our_own_fault_is_ours(where: Where) -> None:
    checks, judge = checking(where, result("adds", "passed"))

    def break_down(_: object) -> None:
        raise RuntimeError("boom")

    judge.before = break_down
    panel = checks.panel(None)
    checks.run(panel, None)
    assert "This is our fault, not yours." in panel.as_text()
    assert "RuntimeError: boom" in panel.as_text()


def test_check_again_runs_aside_and_only_once_at_a_time(where: Where) -> None:
    checks, judge = checking(where, result("adds", "passed"))
    gate, runs = threading.Event(), []
    judge.before = lambda _: (runs.append(1), gate.wait(5))
    panel = checks.panel(None)
    click(panel, do="check", ask=1)
    click(panel, do="check", ask=1)
    gate.set()
    wait_until(lambda: not panel.busy, timeout=5, what="the check")
    assert panel.summary == "The check passed."
    assert runs == [1]


def test_hints_come_one_at_a_time_and_are_remembered(where: Where) -> None:
    checks, _ = checking(where, result("adds", "failed"))
    panel = checks.panel(None)
    checks.run(panel, None)
    click(panel, do="hint", check="adds")
    assert "Hint 1: look here" in panel.as_text()
    assert "then there" not in panel.as_text()
    click(panel, do="hint", check="adds")
    click(panel, do="hint", check="adds")
    assert "Hint 2: then there" in panel.as_text()
    checks.run(panel, None)
    assert "Hint 2: then there" in panel.as_text()
    assert Progress(where).hints("adds") == 2


def test_a_check_saves_progress(where: Where) -> None:
    checks, _ = checking(where, result("adds", "passed"))
    checks.run(checks.panel(None), None)
    assert Progress(where).read()["checks"]["adds"]["verdict"] == "passed"


def test_clicks_are_answered_so_that_silence_means_a_dead_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel, sent = ResultsPanel(), []
    monkeypatch.setattr(ResultsPanel, "send", lambda _self, content: sent.append(content))
    click(panel, do="nothing", ask=7)
    assert sent == [{"heard": 7}]


# -- the door ---------------------------------------------------------------------------


def test_lab_is_found_from_the_notebook_and_never_raises_on_check(
    shell: Any, course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    course.checks("lab01_toy").rmdir()
    run(shell, "from lab_kit import Lab\nlab = Lab()\nlab.check('no_such_check')")
    assert "Checks of no_such_check" in capsys.readouterr().out
    panel = run(shell, "lab._checking.panel(None)").result
    run(shell, "lab._checking.run(_, None)")
    assert "The checks of this lab are missing." in panel.as_text()
    assert run(shell, "lab.folder.name").result == "lab01_toy"


def test_progress_says_what_is_next(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%%exercise answer.py\nx = 1")
    run(shell, "from lab_kit import Lab\nLab().progress()")
    said = capsys.readouterr().out
    assert "– open  answer.py" in said
    assert 'Next: answer.py, then lab.check("answer.py").' in said


def test_a_component_is_closed_when_its_cell_runs_again(shell: Any) -> None:
    closed: list[str] = []
    shell.user_ns["make"] = lambda: SimpleNamespace(close=lambda: closed.append("closed"))
    run(shell, "from lab_kit import Lab\nlab = Lab()", cell_id="first")
    run(shell, "x = lab.component(make())", cell_id="a")
    run(shell, "1", cell_id="b")
    assert closed == []
    run(shell, "x = lab.component(make())", cell_id="a")
    assert closed == ["closed"]


def test_what_cannot_be_closed_is_no_component(shell: Any) -> None:
    with pytest.raises(UsageError, match="cannot be closed"):
        Lab().component(object())  # type: ignore[type-var]


def test_opening_a_file_that_is_not_there_says_so(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    Lab().open("nothing.py")
    assert "There is no exercises/lab01_toy/nothing.py yet." in capsys.readouterr().out


def test_progress_survives_a_spoilt_file(where: Where) -> None:
    progress = Progress(where)
    progress.saved("answer.py")
    progress.path.write_text("{half")
    assert progress.read()["saved"] == {}
    progress.saved("answer.py")
    assert "answer.py" in progress.read()["saved"]


# -- guesses ----------------------------------------------------------------------------


def test_a_guess_is_kept_and_compared(where: Where) -> None:
    panel = PredictPanel(Progress(where), "cold", "How long?", "ms")
    assert "No guess yet (in ms)." in panel.as_text()
    click(panel, do="guess", value=200)
    assert "Your guess is 200 ms." in panel.as_text()
    again = PredictPanel(Progress(where), "cold", "How long?", "ms")
    assert "Your guess is 200 ms." in again.as_text()
    assert compared(Progress(where).guess("cold"), 412.4, "ms") == (
        "Measured: 412 ms. Your guess: 200 ms. It is about 2.1 times what you expected."
    )


def test_no_guess_is_fine() -> None:
    assert compared({}, 5, "ms").endswith("You had made no guess; that is fine.")


@pytest.mark.parametrize("value", ["12", None, True, float("nan"), float("inf")])
def test_a_guess_is_a_number(where: Where, value: object) -> None:
    panel = PredictPanel(Progress(where), "cold", "How long?", "ms")
    click(panel, do="guess", value=value)
    assert panel.said == "The guess is not a number."


# -- the older cell ---------------------------------------------------------------------


def test_the_choice_is_handed_on_and_told(where: Where) -> None:
    chosen: list[str] = []
    panel = Older(WorkFile(where, "answer.py"), "mine = 1", chosen.append)
    click(panel, do="choose", choice="--keep-cell")
    assert "saved over the file" in panel.said
    click(panel, do="choose", choice="anything else")
    assert chosen == ["--keep-cell", "--keep-file"]


# -- live -------------------------------------------------------------------------------


class Ticker(Live):
    interval = 0.005
    look_s = 0.2

    def __init__(self) -> None:
        self.ticks = 0
        super().__init__()

    def produce(self) -> None:
        self.ticks += 1

    def as_text(self) -> str:
        return "ticking"


def test_nothing_is_produced_before_somebody_looks() -> None:
    assert not Ticker().producing


def test_a_producer_stops_without_a_beat_and_starts_with_the_next() -> None:
    panel = Ticker()
    panel.beat()
    wait_until(lambda: panel.ticks > 3, timeout=5, what="ticks")
    wait_until(lambda: not panel.producing, timeout=5, what="the end of the producer")
    before = panel.ticks
    panel.beat()
    wait_until(lambda: panel.ticks > before, timeout=5, what="more ticks")
    panel.stop()
    assert not panel.producing


def test_a_producer_stops_when_its_cell_runs_again(shell: Any) -> None:
    shell.user_ns["Ticker"] = Ticker
    run(shell, "t = Ticker(); t.beat()", cell_id="a")
    first = shell.user_ns["t"]
    assert first.producing
    run(shell, "t = Ticker()", cell_id="a")
    assert not first.producing
    first.beat()
    assert not first.producing, "what was stopped stays stopped"


def test_the_kernel_beats_back(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, sent = Ticker(), []
    monkeypatch.setattr(Ticker, "send", lambda _self, content: sent.append(content))
    click(panel, do="beat")
    assert {"beat": 1} in sent
    panel.stop()


def test_a_producer_that_breaks_says_so_and_ends() -> None:
    panel = Ticker()

    def broken() -> None:
        raise LabError("The runtime is gone.", "It was closed.")

    panel.produce = broken  # type: ignore[method-assign]
    panel.beat()
    wait_until(lambda: not panel.producing, timeout=5, what="the end of the producer")
    assert panel.said == "The runtime is gone.\n  It was closed.\n  Next: run this cell again."


# -- traffic ----------------------------------------------------------------------------


def invocation(**more: Any) -> SimpleNamespace:
    base: dict[str, Any] = {"status": 200, "outcome": "ok", "environment": "env-1", "cold": False}
    times = {"init_ms": None, "duration_ms": 10.0, "billed_ms": 10, "memory_mb": 128}
    return SimpleNamespace(**{**base, **times, **more})


class Runtime:
    environments = (SimpleNamespace(id="env-1", state="idle"),)

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.calls = threading.Lock(), 0, 0, 0

    def invoke(self, event: Any) -> Any:
        with self.lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
            cold, throttled = self.calls == 1, self.now > 4
        time.sleep(0.02)
        with self.lock:
            self.now -= 1
        if throttled:
            return invocation(status=429, outcome="throttled", environment="")
        return invocation(cold=cold, init_ms=90.0 if cold else None)


def test_a_flood_is_sent_by_at_most_eight_and_counted() -> None:
    runtime = Runtime()
    panel = TrafficPanel(runtime, {"item": "tea"})
    click(panel, do="flood")
    panel.beat()
    wait_until(lambda: len(panel.invocations) == 50, timeout=10, what="the flood")
    panel.stop()
    stats = panel.stats()
    assert runtime.most <= 8
    assert stats["requests"] == 50
    assert stats["cold"] == 1
    assert stats["throttled"] == sum(i.status == 429 for i in panel.invocations) > 0
    assert stats["cold"] + stats["warm"] + stats["throttled"] == 50
    assert f"{stats['warm']} warm (idle)" in panel.as_text()


def test_what_other_cells_send_is_drawn_but_not_listed() -> None:
    class Told(Runtime):
        def on_invocation(self, callback: Any) -> Any:
            self.tell = callback
            return lambda: setattr(self, "tell", None)

        def invoke(self, event: Any) -> Any:
            one = super().invoke(event)
            self.tell(one)
            return one

    runtime = Told()
    panel = TrafficPanel(runtime)
    runtime.invoke({})
    panel.send_at_once(2)
    panel.beat()
    wait_until(lambda: len(panel.invocations) == 2, timeout=5, what="two invocations")
    panel.stop()
    assert panel.stats()["requests"] == 3
    assert panel.stats()["cold"] == 1
    assert runtime.tell is None


def test_the_rate_is_bounded() -> None:
    runtime = Runtime()
    panel = TrafficPanel(runtime)
    panel.rate = 20
    panel.beat()
    wait_until(lambda: runtime.calls >= 5, timeout=5, what="traffic")
    panel.rate = 0
    panel.stop()
    assert runtime.calls <= 45, "no burst after a pause"


def test_a_closed_runtime_stops_the_traffic_with_a_word() -> None:
    class Closed(Runtime):
        def invoke(self, event: Any) -> Any:
            raise ConnectionError("closed")

    panel = TrafficPanel(Closed())
    panel.send_at_once(3)
    panel.beat()
    wait_until(lambda: not panel.producing, timeout=5, what="the end of the producer")
    assert "The runtime no longer answers, so the traffic stopped." in panel.said
    assert "Next: run the cell that makes the runtime, then this one." in panel.said


# -- cost and receipt -------------------------------------------------------------------


def test_the_break_even_is_where_both_cost_the_same() -> None:
    panel = CostPanel(PRICES, memory_mb=128, duration_ms=50)
    each = 0.2e-6 + 0.125 * 0.05 * 1.66667e-5
    assert panel.even == [pytest.approx(24.53 / each, rel=1e-6)]
    assert "Lambda and server, always on cost the same at 80,6" in panel.as_text()


def test_two_lines_that_never_meet_have_no_break_even() -> None:
    assert break_even(lambda _: 1.0, lambda _: 2.0, 1, 1e6) == []


def test_a_missing_price_is_named() -> None:
    with pytest.raises(UsageError, match="lack server_month") as caught:
        CostPanel({"request": 1, "gb_second": 1})
    assert "They hold: request, gb_second." in caught.value.why


def test_a_cost_function_that_breaks_is_named() -> None:
    with pytest.raises(UsageError, match="'mine' could not be drawn") as caught:
        CostPanel(lines={"mine": lambda n: 1 / 0})
    assert "ZeroDivisionError" in caught.value.why
    with pytest.raises(UsageError, match="gave nan"):
        CostPanel(lines={"mine": lambda n: float("nan")})


def test_a_receipt_adds_up_to_its_last_digit() -> None:
    calls = [
        invocation(cold=True, init_ms=90, billed_ms=100),
        invocation(),
        invocation(outcome="timeout"),
    ]
    calls.append(invocation(status=429, outcome="throttled", billed_ms=0))
    receipt = Receipt(calls, PRICES)
    assert receipt.gb_seconds == pytest.approx(0.120 * 0.125)
    assert receipt.starting == pytest.approx(0.090 * 0.125 * 1.66667e-5)
    assert receipt.total == pytest.approx(3 * 0.2e-6 + 0.015 * 1.66667e-5)
    text = str(receipt)
    for part in (
        "K I O S K",
        "of it for starting cold                  22%",
        "3 x 0.0000002",
        "Cold, 128 MB",
        "Warm, 128 MB",
        "Failed, charged",
        "Throttled x 1",
        "no charge",
        f"{receipt.total:.8f}",
    ):
        assert part in text
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert receipt._repr_mimebundle_()["text/plain"] == text


def test_an_empty_receipt_is_a_receipt() -> None:
    assert Receipt([], PRICES).total == 0
    assert "TOTAL USD" in str(Receipt([], PRICES))


def test_a_receipt_names_a_missing_price() -> None:
    with pytest.raises(UsageError, match="The prices lack gb_second"):
        Receipt([], {"request": 1})


def test_a_price_file_is_read_by_architecture() -> None:
    file = {
        "as_of": "2026-11-23",
        "sources": {"lambda": "https://example.org/prices (read there)"},
        "lambda": {"request": 2e-7, "gb_second": {"x86_64": 2e-5, "arm64": 1e-5}},
        "server": {"name": "EC2 t3.medium, on demand", "hour": 0.1, "hours_a_month": 100},
    }
    x86, arm = (Receipt([invocation()], file, arch=a) for a in ("x86_64", "arm64"))
    assert x86.compute == pytest.approx(2 * arm.compute)
    assert "https://example.org/prices" in str(arm)
    assert "EC2 t3.medium, always on" in CostPanel(file).as_text()
    with pytest.raises(UsageError, match="lack gb_second"):
        Receipt([], file, arch="risc")
