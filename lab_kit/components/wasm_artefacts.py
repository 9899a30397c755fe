"""Keep compiled modules: what was compiled here once is loaded in microseconds.

An artefact is machine code that is run as it is (wasmtime's deserialize says so), so only our own
are loaded: each is sealed with a key that lies beside them, in a folder that no submission can
read. One that was changed, or that another engine made, is compiled anew.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import wasmtime

SEAL = 32  # bytes of HMAC-SHA256 in front of each artefact
KEY = "key"


class Artefacts:
    """Be the folder of one engine's artefacts; processes may share it."""

    def __init__(self, engine: wasmtime.Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key = key(folder / KEY)

    def module(self, wasm: bytes) -> wasmtime.Module:
        """Return the module, from its artefact if there is a sound one that fits the engine."""
        from wasmtime import Module, WasmtimeError

        name = hashlib.sha256(wasm).hexdigest()
        data = self.read(name)
        if data is not None:
            with suppress(WasmtimeError):  # of another version or other settings
                return Module.deserialize(self.engine, data)
        module = Module(self.engine, wasm)
        self.write(name, bytes(module.serialize()))
        return module

    def read(self, name: str) -> bytes | None:
        """Return an artefact whose seal holds."""
        try:
            whole = (self.folder / f"{name}.cwasm").read_bytes()
        except OSError:
            return None
        data = whole[SEAL:]
        return data if hmac.compare_digest(whole[:SEAL], self.seal(name, data)) else None

    def write(self, name: str, data: bytes) -> None:
        """Keep an artefact, whole or not at all; a full disk only costs time later."""
        with suppress(OSError):
            number, draft = tempfile.mkstemp(dir=self.folder)
            with open(number, "wb") as file:
                file.write(self.seal(name, data) + data)
            os.replace(draft, self.folder / f"{name}.cwasm")

    def seal(self, name: str, data: bytes) -> bytes:
        return hmac.digest(self.key, name.encode() + b"\0" + data, "sha256")


def key(place: Path) -> bytes:
    """Return the folder's key, made when it is first asked for."""
    if not place.exists():
        number, draft = tempfile.mkstemp(dir=place.parent)
        with open(number, "wb") as file:
            file.write(secrets.token_bytes(SEAL))
        with suppress(FileExistsError):  # another process was first: its key holds
            os.link(draft, place)
        os.unlink(draft)
    return place.read_bytes()
