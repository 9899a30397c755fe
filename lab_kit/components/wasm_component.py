"""Run components: modules with a typed interface (WIT) around them, within the host's bounds.

    with WasmHost(Bounds(fuel=20_000_000)) as host:
        with Component(host, source, {"price-of": prices.get}) as pricing:
            pricing.call("quote", [Item("TEA-01", 3)])

Values cross as Python's own: records as objects with attributes, lists, None for an empty option,
an error's payload where it differs in type from the result. What a component imports is what is
given, nothing else (https://component-model.bytecodealliance.org/design/wit.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lab_kit.components.wasm_host import WasmHost, bounded, refuel
from lab_kit.components.wasm_traps import Unfit, trapped

BITS = {"U8": 8, "U16": 16, "U32": 32, "U64": 64, "S8": -8, "S16": -16, "S32": -32, "S64": -64}


class Component:
    """Be one instance of a component, from its bytes or its text.

    Raises Unfit when it is none, or imports what it is not given; Trapped when its start fails.
    """

    def __init__(
        self, host: WasmHost, source: bytes | str, imports: Mapping[str, Callable[..., Any]] = {}
    ) -> None:
        from wasmtime import Trap, WasmtimeError
        from wasmtime import component as model

        self._bounds = host.bounds
        self.store = bounded(host.engine, host.bounds)
        linker = model.Linker(host.engine)
        with linker.root() as root:
            for name, function in imports.items():
                root.add_func(name, lambda _store, *given, act=function: act(*given))
        try:
            made = model.Component(host.engine, source)
            self._instance = linker.instantiate(self.store, made)
        except (WasmtimeError, Trap) as error:
            self.store.close()
            raise trapped(error) from None

    def call(self, name: str, *arguments: Any) -> Any:
        """Call an export with fresh fuel and time; raise Trapped, or Unfit for what does not fit.

        A number that its type cannot hold is unfit: the library would cut it without a word.
        """
        from wasmtime import Trap, WasmtimeError

        function = self._instance.get_func(self.store, name)
        if function is None:
            raise Unfit(f"The component exports no function {name}.")
        for value, (_, kind) in zip(arguments, function.type(self.store).params, strict=False):
            hold(value, kind)
        refuel(self.store, self._bounds)
        try:
            answer = function(self.store, *arguments)
            function.post_return(self.store)  # else it cannot be called again
        except (TypeError, ValueError, AttributeError) as error:
            raise Unfit(f"A value does not have the type that {name} takes: {error}.") from None
        except (WasmtimeError, Trap) as error:
            raise trapped(error) from None
        return answer

    def close(self) -> None:
        """Let go of its memory."""
        self.store.close()

    def __enter__(self) -> Component:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def hold(value: Any, kind: Any) -> None:
    """Raise Unfit where a whole number is too large, or no number, for its type."""
    name = type(kind).__name__
    if name in BITS:
        bits = BITS[name]
        low, high = (0, 1 << bits) if bits > 0 else (-(1 << -bits - 1), 1 << (-bits - 1))
        if type(value) is not int or not low <= value < high:
            raise Unfit(f"{value!r:.60} is no {name.lower()}.")
    elif name == "ListType" and isinstance(value, list | tuple):
        for one in value:
            hold(one, kind.element)
    elif name == "RecordType":
        for field, inner in kind.fields:
            hold(getattr(value, field, None), inner)
    elif name == "OptionType" and value is not None:
        hold(value, kind.payload)
