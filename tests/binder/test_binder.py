"""What Binder builds from: the same packages as here, and files that do what they should."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text()))


def test_binder_installs_what_is_locked_and_a_notebook_that_fits() -> None:
    ours, binder = pins(ROOT / "requirements.lock"), pins(BINDER / "requirements.txt")
    assert {name: binder.get(name) for name in ours} == ours
    assert set(binder) - set(ours) == {"notebook"}
    text = (BINDER / "requirements.txt").read_text()
    assert text.count("--hash=sha256:") > len(binder)
    assert not re.search(r"^(-e|\.|-r|--)", text, re.MULTILINE)  # a local line breaks the cache


def test_binder_has_a_python_that_the_course_supports() -> None:
    assert (BINDER / "runtime.txt").read_text().strip() == "python-3.12"


def test_packages_of_the_system_are_names_alone() -> None:
    names = (BINDER / "apt.txt").read_text().split()
    assert names == sorted(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name) for name in names)
    assert "chromium" not in names  # on Ubuntu it is a snap, which no container can start


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_can_run(name: str) -> None:
    script = BINDER / name
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_start_gives_the_server_its_settings_and_becomes_it() -> None:
    env = {"PATH": os.environ["PATH"], "REPO_DIR": "/home/jovyan", "JUPYTER_CONFIG_PATH": "/theirs"}
    said = subprocess.run(
        [BINDER / "start", "env"], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert "BEYOND_ROOT=/home/jovyan\n" in said
    assert "JUPYTER_CONFIG_PATH=/home/jovyan/lab_kit/notebook/config:/theirs\n" in said
