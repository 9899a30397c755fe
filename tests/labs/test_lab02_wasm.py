"""What the checks of lab02_wasm say where a compiler is missing, or a module does not behave."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lab_kit.components.toolchain_ways import advice
from lab_kit.components.wasm_engine import Bounds
from lab_kit.components.wasm_process import WasmProcess
from lab_kit.errors import Failed, Unavailable
from lab_kit.judge import Submission

ROOT = Path(__file__).resolve().parents[2]
CHECKS, SOLUTIONS = ROOT / "tests/labs/lab02_wasm", ROOT / "solutions/lab02_wasm"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(CHECKS))
    monkeypatch.delitem(sys.modules, "modules", raising=False)
    import modules as found  # type: ignore[import-not-found]

    return found


@pytest.fixture
def host() -> Iterator[WasmProcess]:
    with WasmProcess(Bounds(fuel=1_000_000, seconds=2.0)) as made:
        yield made


@pytest.mark.parametrize(("file", "language"), [("pricing.rs", "rust"), ("pricing.go", "go")])
def test_a_missing_compiler_is_nobodys_fault(
    modules: ModuleType,
    host: WasmProcess,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    language: str,
) -> None:
    monkeypatch.setattr("lab_kit.components.toolchain.find", lambda language, folder: None)
    work = Submission(SOLUTIONS, "lab02_wasm")
    with pytest.raises(Unavailable) as caught:
        modules.Modules(host).of(work, file)
    assert not isinstance(caught.value, Failed)  # so the check is not judged
    assert caught.value.next == advice(language)


def test_a_todo_that_is_left_is_told_where_a_module_traps(
    modules: ModuleType, host: WasmProcess, tmp_path: Path
) -> None:
    text = '(module (func (export "gross") (param i32) (result i32)\n  ;; TODO: the tax\n'
    (tmp_path / "first.wat").write_text(text + "  (unreachable)))")
    work = Submission(tmp_path, "lab02_wasm")
    number = modules.Modules(host).of(work, "first.wat")
    with pytest.raises(Failed) as caught:
        modules.explained(work, "first.wat", lambda: host.call(number, "gross", 1))
    assert caught.value.what == "The module in first.wat was stopped: unreachable."
    assert caught.value.next == "a TODO is left at exercises/lab02_wasm/first.wat:2."


def test_text_that_is_no_module_is_told_with_its_place(
    modules: ModuleType, host: WasmProcess, tmp_path: Path
) -> None:
    (tmp_path / "first.wat").write_text("(module (func")
    with pytest.raises(Failed) as caught:
        modules.Modules(host).of(Submission(tmp_path, "lab02_wasm"), "first.wat")
    assert caught.value.what == "The module in first.wat does not do what a host needs."
    assert "exercises/lab02_wasm/first.wat" in caught.value.next
