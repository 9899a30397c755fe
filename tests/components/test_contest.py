"""The contest of languages: real compilers, real modules, real programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_kit.components.contest import HEAD, contest

LAB = Path(__file__).resolve().parents[2] / "solutions" / "lab02_wasm"
pytestmark = pytest.mark.compilers


def test_each_language_has_a_row_that_was_measured() -> None:
    rows = {row.name: row for row in contest(LAB, "pricing", b"TEA-01 3 590\nMUG-01 12 99")}
    assert list(rows) == ["C", "Rust", "Go", "C, native"]
    for row in rows.values():
        assert not row.fault, row
        assert min(row.bytes, row.build_ms, row.start_us, row.answer_us) > 0, row
        assert len(str(row)) == len(HEAD), row
    assert rows["Go"].bytes > rows["Rust"].bytes  # it brings its runtime along


def test_a_source_that_does_not_run_yet_costs_only_its_own_row(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    shutil.copytree(LAB, folder)
    (folder / "pricing.rs").write_text("fn broken(")
    broken = (folder / "pricing.c").read_text().replace("return text;", "abort();")
    (folder / "pricing.c").write_text(broken)
    rows = {row.name: row for row in contest(folder, "pricing", b"TEA-01 3 590")}
    assert "pricing.rs does not compile." in str(rows["Rust"])
    assert "does not run yet" in str(rows["C"])
    assert not rows["Go"].fault
