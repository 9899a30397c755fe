"""Components: values with types cross the border, and the source in the repository builds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_kit.components.wasm_component import Component
from lab_kit.components.wasm_host import Bounds, Trapped, Unfit, WasmHost

LAB = Path(__file__).resolve().parents[2] / "solutions" / "lab02_wasm"
PRICES = {"TEE-Ü": 590, "GIFT": 0}
LOOP = """(component
  (core module $m (func (export "run") (param i32) (result i32) (loop $on (br $on)) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "run") (param "n" s16) (result u8) (canon lift (core func $i "run"))))"""


@dataclass
class Item:
    sku: object
    quantity: object


@pytest.fixture(scope="module")
def host() -> Iterator[WasmHost]:
    with WasmHost(Bounds(fuel=10_000_000, seconds=5.0, memory_mb=16)) as made:
        yield made


@pytest.fixture
def pricing(host: WasmHost) -> Iterator[Component]:
    text = (LAB / "typed.wat").read_text("utf-8")
    with Component(host, text, {"price-of": PRICES.get}) as made:
        yield made


def test_the_interface_is_the_one_that_is_written_down(pricing: Component) -> None:
    function = pricing._instance.get_func(pricing.store, "quote")
    assert function is not None
    wit = (LAB / "pricing.wit").read_text("utf-8")
    [(name, items)] = function.type(pricing.store).params
    fields = [(field, type(kind).__name__) for field, kind in items.element.fields]
    assert (name, fields) == ("items", [("sku", "String"), ("quantity", "U32")])
    for line in ("sku: string", "quantity: u32", "quote: func(items: list<item>)"):
        assert line in wit


def test_records_lists_options_and_results_cross(pricing: Component) -> None:
    for _ in range(3):
        assert pricing.call("quote", [Item("TEE-Ü", 3), Item("GIFT", 5)]) == 1770
        assert pricing.call("quote", [Item("nö", 1)]) == "unknown sku: nö"
    assert pricing.call("quote", []) == 0
    assert pricing.call("quote", [Item("TEE-Ü", 1)] * 2000) == 1_180_000


@pytest.mark.parametrize("quantity", [-1, 2**32, True, 1.5, "3", None])
def test_a_number_is_not_cut_to_its_type(pricing: Component, quantity: object) -> None:
    with pytest.raises(Unfit, match="is no u32"):
        pricing.call("quote", [Item("TEE-Ü", quantity)])


@pytest.mark.parametrize("items", [7, [Item(5, 1)], [{"sku": "x"}]])
def test_what_has_another_shape_is_unfit(pricing: Component, items: object) -> None:
    with pytest.raises(Unfit):
        pricing.call("quote", items)


def test_only_what_is_given_can_be_imported(host: WasmHost) -> None:
    with pytest.raises(Unfit):
        Component(host, (LAB / "typed.wat").read_text("utf-8"))
    with pytest.raises(Unfit):
        Component(host, "(module)")


def test_a_component_is_bounded_like_a_module(host: WasmHost) -> None:
    with Component(host, LOOP) as looping:
        with pytest.raises(Trapped) as caught:
            looping.call("run", -32768)
        assert caught.value.reason == "out of fuel"
        with pytest.raises(Unfit, match="is no s16"):
            looping.call("run", -32769)
        with pytest.raises(Unfit, match="exports no function walk"):
            looping.call("walk")
