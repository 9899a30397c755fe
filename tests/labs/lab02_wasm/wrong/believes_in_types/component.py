"""Call a component: values with types cross the border, and nobody counts bytes."""

from __future__ import annotations

from dataclasses import dataclass

from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Linker

ENGINE = Engine()


@dataclass
class Item:
    """Be pricing.wit's `item`: what has its fields is one."""

    sku: str
    quantity: int


class Pricing:
    """Be one instance of a pricing component, which asks for prices as it works."""

    def __init__(self, source: str | bytes, prices: dict[str, int]):
        self.store = Store(ENGINE)
        linker = Linker(ENGINE)
        with linker.root() as root:
            root.add_func("price-of", lambda store, sku: prices.get(sku))
        instance = linker.instantiate(self.store, Component(ENGINE, source))
        self.function = instance.get_func(self.store, "quote")

    def quote(self, items: list[Item]) -> int:
        """Return the total; ValueError with the component's words for its error.

        TypeError for a quantity that is no u32: Python's numbers would be cut to 32 bits silently.
        """
        answer = self.function(self.store, items)
        self.function.post_return(self.store)
        if isinstance(answer, str):
            raise ValueError(answer)
        return answer


def quotes(source: str | bytes, prices: dict[str, int], baskets: list[list]) -> list[dict]:
    """Quote baskets of (sku, quantity) in one instance, and tell of each what came of it.

    {"total": cents}, {"refused": the component's words} or {"misfit": why it was not asked}; a
    component that cannot be instantiated gives {"unfit": why} alone.
    """
    try:
        pricing = Pricing(source, prices)
    except WasmtimeError as error:
        return [{"unfit": str(error)}]
    told = []
    for basket in baskets:
        try:
            told.append({"total": pricing.quote([Item(*row) for row in basket])})
        except ValueError as error:
            told.append({"refused": str(error)})
        except TypeError as error:
            told.append({"misfit": str(error)})
    return told
