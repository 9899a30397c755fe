"""Run modules of strangers: whatever they do, the next request is answered."""

from __future__ import annotations

from wasmtime import (
    Config,
    Engine,
    FuncType,
    Linker,
    Module,
    Store,
    Trap,
    ValType,
    WasiConfig,
    WasmtimeError,
)

FUEL = 20_000_000  # about so many instructions for one request
MEMORY = 16 * 1024 * 1024  # bytes: 256 pages
TABLE = 1_000  # elements
WASI = "wasi_snapshot_preview1"
I32, I64 = ValType.i32(), ValType.i64()


class Cage:
    """Run one request of any module, within bounds."""

    def __init__(self):
        self.engine = self.new_engine()
        self.linker = self.new_linker()

    def new_engine(self) -> Engine:
        """Return an engine whose code burns fuel."""
        config = Config()
        config.consume_fuel = True
        return Engine(config)

    def new_store(self) -> Store:
        """Return a store for one request: FUEL, at most MEMORY and TABLE, and no files."""
        store = Store(self.engine)
        store.set_fuel(FUEL)
        store.set_limits(memory_size=MEMORY)
        store.set_wasi(WasiConfig())
        return store

    def new_linker(self) -> Linker:
        """Return what modules may import: WASI, but with a clock and dice that stand still."""
        clock = FuncType([I32, I64, I32], [I32])
        dice = FuncType([I32, I32], [I32])
        linker = Linker(self.engine)
        linker.define_wasi()
        linker.allow_shadowing = True
        linker.define_func(WASI, "clock_time_get", clock, still_clock, access_caller=True)
        linker.define_func(WASI, "random_get", dice, still_dice, access_caller=True)
        return linker

    def answer(self, source: str | bytes, n: int) -> dict:
        """Make an instance and call its `run(n)`, an i32 to an i64; tell what came of it.

        {"answer": number}, {"trap": the name of its trap code}, or {"refused": text} for what is
        no module or may not be instantiated.
        """
        try:
            store = self.new_store()
            instance = self.linker.instantiate(store, Module(self.engine, source))
            return {"answer": instance.exports(store)["run"](store, n)}
        except Trap as trap:
            return {"trap": trap.trap_code.name}
        except WasmtimeError as error:
            return {"refused": str(error)}


def still_clock(caller, clock, precision, pointer):
    """Write the same time, whoever asks and whenever: 1970-01-01 (8 bytes, nanoseconds)."""
    caller["memory"].write(caller, bytes(8), pointer)
    return 0  # no error


def still_dice(caller, pointer, length):
    """Write the same bytes instead of random ones."""
    memory = caller["memory"]
    if not 0 <= pointer <= pointer + length <= memory.data_len(caller):
        return 21  # EFAULT: that is not its memory
    memory.write(caller, b"\x07" * length, pointer)
    return 0


def survive(requests: list[tuple[str, int]]) -> list[dict]:
    """Answer requests one after another in one cage: (source of a module, its n)."""
    cage = Cage()
    return [cage.answer(source, n) for source, n in requests]
