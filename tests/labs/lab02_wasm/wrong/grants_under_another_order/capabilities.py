"""Grant a module one folder to read and one function to call, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from wasmtime import (
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

ENGINE = Engine()
LONGEST = 1_000  # bytes of one note


def grants(folder: str) -> WasiConfig:
    """Return what WASI gives: `folder` as "/data", to read and not to write; nothing else."""
    wasi = WasiConfig()
    wasi.preopen_dir("/data", folder, fs_mutable=False)
    return wasi


def give_note(linker: Linker, notes: list[str]) -> None:
    """Give the function `env.note(pointer, length) -> i32`: it appends a text to `notes`.

    It returns 0, or 21 and notes nothing: where the text is longer than LONGEST bytes, does not
    lie within the module's memory, or is not UTF-8. Pointer and length come from a stranger.
    """
    kind = FuncType([ValType.i32(), ValType.i32()], [ValType.i32()])

    def note(caller, pointer, length):
        memory = caller["memory"]
        if not 0 <= length <= LONGEST or not 0 <= pointer <= memory.data_len(caller) - length:
            return 21
        try:
            notes.append(memory.read(caller, pointer, pointer + length).decode())
        except UnicodeDecodeError:
            return 21
        return 0

    linker.define_func("env", "note", kind, note, access_caller=True)


def run(source: str | bytes, folder: str) -> dict:
    """Run a module's `run()` with its grants; tell its answer or its end, and its notes."""
    notes: list[str] = []
    store = Store(ENGINE)
    store.set_wasi(grants(folder))
    linker = Linker(ENGINE)
    linker.define_wasi()
    give_note(linker, notes)
    try:
        instance = linker.instantiate(store, Module(ENGINE, source))
        return {"answer": instance.exports(store)["run"](store), "notes": notes}
    except (Trap, WasmtimeError) as error:
        return {"stopped": str(error), "notes": notes}


def visit(source: str, files: dict[str, str], links: dict[str, str]) -> dict:
    """Run a module with a folder made for it; return {..., "files": what is in there after}.

    files: path -> text, and links: path -> target; "shop/..." is what the module is granted, and
    what lies beside it is not.
    """
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        for name, text in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        for name, target in links.items():
            (top / name).symlink_to(target)
        told = run(source, str(top / "shop"))
        left = [p for p in sorted(top.rglob("*")) if p.is_file() and not p.is_symlink()]
        return told | {"files": {p.relative_to(top).as_posix(): p.read_text() for p in left}}
