"""Measure what it takes to be ready for one request: an instance, a process, a fresh host.

    with StartUp(wasm) as rungs:
        for rung in rungs.measured():
            print(rung)

Both truths are in it: an instance in a host that runs, and a host that has to start first.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_kit.components.wasm_host import Bounds, WasmHost
from lab_kit.errors import LabError, Unavailable
from lab_kit.process.bare import spawn_seconds

POOLED = 16
HOST = """import sys
from pathlib import Path
from lab_kit.components.wasm_host import WasmHost
with WasmHost(cache=Path(sys.argv[1])) as host:
    host.instance(host.compile(Path(sys.argv[2]).read_bytes()))
"""
NO_PODMAN = "podman is not installed"


@dataclass(frozen=True)
class Rung:
    """Hold one step of the ladder: the median in seconds of some tries, or why there is none.

    running: it starts in a host that runs already, and is no process of its own
    """

    name: str
    seconds: float | None
    running: bool = False
    why: str = ""

    def __str__(self) -> str:
        if self.seconds is None:
            return f"{self.name:32} not measured here: {self.why}"
        return f"{self.name:32} {shown(self.seconds):>10}"


def shown(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


class StartUp:
    """Hold what is measured of one module; `more` are others' starts: name -> what does one."""

    def __init__(self, wasm: bytes, more: Mapping[str, Callable[[], object]] | None = None) -> None:
        self.more = dict(more or {})
        self._folder = tempfile.TemporaryDirectory(prefix="beyond-start-")
        self._cache = Path(self._folder.name) / "cache"
        self._file = Path(self._folder.name) / "module.wasm"
        self._file.write_bytes(wasm)
        self._host = WasmHost(cache=self._cache)  # the artefact that a fresh host finds
        self._pool = WasmHost(Bounds(memory_mb=16), pooled=POOLED)
        self.plain, self.pooled = self._host.compile(wasm), self._pool.compile(wasm)

    def measured(self, tries: int = 200) -> Iterator[Rung]:
        """Give each rung as soon as it is measured; the slow ones are tried less often."""
        few, fewer = max(3, tries // 10), max(3, tries // 40)
        yield rung("an instance, pooled", self.pool_instance, tries, running=True)
        yield rung("an instance", self.instance, tries, running=True)
        yield rung("a C process", self.c_process, few)
        yield rung("a Python process", self.python_process, few)
        yield rung("a fresh host, then an instance", self.fresh_host, fewer)
        for name, start in self.more.items():
            yield rung(name, start, 3)
        yield rung("a container", self.container, 3)

    def pool_instance(self) -> None:
        """Make one instance in memory that is kept for it."""
        self._pool.instance(self.pooled).close()

    def instance(self) -> None:
        self._host.instance(self.plain).close()

    def c_process(self) -> None:
        """Run `true`, a program of C that does nothing."""
        spawn_seconds([program("true")])

    def python_process(self) -> None:
        spawn_seconds([sys.executable, "-c", "pass"])

    def fresh_host(self) -> None:
        """Start Python with wasmtime, load the machine code that was kept, make an instance."""
        spawn_seconds([sys.executable, "-c", HOST, str(self._cache), str(self._file)])

    def container(self) -> None:
        """Run `true` in a container on this machine's own files, so that no image is needed."""
        podman = shutil.which("podman")
        if podman is None:
            raise Unavailable("There is no container.", NO_PODMAN)
        root = Path(self._folder.name) / "root"
        root.mkdir(exist_ok=True)
        shared = [w for top in ("/usr", "/lib", "/lib64") if Path(top).is_dir()
                  for w in ("-v", f"{top}:{top}:ro")]  # fmt: skip
        command = [podman, "run", "--rm", "--network=none", *shared, "--rootfs", str(root)]
        try:
            spawn_seconds([*command, program("true")])
        except Unavailable as problem:
            raise Unavailable(
                "There is no container.", f"podman is here, but {problem.why}"
            ) from None

    def close(self) -> None:
        """Remove what was written."""
        self._host.close()
        self._pool.close()
        self._folder.cleanup()

    def __enter__(self) -> StartUp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def rung(name: str, start: Callable[[], object], tries: int, running: bool = False) -> Rung:
    """Start so many times and return the median; a first try warms up."""
    times = []
    try:
        start()
        for _ in range(tries):
            began = time.perf_counter()
            start()
            times.append(time.perf_counter() - began)
    except LabError as error:
        return Rung(name, None, running, (error.why or error.what).rstrip("."))
    return Rung(name, statistics.median(times), running)


def program(name: str) -> str:
    """Return a program's path; raise Unavailable when there is none."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable("There is no program to start.", f"{name} is not installed")
    return found
