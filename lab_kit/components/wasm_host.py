"""Run WebAssembly on wasmtime: each request in an instance of its own, within bounds.

    with WasmHost(Bounds(fuel=50_000_000, seconds=1.0)) as host:
        module = host.compile(wasm)
        answer = host.handle(module, b'{"sku": "TEA-1"}')

A module that handles requests keeps to the ABI of wasm_abi; a reactor's `_initialize` is called
first (WASI preview 1,
https://github.com/WebAssembly/WASI/blob/main/legacy/application-abi.md). It gets no files, no
clock's date beyond WASI's, no environment and no network, unless folders or host functions are
given.

This runs in our own process: for modules of a stranger there is WasmProcess.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab_kit.components import wasm_abi
from lab_kit.components.wasm_artefacts import Artefacts
from lab_kit.components.wasm_engine import Bounds, engine
from lab_kit.components.wasm_traps import Trapped, Unfit, trapped

if TYPE_CHECKING:
    import wasmtime

TICK_S = 0.01
PAGE = 65_536
Functions = Mapping[str, Callable[..., Any]]

__all__ = ["Bounds", "Compiled", "Instance", "Trapped", "Unfit", "WasmHost"]


class WasmHost:
    """Compile modules once, make instances of them; safe to share between threads.

    `pooled` instances at most are made from memory that is kept for them, which is faster; more at
    once are then refused. `cache` is a folder of ours for compiled modules. Raises Unavailable
    where wasmtime is missing.
    """

    def __init__(
        self, bounds: Bounds | None = None, *, pooled: int = 0, cache: Path | None = None
    ) -> None:
        self.bounds = bounds = bounds or Bounds()
        self.engine = engine(bounds, pooled)
        self._artefacts = Artefacts(self.engine, cache) if cache else None
        self._stopped = threading.Event()
        self._ticker: threading.Thread | None = None
        if bounds.seconds is not None:
            self._ticker = threading.Thread(target=self._tick, name="wasm clock", daemon=True)
            self._ticker.start()

    def compile(self, wasm: bytes | str) -> Compiled:
        """Return a module, from its bytes or text, compiled now or before; or raise Unfit."""
        from wasmtime import Module, WasmtimeError, wat2wasm

        try:
            if isinstance(wasm, str):
                wasm = bytes(wat2wasm(wasm))
            if self._artefacts:
                return Compiled(self.engine, self._artefacts.module(wasm), wasm)
            return Compiled(self.engine, Module(self.engine, wasm), wasm)
        except WasmtimeError as error:
            raise Unfit(f"This is no module that can be run: {first_line(error)}") from None

    def instance(
        self, module: Compiled, *, folders: Mapping[str, Path] = {},
        fixed: Mapping[str, Path] = {}, functions: Functions | None = None,
    ) -> Instance:  # fmt: skip
        """Make an instance; it sees `folders` (its name -> ours), to write, `fixed` to read, and
        may call `functions` as imports `env.NAME`.

        Raises Unfit when it asks for another import or for more than the bounds, Trapped when it
        fails at its start.
        """
        from wasmtime import Trap, WasiConfig, WasmtimeError

        store, bounds = bounded(self.engine, self.bounds), self.bounds
        if module.wants_wasi:
            wasi = WasiConfig()
            for places, writable in ((folders, True), (fixed, False)):
                for name, place in places.items():
                    wasi.preopen_dir(str(place), name, writable)
            store.set_wasi(wasi)
        try:
            made = Instance(store, module.instantiate(store, functions or {}), bounds)
            if module.reactor:
                made.call("_initialize")
        except (WasmtimeError, Trap) as error:
            raise trapped(error) from None
        return made

    def handle(self, module: Compiled, request: bytes, **given: Any) -> bytes:
        """Answer one request in an instance of its own."""
        with self.instance(module, **given) as made:
            return made.handle(request)

    def close(self) -> None:
        """Stop the clock; instances that run on are no longer interrupted."""
        self._stopped.set()
        if self._ticker:
            self._ticker.join()

    def __enter__(self) -> WasmHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_S):
            self.engine.increment_epoch()


class Compiled:
    """Be one module, linked once for all instances without functions; `wasm` is what it is of."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module, wasm: bytes) -> None:
        self.engine, self.module, self.wasm = engine, module, wasm
        self.wants_wasi = any((i.module or "").startswith("wasi_") for i in module.imports)
        self.reactor = any(e.name == "_initialize" for e in module.exports)
        self._linked: wasmtime.InstancePre | None = None

    def instantiate(self, store: wasmtime.Store, functions: Functions) -> wasmtime.Instance:
        """Make an instance whose imports are WASI's and `functions`."""
        if functions:
            return self.linker(functions).instantiate(store, self.module)
        if self._linked is None:
            self._linked = self.linker({}).instantiate_pre(self.module)
        return self._linked.instantiate(store)

    def linker(self, functions: Functions) -> wasmtime.Linker:
        """Return what the module may call."""
        from wasmtime import FuncType, Linker

        linker = Linker(self.engine)
        if self.wants_wasi:
            linker.define_wasi()
        for item in self.module.imports:
            kind, given = item.type, functions.get(item.name or "")
            if item.module == "env" and given is not None and isinstance(kind, FuncType):
                linker.define_func("env", item.name or "", kind, given, access_caller=True)
        return linker


class Instance:
    """Be one instance with its memory; a `with` block lets go of it."""

    def __init__(self, store: wasmtime.Store, made: wasmtime.Instance, bounds: Bounds) -> None:
        self.store, self._made, self._bounds = store, made, bounds

    @cached_property
    def exports(self) -> wasmtime._instance.InstanceExports:
        """Return what it exports, by name; looked up when it is first asked for."""
        return self._made.exports(self.store)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call an export with fresh fuel and time; raise Trapped, or Unfit when there is none."""
        from wasmtime import Func, Trap, WasmtimeError

        function = self.exports.get(name)
        if not isinstance(function, Func):
            raise Unfit(f"The module exports no function {name}.")
        refuel(self.store, self._bounds)
        try:
            return function(self.store, *arguments)
        except (WasmtimeError, Trap) as error:
            raise trapped(error) from None

    def handle(self, request: bytes) -> bytes:
        """Answer a request by the ABI; raise Unfit when the module does not keep to it."""
        return wasm_abi.ask(self, request)

    @property
    def fuel(self) -> int | None:
        """Return what is left of the fuel."""
        return self.store.get_fuel() if self._bounds.fuel is not None else None

    @property
    def memory_bytes(self) -> int:
        """Return the size of the linear memory now."""
        from wasmtime import Memory

        memory = self.exports.get("memory")
        return memory.data_len(self.store) if isinstance(memory, Memory) else 0

    def close(self) -> None:
        """Let go of its memory."""
        self.store.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def bounded(engine: wasmtime.Engine, bounds: Bounds) -> wasmtime.Store:
    """Return a store for one instance, with its limits, fuel and time."""
    from wasmtime import Store

    store = Store(engine)
    store.set_limits(
        int(bounds.memory_mb * 1024 * 1024), bounds.table_elements, bounds.instances,
        bounds.tables, bounds.memories,
    )  # fmt: skip
    refuel(store, bounds)
    return store


def refuel(store: wasmtime.Store, bounds: Bounds) -> None:
    """Give a call all its fuel and time."""
    if bounds.fuel is not None:
        store.set_fuel(bounds.fuel)
    if bounds.seconds is not None:
        store.set_epoch_deadline(max(1, round(bounds.seconds / TICK_S)))


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
