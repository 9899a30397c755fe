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
        self.live, self.known = {}, {}

    def compiled(self, wasm: bytes) -> Module:
        """Return the module; its machine code is kept, and found again by the module's content.

        What lies in the cache may be damaged or of another engine: then compile, and keep that.
        """
        name = sha256(wasm).hexdigest()
        if name not in self.known:
            self.known[name] = self.loaded(name) or self.made(name, wasm)
        return self.known[name]

    def loaded(self, name: str) -> Module | None:
        try:
            kept = (self.cache / name).read_bytes()
        except FileNotFoundError:
            return None
        seal, code = kept[:32], kept[32:]
        if sha256(name.encode() + code).digest() != seal:
            return None
        try:
            return Module.deserialize(self.engine, code)
        except WasmtimeError:
            return None

    def made(self, name: str, wasm: bytes) -> Module:
        fresh = Module(self.engine, wasm)
        code = bytes(fresh.serialize())
        (self.cache / name).write_bytes(sha256(name.encode() + code).digest() + code)
        return fresh

    def deploy(self, name: str, wasm: bytes) -> None:
        """Let `name` be this module from now on; requests under way end as they began."""
        module = self.compiled(wasm)
        self.linker.instantiate_pre(module)  # so that what it lacks is told now
        self.live |= {name: module}

    def call(self, name: str, request: bytes) -> bytes:
        """Answer one request in an instance of its own; KeyError for an unknown name."""
        with Store(self.engine) as store:
            store.set_wasi(WasiConfig())
            store.set_limits(MEMORY, 5000, 1, 2, 1)
            store.set_fuel(FUEL)
            instance = self.linker.instantiate(store, self.live[name])
            return self.asked(store, instance.exports(store), request)

    def asked(self, store: Store, exports, request: bytes) -> bytes:
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
