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
        component = Component(ENGINE, source)

        def price_of(_store, sku):
            if sku in prices:
                return prices[sku]
            return None

        linker = Linker(ENGINE)
        root = linker.root()
        root.add_func("price-of", price_of)
        root.close()
        self.instance = linker.instantiate(self.store, component)

    def quote(self, items: list[Item]) -> int:
        """Return the total; ValueError with the component's words for its error.

        TypeError for a quantity that is no u32: Python's numbers would be cut to 32 bits silently.
        """
        whole = [isinstance(i.quantity, int) and not isinstance(i.quantity, bool) for i in items]
        if not all(whole) or any(item.quantity not in range(1 << 32) for item in items):
            raise TypeError("a quantity is no u32")
        store, function = self.store, self.instance.get_func(self.store, "quote")
        try:
            match function(store, items):
                case int(total):
                    return total
                case words:
                    raise ValueError(words)
        finally:
            function.post_return(store)


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
