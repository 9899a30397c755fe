"""The rules of the house that no other tool holds."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from lab_kit import setup
from lab_kit.course import LAB_NAME, Course
from lab_kit.judge.spec import LabSpec

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ["requirements.lock", "requirements-test.lock"]
MODULES = sorted((ROOT / "lab_kit").rglob("*.py"))
MB = 1_000_000


def names(top: str) -> set[str]:
    found = {p.name.removesuffix(".ipynb") for p in (ROOT / top).iterdir()}
    return {name for name in found if name.startswith("lab")}


# -- one lab, one name -------------------------------------------------------------------


def test_a_lab_has_one_name_everywhere():
    labs = names("solutions")
    assert labs
    assert all(LAB_NAME.fullmatch(name) for name in labs)
    for top in ("notebooks", "exercises", "tests/labs"):
        assert names(top) == labs, top
    assert set(COURSE.labs()) == labs


def test_the_readme_lists_the_labs_as_they_are():
    rows = re.findall(r"^\| \[`(.+?)`\]\((.+?)\) \| (.+?) \| (\d+) \|$", readme(), re.MULTILINE)
    assert rows == [
        (lab, f"notebooks/{lab}.ipynb", COURSE.info(lab).title, str(COURSE.info(lab).minutes))
        for lab in COURSE.labs()
    ]


def test_every_exercise_has_its_checks_and_every_check_file_its_exercise():
    for lab in COURSE.labs():
        info = COURSE.info(lab)
        stems = [p.stem.removeprefix("check_") for p in COURSE.checks(lab).glob("check_*.py")]
        checked = [LabSpec.of(info).place(stem)[1] for stem in stems]
        assert sorted(checked) == sorted(exercise.file for exercise in info.exercises), lab


# -- documents ---------------------------------------------------------------------------


def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_the_readme_fits_one_screen():
    assert len(readme().splitlines()) <= 50


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str):
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text()):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_contributing_shows_a_marker_pair_that_the_build_understands():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    example = re.search(r"^    # BEGIN SOLUTION.*?^    # END SOLUTION$", text, re.M | re.S)
    assert example
    from lab_kit.authoring.markers import regions

    assert len(regions(example[0], "CONTRIBUTING.md")) == 1


def test_continuous_integration_calls_the_one_command():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if "lab" in line] == ["exec ./lab test"]


def test_every_verb_of_the_readme_is_a_verb():
    from lab_kit.cli import parser

    shown = set(re.findall(r"^\./lab (\w+)", readme(), re.MULTILINE))
    usage = parser().format_help()
    assert shown
    for verb in shown:
        assert re.search(rf"^ +{verb}\b", usage, re.MULTILINE), verb


# -- packages ----------------------------------------------------------------------------


def locked(name: str) -> dict[str, set[str]]:
    """Return the versions of each package in a lock: more than one where Pythons differ."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([a-z0-9-]+)==([^ ]+)", line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def plain(requirement: str) -> str:
    return re.split(r"[\[=<>~; ]", requirement)[0]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name: str):
    text = (ROOT / name).read_text()
    assert not re.search(r"https?:|//|index|find-links|pypi", text)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name: str):
    text = (ROOT / name).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        assert not line or line.count("--hash=sha256:"), line


def test_the_locks_hold_what_the_project_asks_for():
    default, test = locked("requirements.lock"), locked("requirements-test.lock")
    assert {plain(r) for r in PROJECT["project"]["dependencies"]} <= set(default)
    assert {plain(r) for r in PROJECT["dependency-groups"]["test"]} <= set(test)
    assert {name: test.get(name) for name in default} == default


@cache
def sizes() -> dict[str, int]:
    """Return how many bytes on disk each package of the default set takes."""
    found = {}
    for name in locked("requirements.lock"):
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another Python or platform
        paths = [Path(str(file.locate())) for file in files]
        found[name] = sum(path.stat().st_blocks * 512 for path in paths if path.is_file())
    return found


def test_every_heavy_package_has_its_reason():
    heavy = {name for name, size in sizes().items() if size > 30 * MB}
    reasons = PROJECT["tool"]["beyond"]["heavy"]
    assert heavy <= set(reasons), {name: sizes()[name] // MB for name in heavy}
    assert set(reasons) <= set(sizes())
    assert all(reasons.values())


def test_the_size_told_before_set_up_is_true():
    assert 0.7 * setup.DISK < sum(sizes().values()) / MB < setup.DISK


# -- code --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT / "lab_kit")))
def test_modules_and_functions_stay_small(path: Path):
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
            assert (node.end_lineno or 0) - body[0].lineno < 40, node.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT / "lab_kit")))
def test_no_module_is_called_after_nothing(path: Path):
    assert not {"utils", "helpers", "manager", "base", "common"} & {path.stem, path.parent.name}


@pytest.mark.parametrize("name", ["lab_kit", "lab_kit.judge", "lab_kit.process"])
def test_a_door_opens_on_what_it_promises(name: str):
    door = importlib.import_module(name)
    assert sorted(door.__all__) == sorted(set(door.__all__))
    for word in door.__all__:
        assert getattr(door, word) is not None


def test_a_door_says_what_it_does_not_have():
    import lab_kit

    with pytest.raises(AttributeError, match="module 'lab_kit' has no attribute 'Lib'"):
        _ = lab_kit.Lib


def test_help_loads_nothing_but_itself():
    python = ROOT / ".venv" / "bin" / "python"
    command = [python if python.exists() else sys.executable, "-X", "importtime", "-P", "-m"]
    done = subprocess.run([*command, "lab_kit", "--help"], capture_output=True, text=True)
    assert "check your work" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    ours = {name for name in loaded if name.startswith("lab_kit")}
    assert {"lab_kit", "lab_kit.cli", "lab_kit.errors"} <= ours
    assert len(ours) <= 8, ours  # how long it takes is in benchmarks/start.py
    assert not loaded & {"pytest", "IPython", "json", "subprocess", "sqlite3", "asyncio", "boto3"}
