"""Show WebAssembly at work: what it takes to start, what burns, and what a request leaves.

LadderPanel(wasm)
FuelPanel(host, {"loop": loop, "honest": honest}, good="honest", run=call)
MemoryPanel(lambda: host.instance(module), lambda lines: b"TEA-01 3 590\\n" * lines)
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from lab_kit.components.start_up import Rung, StartUp, shown
from lab_kit.components.wasm_host import Compiled, Instance, Trapped, Unfit, WasmHost
from lab_kit.errors import LabError
from lab_kit.notebook.bars import Bars
from lab_kit.notebook.cells import cells
from lab_kit.notebook.panel import Panel, script

MEASURE = "Measure"
FASTEST_S, SLOWEST_S = 1e-6, 10.0
CELLS = 512
KEPT = 12


class LadderPanel(Bars):
    """Measure what it takes to be ready for a request, here and now, when it is asked to.

    more: other starts, name -> what does one, such as a Lambda environment of lab 1
    """

    def __init__(self, wasm: bytes, more: Mapping[str, Callable[[], object]] | None = None) -> None:
        self._wasm, self._more = wasm, more
        self.rungs: list[Rung] = []
        super().__init__(
            title="The start-up ladder",
            buttons=[MEASURE],
            sentence="Nothing is measured yet.",
            about="Logarithmic: each tenth of a bar is a factor of 5. Filled: in a host that runs "
            "already. Striped: a process that has to start.",
        )

    def work(self, button: str) -> None:
        self.measure()

    def measure(self) -> list[Rung]:
        """Measure every rung, and show each as it comes."""
        self.rungs = []
        with StartUp(self._wasm, self._more) as start:
            for one in start.measured():
                self.rungs.append(one)
                self.rows = [self._row(rung) for rung in self.rungs]
                self.sentence = f"{len(self.rungs)} measured so far."
        self.sentence = self._told()
        return self.rungs

    def _row(self, rung: Rung) -> dict[str, Any]:
        if rung.seconds is None:
            text = f"not measured here: {rung.why}"
            return {"name": rung.name, "text": text, "part": 0.0, "kind": "cold"}
        first = self.rungs[0].seconds or rung.seconds
        times = (
            f", {rung.seconds / first:,.0f} times the first" if rung is not self.rungs[0] else ""
        )
        span = math.log(SLOWEST_S / FASTEST_S)
        part = math.log(max(rung.seconds, FASTEST_S) / FASTEST_S) / span
        kind = "live" if rung.running else "cold"
        return {"name": rung.name, "text": shown(rung.seconds) + times, "part": part, "kind": kind}

    def _told(self) -> str:
        known = {rung.name: rung.seconds for rung in self.rungs if rung.seconds is not None}
        instance, host = known.get("an instance"), known.get("a fresh host, then an instance")
        if not instance or not host:
            return f"{len(known)} measured."
        return (
            f"An instance in a host that runs takes {shown(instance)}; if the host has to start "
            f"first, {shown(host)}: {host / instance:,.0f} times as long."
        )


class FuelPanel(Bars):
    """Run modules, each request in an instance with a full tank; after a bomb, a good one at once.

    run: what is called on each instance, such as `lambda instance: instance.call("run", 1000)`
    """

    def __init__(
        self, host: WasmHost, modules: Mapping[str, Compiled], *, good: str,
        run: Callable[[Instance], object],
    ) -> None:  # fmt: skip
        if host.bounds.fuel is None:
            raise LabError("This host burns no fuel.", "", "make it with Bounds(fuel=20_000_000).")
        self._host, self._modules, self._good, self._run = host, dict(modules), good, run
        self._tank, self._count = host.bounds.fuel, 0
        self.answered = self.stopped = 0
        super().__init__(
            title="Fuel burning down",
            buttons=list(modules),
            sentence="No request yet. Press one.",
            about=f"Each request starts with {self._tank:,} units in its tank; the bar is what is "
            "left. The newest is on top.",
        )

    def work(self, button: str) -> None:
        self.request(button)
        if button != self._good:
            self.request(self._good)

    def request(self, name: str) -> None:
        """Run one request in an instance of its own, and show what it burnt."""
        began = time.perf_counter()
        left, kind = 0, "live"
        try:
            with self._host.instance(self._modules[name]) as made:
                try:
                    text = f"answered {self._run(made)!s:.40}"
                    self.answered += 1
                except (Trapped, Unfit) as trap:
                    text, kind = f"stopped: {getattr(trap, 'reason', trap)!s:.60}", "burnt"
                    self.stopped += 1
                left = made.fuel or 0
        except (Trapped, Unfit) as refusal:
            text, kind = f"refused: {refusal!s:.80}", "burnt"
            self.stopped += 1
        spent = (time.perf_counter() - began) * 1000
        self._count += 1
        text += f"; {self._tank - left:,} burnt in {spent:.1f} ms"
        row = {"name": name, "text": text, "part": left / self._tank, "kind": kind,
               "key": self._count, "ms": round(spent)}  # fmt: skip
        self.rows = [row, *self.rows][:KEPT]
        self.sentence = (
            f"{self.answered} answered, {self.stopped} stopped or refused. Last: {name} {text}."
        )


class MemoryPanel(Panel):
    """Show an instance's linear memory as a map, and what each request changes in it.

    make: makes a fresh instance that keeps to the ABI;  request: the bytes for so many lines
    """

    _esm = script("memory")
    cells = traitlets.Unicode("").tag(sync=True)  # . empty, x filled; changed: z empty, c filled
    size = traitlets.Int(3).tag(sync=True)
    most = traitlets.Int(400).tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, make: Callable[[], Instance], request: Callable[[int], bytes]) -> None:
        self._make, self._request = make, request
        self._sums: list[int] = []
        super().__init__()
        self.actions["press"] = self._pressed
        cells.owns(self.close_up, "MemoryPanel")
        self._instance = make()
        self._begin()

    def send_lines(self, count: int) -> bytes:
        """Send a request of so many lines, show what it changed, and return the answer."""
        self.size = max(1, min(count, self.most))
        request = self._request(self.size)
        try:
            answer = self._instance.handle(request)
        except (Trapped, Unfit) as trap:
            raise LabError(
                "The module did not answer.", str(trap), "press A new instance."
            ) from None
        changed, each = self._look()
        pages = self._instance.memory_bytes // 65_536
        self.sentence = (
            f"{len(request):,} bytes in, {len(answer):,} bytes out; it changed {changed} of "
            f"{len(self.cells)} fields of {each:,} bytes. The memory has {pages} pages, "
            f"{pages * 64:,} KB."
        )
        return answer

    def trouble(self, error: LabError) -> None:
        self.said = str(error)

    def as_text(self) -> str:
        rows = [self.cells[n : n + 64] for n in range(0, len(self.cells), 64)]
        return "\n".join([f"Memory of an instance: {self.sentence}", *rows])

    def close_up(self) -> None:
        """Let go of the instance; runs by itself before the cell's next run."""
        self._instance.close()

    def _pressed(self, told: dict[str, Any]) -> None:
        self.said = ""
        if told.get("text") == "new":
            self._instance.close()
            self._instance = self._make()
            self._begin()
        else:
            self.send_lines(int(told.get("size", self.size)))

    def _begin(self) -> None:
        self._sums = []
        self._look()
        pages = self._instance.memory_bytes // 65_536
        self.sentence = f"A new instance: {pages} pages, {pages * 64:,} KB. No request yet."

    def _look(self) -> tuple[int, int]:
        """Compare the memory with what it was; return how many fields changed, and their bytes."""
        from lab_kit.components.wasm_abi import memory_of

        memory = memory_of(self._instance)
        data = bytes(memory.read(self._instance.store, 0, self._instance.memory_bytes))
        each = max(256, -(-len(data) // CELLS))
        parts = [data[n : n + each] for n in range(0, len(data), each)]
        sums = [zlib.crc32(part) for part in parts]
        same = len(sums) == len(self._sums)
        letters = []
        for n, part in enumerate(parts):
            changed = bool(self._sums) and (not same or sums[n] != self._sums[n])
            filled = part.strip(b"\0") != b""
            letters.append({(1, 1): "c", (1, 0): "z", (0, 1): "x", (0, 0): "."}[changed, filled])
        self._sums, self.cells = sums, "".join(letters)
        return sum(letter in "cz" for letter in letters), each
