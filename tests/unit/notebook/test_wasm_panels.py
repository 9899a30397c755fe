from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from lab_kit.components.wasm_host import Bounds, WasmHost
from lab_kit.errors import LabError, Unavailable
from lab_kit.notebook.wasm import FuelPanel, LadderPanel, MemoryPanel
from lab_kit.process import wait_until
from tests.components.test_wasm_host import ECHO
from tests.unit.notebook.test_panels import click

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = ROOT / "solutions" / "lab02_wasm" / "hostile"
TANK = 1_000_000


@pytest.fixture
def host() -> Iterator[WasmHost]:
    bounds = Bounds(fuel=TANK, seconds=5.0, memory_mb=4, table_elements=500)
    with WasmHost(bounds) as made:
        yield made


def fuel_panel(host: WasmHost, **options: object) -> FuelPanel:
    modules = {f.stem: host.compile(f.read_text()) for f in sorted(HOSTILE.glob("*.wat"))}
    return FuelPanel(host, modules, good="honest", run=lambda made: made.call("run", 1000))


def test_a_bomb_burns_out_and_the_next_request_is_answered(host: WasmHost) -> None:
    panel = fuel_panel(host)
    assert "No request yet" in panel.as_text()
    click(panel, do="press", text="loop")
    wait_until(lambda: not panel.busy, timeout=20, what="the requests")
    newest, bomb = panel.rows
    assert (newest["name"], bomb["name"]) == ("honest", "loop")
    assert newest["text"].startswith("answered 500500")
    assert bomb["text"].startswith(f"stopped: out of fuel; {TANK:,} burnt")
    assert (bomb["part"], newest["part"] > 0.9) == (0.0, True)
    assert "1 answered, 1 stopped or refused" in panel.sentence


@pytest.mark.parametrize("name", [f.stem for f in sorted(HOSTILE.glob("*.wat"))])
def test_every_stranger_ends_and_the_host_lives_on(host: WasmHost, name: str) -> None:
    panel = fuel_panel(host)
    panel.work(name)
    assert panel.rows[0]["text"].startswith("answered 500500"), panel.as_text()
    assert panel.said == ""


def test_a_host_without_fuel_is_refused() -> None:
    with WasmHost() as plain, pytest.raises(LabError, match="burns no fuel"):
        FuelPanel(plain, {}, good="", run=lambda made: None)


def test_the_ladder_is_measured_when_somebody_asks() -> None:
    def broken() -> None:
        raise Unavailable("No.", "<b>nothing</b> is here.")

    panel = LadderPanel(bytes(wat2wasm(ECHO)), {"something else": broken})
    assert "Nothing is measured yet." in panel.as_text()
    rungs = {rung.name: rung for rung in panel.measure()}
    running = [name for name, rung in rungs.items() if rung.running]
    assert running == ["an instance, pooled", "an instance"]
    known = [rung.seconds for rung in rungs.values() if rung.seconds is not None]
    assert len(known) >= 5
    assert rungs["a fresh host, then an instance"].seconds > rungs["an instance"].seconds
    assert "not measured here: <b>nothing</b> is here" in panel.as_text()
    assert "<b>" not in panel.as_html()
    assert "times as long" in panel.sentence


def test_the_memory_shows_what_a_request_changes(host: WasmHost) -> None:
    module = host.compile(ECHO)
    panel = MemoryPanel(lambda: host.instance(module), lambda lines: b"HAL" * lines)
    assert "1 pages, 64 KB. No request yet." in panel.as_text()
    assert set(panel.cells) == {"."}
    assert panel.send_lines(2) == b"IBMIBM"
    assert "6 bytes in, 6 bytes out" in panel.sentence
    assert panel.cells.count("c") == 1
    click(panel, do="press", text="send", size=2)
    assert set(panel.cells) == {".", "x"}  # the same bytes again: nothing changed
    click(panel, do="press", text="new")
    assert "No request yet" in panel.sentence


def test_a_module_that_traps_is_told_in_the_panel(host: WasmHost) -> None:
    trap = ECHO.replace("(i64.or", "(unreachable) (i64.or", 1)
    module = host.compile(trap)
    panel = MemoryPanel(lambda: host.instance(module), lambda lines: b"x" * lines)
    click(panel, do="press", text="send", size=1)
    assert "The module did not answer." in panel.said
    assert "press A new instance" in panel.said
