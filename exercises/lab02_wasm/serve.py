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
        raise NotImplementedError("Module.deserialize_file, else a Module, whose serialize() is kept")

    def deploy(self, name: str, wasm: bytes) -> None:
        """Let `name` be this module from now on; requests under way end as they began."""
        raise NotImplementedError("link what compiled() gives once (linker.instantiate_pre); then swap")

    def call(self, name: str, request: bytes) -> bytes:
        """Answer one request in an instance of its own; KeyError for an unknown name."""
        raise NotImplementedError("a new store with FUEL and MEMORY; instantiate; alloc, write, handle, read")


if __name__ == "__main__":
    web.run(lambda: Functions(Path(os.environ.get("FUNCTIONS_CACHE", ".functions"))))
