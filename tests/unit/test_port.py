"""A port for each JupyterLab, also when several start at the same moment."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab_kit import port

ASK = """import os, sys
from lab_kit.port import reserve
print(reserve(), flush=True)
os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.stdin.read()"])
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_those_that_start_together_never_meet_and_a_port_comes_back(own: Path) -> None:
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(port.__file__).parents[1])},
        )
        for _ in range(6)
    ]  # fmt: skip
    found = [int(one.stdout.readline()) for one in asking if one.stdout]
    assert len(set(found)) == 6
    assert port.reserve() not in found  # they hold it beyond exec
    for one in asking:
        one.communicate(timeout=20)
    assert port.hold(own / f"beyond-ports-{os.getuid()}" / str(found[0]))


def test_a_port_on_which_somebody_listens_is_passed_over(own: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not port.is_free(server.getsockname()[1])


def test_a_folder_that_is_not_ours_is_left_alone(own: Path) -> None:
    (own / f"beyond-ports-{os.getuid()}").symlink_to(own)
    assert port.reserve() is None
