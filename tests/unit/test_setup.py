"""`./lab` on a fresh machine, without the network: one tiny package stands for the real set."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab_kit import setup

ROOT = Path(__file__).parents[2]
MAIN = """\
import os, sys
import tiny, lab_kit
print(lab_kit.__file__, os.environ["BEYOND_ROOT"], sys.argv[1:], sys.prefix, sep="\\n")
"""


def wheel(folder: Path) -> str:
    """Write a wheel of one module by hand and return its hash."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": "X = 1\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ntiny = tiny:main\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        record = ""
        for name, text in files.items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            record += f"{name},sha256={digest.decode()},{len(text)}\n"
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def course(folder: Path) -> Path:
    """Write a checkout that holds no more than what `./lab` touches."""
    (folder / "lab_kit").mkdir(parents=True)
    (folder / "wheels").mkdir()
    digest = wheel(folder / "wheels")
    (folder / "requirements.lock").write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")
    shutil.copy(ROOT / "lab", folder / "lab")
    for name in ("setup.py", "packages.py"):
        shutil.copy(ROOT / "lab_kit" / name, folder / "lab_kit" / name)
    (folder / "lab_kit" / "__init__.py").write_text("")
    (folder / "lab_kit" / "__main__.py").write_text(MAIN)
    return folder


def environment(root: Path, **extra: str) -> dict[str, str]:
    """Return the environment of somebody who has nothing, without a network."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(root.parent), "PIP_NO_INDEX": "1"}
    env |= {"PIP_FIND_LINKS": (root / "wheels").as_uri(), "BEYOND_PYTHON": base_python()}
    return env | extra


def base_python() -> str:
    return os.path.realpath(sys.executable)


def lab(
    root: Path, *args: str, at: Path | None = None, **extra: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(at or root / "lab"), *args],
        capture_output=True, text=True, timeout=120, cwd="/", env=environment(root, **extra),
    )  # fmt: skip


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course that was set up once; tests copy it."""
    root = course(tmp_path_factory.mktemp("setup") / "a course")
    done = lab(root, "list", "--all")
    assert done.returncode == 0, done.stderr
    assert "Setting up in" in done.stderr
    assert f"about {setup.DOWNLOAD} MB to download, {setup.DISK} MB on disk" in done.stderr
    assert "Everything is in place" in done.stderr
    assert done.stdout.splitlines()[2] == "['list', '--all']"
    return root


@pytest.fixture
def copy(ready: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ready, tmp_path / "moved", symlinks=True))


def says_where(output: str, root: Path) -> bool:
    where, given, _, prefix = output.splitlines()
    return (Path(where).parents[1], Path(given), Path(prefix)) == (root, root, root / ".venv")


