"""Serve functions: in any language, an instance for each request, swapped while they run.

Run it as `python serve.py 8080`; machine code is kept in the folder that FUNCTIONS_CACHE names.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import web
from wasmtime import Config, Engine, Linker, Module, Store, WasiConfig, WasmtimeError

FUEL = 50_000_000
MEMORY = 32 * 1024 * 1024


class Functions:
    """Hold the functions that are live, by name."""

    def __init__(self, cache: Path):
        cache.mkdir(parents=True, exist_ok=True)
        self.cache = cache
        config = Config()
        config.consume_fuel = True
        self.engine = Engine(config)
        self.linker = Linker(self.engine)
        self.linker.define_wasi()
        self.live = {}

    def compiled(self, wasm: bytes) -> Module:
        """Return the module; its machine code is kept, and found again by the module's content.

        What lies in the cache may be damaged or of another engine: then compile, and keep that.
        """
        place = self.cache / f"{sha256(wasm).hexdigest()}.cwasm"
        if not place.exists():
            place.write_bytes(Module(self.engine, wasm).serialize())
        return Module.deserialize_file(self.engine, str(place))

    def deploy(self, name: str, wasm: bytes) -> None:
        """Let `name` be this module from now on; requests under way end as they began."""
        self.live[name] = self.linker.instantiate_pre(self.compiled(wasm))

    def call(self, name: str, request: bytes) -> bytes:
        """Answer one request in an instance of its own; KeyError for an unknown name."""
        linked = self.live[name]
        store = Store(self.engine)
        store.set_fuel(FUEL)
        store.set_limits(memory_size=MEMORY)
        store.set_wasi(WasiConfig())
        exports = linked.instantiate(store).exports(store)
        if "_initialize" in exports:
            exports["_initialize"](store)
        memory = exports["memory"]
        start = exports["alloc"](store, len(request))
        memory.write(store, request, start)
        packed = exports["handle"](store, start, len(request))
        pointer, length = packed >> 32, packed & 0xFFFFFFFF
        return bytes(memory.read(store, pointer, pointer + length))


if __name__ == "__main__":
    web.run(lambda: Functions(Path(os.environ.get("FUNCTIONS_CACHE", ".functions"))))
