from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lab_kit.judge

ROOT = Path(__file__).resolve().parents[3]


def test_door_offers_what_it_says() -> None:
    for name in lab_kit.judge.__all__:
        assert getattr(lab_kit.judge, name).__module__.startswith("lab_kit.")


def test_check_files_import_nothing_heavy() -> None:
    code = "import sys, lab_kit.judge; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"pytest", "lab_kit.process", "lab_kit.course"} & set(done.stdout.split()) == set()
