"""Give the checks of lab02_wasm a sandboxed host, and wasmtime to the student's code."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from counter import Counter
from modules import Modules

from lab_kit.components.wasm_engine import Bounds
from lab_kit.components.wasm_process import WasmProcess
from lab_kit.judge import Submission
from lab_kit.process import Limits

# wasmtime reserves gigabytes of address space: what is bounded is memory that is there.
STUDENT = Limits(data_mb=1024, rss_mb=300, reserves=True, threads=64)


@pytest.fixture(scope="session")
def host() -> Iterator[WasmProcess]:
    """Give all checks of one submission one process, for a module of Go's compiles for seconds."""
    with WasmProcess(Bounds(fuel=200_000_000, seconds=5.0, memory_mb=64), rss_mb=512) as made:
        yield made


@pytest.fixture(scope="session")
def modules(host: WasmProcess) -> Modules:
    return Modules(host)


@pytest.fixture
def counter(modules: Modules, submission: Submission, fresh: Random) -> Counter:
    """Give a check a till with fresh baskets."""
    return Counter(modules, submission, fresh)


@pytest.fixture
def guest(submission: Submission) -> Submission:
    """Give the submission with wasmtime for its calls."""
    submission.equip("wasmtime", limits=STUDENT)
    return submission
