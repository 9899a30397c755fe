"""Talk to a module: texts through its memory, a function of the host, traps with a reason."""

from __future__ import annotations

from wasmtime import Engine, FuncType, Linker, Module, Store, Trap, ValType, WasiConfig

ENGINE = Engine()


class Guest:
    """Be one instance of a module; `log` holds what the module said through `env.log`."""

    def __init__(self, module: Module):
        self.log: list[str] = []
        self.store = Store(ENGINE)
        self.store.set_wasi(WasiConfig())  # compilers' modules import WASI; it is given nothing
        linker = Linker(ENGINE)
        linker.define_wasi()
        if any(wanted.name == "log" for wanted in module.imports):
            self.give_log(linker)
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.memory = self.exports["memory"]
        if "_initialize" in self.exports:  # where a compiler put what has to come first
            self.exports["_initialize"](self.store)

    def ask(self, request: str) -> str:
        """Let the module handle one request; what was allocated for it is released."""
        data = request.encode()
        start = self.exports["alloc"](self.store, len(data))
        self.memory.write(self.store, data, start)
        packed = self.exports["handle"](self.store, start, len(data))
        pointer, length = packed >> 32, packed & 0xFFFFFFFF
        answer = self.memory.read(self.store, pointer, pointer + length).decode()
        self.exports["release"](self.store, start, len(data))
        self.exports["release"](self.store, start, len(data))
        return answer

    def give_log(self, linker: Linker) -> None:
        """Give the module a function `env.log(pointer, length)`: it appends that text to `log`."""
        kind = FuncType([ValType.i32(), ValType.i32()], [])

        def log(caller, pointer, length):
            data = caller["memory"].read(caller, pointer, pointer + length)
            self.log.append(data.decode())

        linker.define_func("env", "log", kind, log, access_caller=True)


def conversation(source: str | bytes, requests: list[str]) -> list[dict]:
    """Ask one instance all requests, and tell of each what came of it.

    {"answer": text, "log": lines}, the lines said during this request; or, where it trapped,
    {"trap": reason, "log": lines} with the name of its trap code such as "UNREACHABLE". What a
    trap leaves of an instance is not to be trusted: the next request gets a new one.
    """
    module = Module(ENGINE, source)
    guest = Guest(module)
    told = []
    for request in requests:
        guest.log.clear()
        try:
            told.append({"answer": guest.ask(request), "log": list(guest.log)})
        except Trap as trap:
            told.append({"trap": trap.trap_code.name, "log": list(guest.log)})
            guest = Guest(module)
    return told
