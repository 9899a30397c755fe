"""Make the engine that compiles and runs WebAssembly within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab_kit.errors import Unavailable

if TYPE_CHECKING:
    import wasmtime


@dataclass(frozen=True)
class Bounds:
    """Say how much one instance may use.

    fuel: about so many instructions, None for no end;  seconds: of wall clock, None for no end
    memory_mb: linear memory;  stack_kb: of calls;  table_elements, instances, tables, memories
    """

    fuel: int | None = None
    seconds: float | None = 5.0
    memory_mb: float = 64.0
    stack_kb: int = 512
    table_elements: int = 20_000
    instances: int = 8
    tables: int = 8
    memories: int = 4


def engine(bounds: Bounds, pooled: int) -> wasmtime.Engine:
    """Return an engine whose code can be bounded."""
    try:
        from wasmtime import Config, Engine, _ffi
    except ImportError as missing:
        raise Unavailable(
            "WebAssembly could not be run: wasmtime is not installed.",
            str(missing),
            "Run `./lab`, which installs what is missing.",
        ) from missing
    config = Config()
    config.consume_fuel = bounds.fuel is not None
    config.epoch_interruption = bounds.seconds is not None
    config.max_wasm_stack = bounds.stack_kb * 1024
    config.parallel_compilation = False  # a lab has one core
    if pooled:
        pool = _ffi.wasmtime_pooling_allocation_config_new()
        _ffi.wasmtime_pooling_allocation_config_total_memories_set(pool, pooled)
        _ffi.wasmtime_pooling_allocation_config_total_tables_set(pool, pooled)
        _ffi.wasmtime_pooling_allocation_config_total_core_instances_set(pool, pooled)
        size = int(bounds.memory_mb * 1024 * 1024)
        _ffi.wasmtime_pooling_allocation_config_max_memory_size_set(pool, size)
        elements = bounds.table_elements
        _ffi.wasmtime_pooling_allocation_config_table_elements_set(pool, elements)
        _ffi.wasmtime_pooling_allocation_strategy_set(config.ptr(), pool)
    return Engine(config)