def test_the_second_start_needs_no_network_and_says_nothing(ready: Path):
    done = lab(ready, PIP_FIND_LINKS="/nowhere", BEYOND_PYTHON="/nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert says_where(done.stdout, ready)


def test_it_works_from_anywhere_and_through_symbolic_links(ready: Path, tmp_path: Path):
    (tmp_path / "one").symlink_to(ready / "lab")
    (tmp_path / "two").symlink_to("one")
    assert says_where(lab(ready, at=tmp_path / "two").stdout, ready)
    for shell in (["sh", "lab"], ["./lab"]):
        done = subprocess.run(shell, capture_output=True, text=True, cwd=ready, timeout=60)
        assert done.returncode == 0, done.stderr
        assert says_where(done.stdout, ready), done.stderr


def test_a_file_named_like_a_library_is_not_imported(ready: Path, tmp_path: Path):
    (tmp_path / "tiny.py").write_text("raise SystemExit('a student runs here')")
    env = environment(ready)
    done = subprocess.run([ready / "lab"], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr


def test_a_moved_folder_is_mended_without_the_network(copy: Path):
    done = lab(copy, PIP_FIND_LINKS="/nowhere")
    assert done.returncode == 0, done.stderr
    assert says_where(done.stdout, copy)
    script = (copy / ".venv" / "bin" / "tiny").read_text()
    assert str(copy) in script
    assert "a course" not in script


def test_an_interrupted_set_up_goes_on_where_it_was(copy: Path):
    lab(copy)
    site = next(copy.glob(".venv/lib/python3*/site-packages"))
    (copy / ".venv" / "beyond.lock").unlink()
    (site / "tiny-1.0.dist-info" / "INSTALLER").unlink()  # as pip leaves it when it is killed
    (site / "tiny.py").unlink()
    (site / "~iny").mkdir()
    marker = copy / ".venv" / "still-here"
    marker.touch()
    done = lab(copy)
    assert done.returncode == 0, done.stderr
    assert marker.exists()
    assert (site / "tiny.py").exists()
    assert not (site / "~iny").exists()


@pytest.mark.parametrize("damage", ["python", "all"])
def test_a_broken_venv_is_made_anew(copy: Path, damage: str):
    venv = copy / ".venv"
    if damage == "python":
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to("/nowhere/python3")
    else:
        shutil.rmtree(venv)
        venv.mkdir()
    done = lab(copy)
    assert done.returncode == 0, done.stderr
    assert says_where(done.stdout, copy)


def test_a_changed_lock_is_followed(copy: Path):
    lab(copy)
    with (copy / "requirements.lock").open("a") as file:
        file.write("# newer\n")
    done = lab(copy)
    assert "Everything is in place" in done.stderr
    assert setup.complete(copy, "requirements.lock")


def test_two_first_starts_at_once_set_up_once(tmp_path: Path):
    root = course(tmp_path / "c")
    env = environment(root)
    both = [
        subprocess.Popen(
            [root / "lab"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Setting up in" in errors for _, errors in said) == 1
    assert all(says_where(output, root) for output, _ in said)


def test_a_killed_set_up_keeps_others_waiting_until_pip_has_ended(tmp_path: Path):
    root = course(tmp_path / "c")
    lock = root / "requirements.lock"
    text = lock.read_text()
    lock.write_text("-r more.lock\n")
    os.mkfifo(root / "more.lock")  # pip stands still here until somebody writes
    first = subprocess.Popen([root / "lab"], env=environment(root), stderr=subprocess.DEVNULL)
    with (root / "more.lock").open("w") as pipe:  # opens once pip reads
        (child,) = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        first.wait(timeout=20)
        with (root / ".beyond" / "setup.lock").open() as turn:
            with pytest.raises(BlockingIOError):
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            pipe.write(text)
            pipe.close()
            fcntl.flock(turn, fcntl.LOCK_EX)  # pip ends by itself
    lock.write_text(text)
    assert lab(root).returncode == 0


def test_a_package_that_cannot_be_had_is_told_in_one_sentence(tmp_path: Path):
    root = course(tmp_path / "c")
    done = lab(root, PIP_FIND_LINKS="/nowhere")
    assert done.returncode == 3
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Packages could not be installed: Could not find a version")
    assert "setup.log" in last
    assert last.endswith("Run ./lab again when that is mended: it goes on from here.")
    assert lab(root).returncode == 0


def test_a_package_with_another_hash_is_refused(tmp_path: Path):
    root = course(tmp_path / "c")
    lock = root / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:00")[:-3] + "\n")
    done = lab(root)
    assert done.returncode == 3
    assert "Packages could not be installed" in done.stderr
    assert not (root / ".venv" / "beyond.lock").exists()


def fake_python(folder: Path, name: str, answer: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a PATH that holds what the script needs, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cmp", "readlink"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


@pytest.mark.parametrize(
    ("pythons", "named", "says"),
    [
        ({}, "", "Python 3.11 to 3.14 is needed (none was found): run `sudo apt install python3"),
        ({"python3": "3.9 unsuitable /x"}, "", "Python 3.11 to 3.14 is needed (python3 is 3.9)"),
        (
            {"python3": "3.9 unsuitable /x", "python3.12": "3.12 novenv /x"},
            "",
            "Python 3.12 is here without its venv module: run `sudo apt install python3.12-venv`",
        ),
        ({}, "/no/python", "(BEYOND_PYTHON, /no/python, does not run)"),
        ({"python3.13": "3.13 ok /x", "old": "3.8 unsuitable /x"}, "old", "(old is 3.8)"),
    ],
)
def test_an_unsuitable_python_is_told_in_one_sentence(
    tmp_path: Path, programs: Path, pythons: dict[str, str], named: str, says: str
):
    root = course(tmp_path / "c")
    for name, answer in pythons.items():
        fake_python(programs, name, answer)
    done = lab(root, PATH=str(programs), BEYOND_PYTHON=named)
    assert done.returncode == 3
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.rstrip().endswith("then ./lab again.")


def test_the_first_suitable_python_is_taken(tmp_path: Path, programs: Path):
    root = course(tmp_path / "c")
    fake_python(programs, "python3", "3.10 unsuitable /x")
    fake_python(programs, "python3.13", f"3.13 ok {programs}/real python")
    fake_python(programs, "real python", "this one was asked to set up")
    done = lab(root, PATH=str(programs), BEYOND_PYTHON="")
    assert done.stdout.startswith("this one was asked to set up")


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path, monkeypatch):
    root = course(tmp_path / "c")
    usage = shutil.disk_usage(root)._replace(free=5_000_000)
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(setup.Stopped, match=r"takes \d+ MB and .* has 5 MB free: make room"):
        setup.ensure(root, "requirements.lock")
    assert not (root / ".venv").exists()


def test_a_folder_that_is_not_ours_is_told(tmp_path: Path):
    root = course(tmp_path / "c")
    (root / ".beyond").write_text("in the way")
    done = lab(root)
    assert done.returncode == 3
    assert "may not be written by you" in done.stderr
    assert "clone the course into a folder of your own" in done.stderr
