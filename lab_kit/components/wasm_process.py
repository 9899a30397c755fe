"""Run a stranger's WebAssembly for the judge: WasmHost in a sandboxed process of its own.

    with WasmProcess(Bounds(fuel=50_000_000)) as host:
        module = host.load(wasm)
        answer = host.handle(module, b"...")

Nothing of the module is parsed, compiled or run on this side; what comes back is taken as bytes and
short texts. A process that ends or hangs is told and started anew for the next request.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lab_kit
from lab_kit.components import wasm_frames
from lab_kit.components.wasm_engine import Bounds
from lab_kit.components.wasm_traps import Trapped, Unfit
from lab_kit.errors import Unavailable
from lab_kit.process import Limits, Program, zygote

COMPILE_S = 120.0  # a module of Go's takes seconds on a slow core
GRACE_S = 5.0
PACKAGE = Path(lab_kit.__file__).parent
BOOT = """\
import sys, importlib.util as u
d = sys.argv[1]
s = u.spec_from_file_location("lab_kit", d + "/__init__.py", submodule_search_locations=[d])
m = sys.modules["lab_kit"] = u.module_from_spec(s); s.loader.exec_module(m)
from lab_kit.components import wasm_child
wasm_child.main(sys.argv[2])
"""


class WasmProcess:
    """Hold modules and answer requests until closed; one request at a time.

    rss_mb: resident memory of the whole process, compiling included (address space is only
    reserved and does not count);  folders: name in the module -> a folder of ours, to write
    """

    def __init__(
        self, bounds: Bounds | None = None, *, rss_mb: int = 512,
        folders: Mapping[str, Path] = {},
    ) -> None:  # fmt: skip
        self.bounds = bounds or Bounds()
        self.rss_mb = rss_mb
        self.folders = {name: place.resolve() for name, place in folders.items()}
        self._modules: list[bytes | str] = []
        self._known: dict[int, int] = {}  # ours -> that of the process that runs now
        self._program: Program | None = None
        self._channel: socket.socket | None = None

    def load(self, wasm: bytes | str) -> int:
        """Compile a module, its bytes or its text; return its number, or raise Unfit."""
        self._modules.append(wasm)
        number = len(self._modules) - 1
        self._number(number)
        return number

    def handle(self, module: int, request: bytes) -> bytes:
        """Answer a request in an instance of its own; raise Trapped or Unfit as WasmHost does."""
        patience = (self.bounds.seconds or COMPILE_S) * 3 + GRACE_S  # its start, alloc and handle
        return self._ask({"op": "handle", "module": self._number(module)}, request, patience)[1]

    def converse(
        self, module: int, requests: Sequence[bytes], *, held: bool = False, patience: float = 60.0
    ) -> tuple[list[bytes], int]:
        """Answer many requests in one instance, releasing what each took (see wasm_abi).

        Return the answers, and by how many bytes the memory grew after the first tenth of them.
        """
        question = {"op": "converse", "module": self._number(module), "held": held}
        told, body = self._ask(question, wasm_frames.joined(requests), patience)
        try:
            answers = wasm_frames.parts(body)
        except ValueError:
            raise self._gone() from None
        early, late = told.get("early"), told.get("late")
        if not (isinstance(early, int) and isinstance(late, int) and len(answers) == len(requests)):
            raise self._gone()
        return answers, late - early

    def call(
        self, module: int, name: str, *arguments: int, memory: bytes = b"", at: int = 0
    ) -> int | float | None:
        """Call an export in an instance of its own, with some bytes written to its memory."""
        patience = (self.bounds.seconds or COMPILE_S) * 3 + GRACE_S
        question = {"op": "call", "module": self._number(module), "name": name, "at": at,
                    "arguments": arguments}  # fmt: skip
        value = self._ask(question, memory, patience)[0].get("value")
        return value if isinstance(value, int | float) else None

    @property
    def memory_mb(self) -> float:
        """Return the resident memory of the process, 0 when none runs."""
        return self._program.memory_mb() if self._program else 0.0

    def close(self) -> None:
        """End the process."""
        program, self._program = self._program, None
        channel, self._channel = self._channel, None
        if channel:
            channel.close()
        if program:
            program.close()
        self._known.clear()

    def __enter__(self) -> WasmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- parts -------------------------------------------------------------------------

    def _number(self, module: int) -> int:
        """Return a module's number in the process that runs now, loading it if need be."""
        if self._channel is None or module not in self._known:
            wasm = self._modules[module]
            body = wasm.encode("utf-8", "replace") if isinstance(wasm, str) else wasm
            told, _ = self._ask({"op": "load", "text": body is not wasm}, body, COMPILE_S)
            self._known[module] = int(told["module"])
        return self._known[module]

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        settings = {"bounds": asdict(self.bounds), "folders": {n: str(p) for n, p in
                    self.folders.items()}}  # fmt: skip
        limits = Limits(
            data_mb=self.rss_mb * 2, file_mb=64, cpu_s=3600, threads=32, open_files=256,
            scratch_mb=16, rss_mb=self.rss_mb, reserves=True,
        )  # fmt: skip
        argv = [sys.executable, "-s", "-c", BOOT, str(PACKAGE), json.dumps(settings)]
        try:
            self._program = zygote().program(
                argv, cwd=PACKAGE, read=[PACKAGE], write=list(self.folders.values()),
                limits=limits, fork=False, serve=[theirs],
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours
        return ours

    def _ask(
        self, question: dict[str, Any], body: bytes, patience: float
    ) -> tuple[dict[str, Any], bytes]:
        channel = self._channel or self._start()
        try:
            wasm_frames.send(channel, question, body, patience)
            told, answer = wasm_frames.receive(channel, patience)
        except TimeoutError:
            self.close()
            raise Trapped("out of time", f"No answer came within {patience:g} s.") from None
        except (OSError, EOFError, ValueError):
            raise self._gone() from None
        if told.get("unfit"):
            raise Unfit(str(told["unfit"])[:500])
        if told.get("missing"):
            self.close()
            raise Unavailable(*map(str, told["missing"]))
        if told.get("reason"):
            raise Trapped(str(told["reason"])[:80], str(told.get("what"))[:500],
                          told["exit"] if isinstance(told.get("exit"), int) else None)  # fmt: skip
        return told, answer

    def _gone(self) -> Exception:
        """Return why the process is gone, and let go of it."""
        ended = self._program.poll() if self._program else None
        if ended is None and self._program:
            ended = self._program.kill("it did not keep to its protocol")
        words = self._program.output().strip()[-500:] if self._program else ""
        self.close()
        why = ended.reason if ended else "it is gone"
        if why.startswith("it was killed:") and "memory" in why:
            return Trapped("out of memory", f"Its process was ended: {why}.")
        return Trapped("ended", f"Its process ended: {why}. {words}".strip())
