"""The workflows in ci/: what they may do, and their steps run as a runner would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from lab_kit.process import level
from tests.judge.toys import ROOT, SQUARE, environment

CI = ROOT / "ci"
GITHUB = sorted((CI / "github").glob("*.yml"))
ALL = sorted(CI.glob("*/*.yml"))
WRONG = 'def area(side):\n    raise ValueError("\\n::error::forged\\n##[error]forged")\n'
LEVEL = "full" if level().name == "full" else "any"


def read(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    (job,) = read(path)["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.stem)
def test_a_workflow_asks_for_little_and_runs_nothing_that_is_put_together(path: Path) -> None:
    data = read(path)
    assert data["permissions"] == {"contents": "read"}
    assert not {"pull_request_target", "workflow_run"} & set(data[True])  # YAML's `on`
    for step in steps(path):
        assert "${{" not in step.get("run", ""), "a value belongs in env, where it is no script"
        if str(step.get("uses", "")).startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


def test_practice_knows_no_secret() -> None:
    for path in ALL:
        if path.stem == "practice":
            assert not re.search(r"secrets\.|SECRET|KEY\b|TOKEN", path.read_text())


@pytest.fixture
def student(course: Path) -> Path:
    """Give a student's repository: the course, with their work in it, and a `lab` to run it."""
    shutil.rmtree(course / "exercises" / "lab00_behaviours")
    for name in ("notebooks/lab00_behaviours.ipynb", "tests/labs/lab00_behaviours"):
        place = course / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    (course / "exercises" / "lab01_shapes" / "shapes.py").write_text(WRONG)
    (course / "requirements.lock").write_text("")
    put_lab(course)
    commit(course)
    return course


def put_lab(course: Path) -> None:
    words = f'exec {sys.executable} -P -m lab_kit "$@"'
    (course / "lab").write_text(f'#!/bin/sh\nexport BEYOND_ROOT="{course}"\n{words}\n')
    (course / "lab").chmod(0o755)


def commit(place: Path) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "work"]):
        subprocess.run(["git", *who, *words], cwd=place, check=True)


def run(script: str, place: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=place, env=environment(**env),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_practice_on_github_annotates_the_students_line(student: Path, tmp_path: Path) -> None:
    summary, temp = tmp_path / "summary.md", tmp_path / "temp"
    temp.mkdir()
    script = next(
        s["run"] for s in steps(CI / "github" / "practice.yml") if s.get("name") == "Check"
    )
    done = run(script, student, GITHUB_STEP_SUMMARY=str(summary), RUNNER_TEMP=str(temp))
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith(("::", "##"))]
    assert [line[:64] for line in lines] == [
        "::error file=exercises/lab01_shapes/shapes.py,line=2,title=`area"
    ]
    assert "✗ failed" in summary.read_text()
    suites = ElementTree.parse(temp / "report.xml")
    assert len(suites.findall(".//testcase")) == 2
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=student, capture_output=True, text=True
    )
    assert [n for n in status.stdout.splitlines() if ".beyond" not in n] == []


def test_practice_on_gitlab_writes_what_the_merge_request_shows(
    student: Path, tmp_path: Path
) -> None:
    job = read(CI / "gitlab" / "practice.yml")["practice"]
    script = next(line for line in job["script"] if "grade" in line)
    done = run(script, student, CI_BUILDS_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    (issue,) = json.loads((student / "codequality.json").read_text())
    assert issue["location"] == {
        "path": "exercises/lab01_shapes/shapes.py", "lines": {"begin": 2}
    }  # fmt: skip
    assert (student / "report.xml").exists()
    assert set(job["artifacts"]["reports"].values()) == {"report.xml", "codequality.json"}


@pytest.fixture
def instructor(student: Path, tmp_path: Path) -> Path:
    """Give the instructor's repository beside two students' and one that is gone."""
    place, hub = tmp_path / "instructor", tmp_path / "hub"
    shutil.copytree(student, place / "course", ignore=shutil.ignore_patterns(".git"))
    put_lab(place / "course")
    rows = ["id,name,email,repository"]
    for name, text in {"ada": SQUARE, "bob": WRONG}.items():
        (hub / name).mkdir(parents=True)
        (hub / name / "shapes.py").write_text(text)
        commit(hub / name)
        rows.append(f"{name},,,{hub / name}")
    (place / "roster.csv").write_text("\n".join([*rows, f"cy,,,{hub / 'cy'}"]))
    (place / "late.toml").write_text('[late]\ndue = "2020-01-01T00:00:00+00:00"\n')
    run("course/lab keygen course.key", place)
    return place


def check_out(place: Path, told: str) -> None:
    """See that the gradebook is there, whole, and signed."""
    out = place / "out"
    assert (out / "gradebook" / "index.html").exists()
    assert len(list((out / "feedback").iterdir())) == 3  # cy's says what could not be read
    table = (out / "grades.csv").read_text()
    assert '"ada","lab01_shapes","judged","3"' in table and '"bob"' in table
    done = run("course/lab verify out/results.jsonl --key course.key.pub", place)
    assert done.stdout == "3 results hold. All of it holds.\n"
    assert "cy" in told and "not pulled" in told


def settled(script: str) -> str:
    """Ask for the isolation that this machine has."""
    return script.replace("course/lab grade", f"course/lab grade --require-isolation {LEVEL}")


def test_authoritative_on_github_leaves_a_signed_gradebook(
    instructor: Path, tmp_path: Path
) -> None:
    named = {s.get("name"): s for s in steps(CI / "github" / "authoritative.yml")}
    secrets = {"COURSE_SECRET": "5" * 64, "SIGNING_KEY": (instructor / "course.key").read_text()}
    pulled = run(named["Pull"]["run"], instructor, STUDENTS_TOKEN="", HOME=str(tmp_path))
    assert pulled.returncode == 0, pulled.stderr
    assert set(named["Grade"]["env"]) == set(secrets)
    temp = tmp_path / "runner"
    temp.mkdir()
    done = run(settled(named["Grade"]["run"]), instructor, RUNNER_TEMP=str(temp), **secrets)
    assert done.returncode == 0, done.stderr + done.stdout
    assert list(temp.iterdir()) == []  # the secrets are gone again
    check_out(instructor, pulled.stdout + pulled.stderr)


def test_authoritative_on_gitlab_leaves_a_signed_gradebook(
    instructor: Path, tmp_path: Path
) -> None:
    job = read(CI / "gitlab" / "authoritative.yml")["grade"]
    (instructor / "secret").write_text("5" * 64)
    files = {"SIGNING_KEY": str(instructor / "course.key"), "HOME": str(tmp_path),
             "COURSE_SECRET": str(instructor / "secret")}  # fmt: skip
    scripts = [script for script in job["script"] if "lab pull" in script or "lab grade" in script]
    told = ""
    for script in scripts:
        done = run(f"set -u\n{settled(script)}", instructor, **files)
        assert done.returncode == 0, done.stderr + done.stdout
        told += done.stdout + done.stderr
    check_out(instructor, told)
    assert os.stat(instructor / "secret").st_mode & 0o077 == 0
