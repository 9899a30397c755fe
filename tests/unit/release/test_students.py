"""Copies with problems of a student's own, and the judge who knows them."""

from __future__ import annotations

import json
import os
import runpy
import shutil
from pathlib import Path

import pytest

from lab_kit import cli
from lab_kit.course import Course
from lab_kit.judge.variants import derive, read_secret

from .conftest import ROOT
from .test_release import files, lab

REAL = "lab01_serverless"
HERE = Course(ROOT)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release the real course for a roster of two."""
    folder = tmp_path_factory.mktemp("variants")
    (folder / "roster.csv").write_text("id,name\nada,Ada L.\nbob,Bob K.\n")
    words = ["--variants", "roster.csv", "--secret", "course.secret", "--lab", "1", "--git"]
    done = lab(ROOT, "release", "out", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"holds {REAL} for 2 students, each with variants of their own." in done.stdout
    assert "course.secret is the new secret: keep it, `./lab grade --secret`" in done.stdout
    return folder


def shop(folder: Path) -> dict:
    return json.loads((folder / "exercises" / REAL / "shop.json").read_text())


def test_every_student_has_a_copy_with_another_shop(place):
    ada, bob = place / "out" / "ada", place / "out" / "bob"
    assert shop(ada) != shop(bob)
    assert shop(HERE.root) not in (shop(ada), shop(bob))
    different = {name for name, data in files(ada).items() if files(bob).get(name) != data}
    outside = {name for name in different if not name.startswith(".git/")}
    assert outside == {f"exercises/{REAL}/shop.json", f"notebooks/{REAL}.ipynb"}


def test_the_judge_derives_what_the_release_wrote(place):
    secret = read_secret(place / "course.secret")
    for student in ("ada", "bob"):
        copy = place / "out" / student
        assert shop(copy) == derive(HERE.checks(REAL), secret, student, REAL)
        assert shop(copy) == Course(copy).info(REAL).variant["values"]
        assert secret not in b"".join(files(copy).values())


def work_of(place: Path, student: str) -> Path:
    """Write a whole bill.py with the number for this student's shop; return its folder."""
    solution = HERE.solutions(REAL) / "bill.py"
    number = runpy.run_path(str(solution))["break_even"](**shop(place / "out" / student))
    head = solution.read_text().partition("def own_break_even")[0]
    folder = place / "work" / student
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bill.py").write_text(f"{head}def own_break_even():\n    return {number}\n")
    return folder


def test_ones_own_number_passes_in_ones_own_copy_alone(place):
    work = work_of(place, "ada")
    for student, code in (("ada", 0), ("bob", 1)):
        copy = place / "out" / student
        done = lab(copy, "check", "1", "your_shop_breaks_even_there", "--submission", str(work))
        assert done.returncode == code, done.stdout
    assert "own_break_even is not the number for your shop." in done.stdout
    assert f"{shop(place / 'out' / 'bob')['duration_ms']} ms" in done.stdout
    assert "run break_even(**shop) in the notebook, and write its number into" in done.stdout


def test_a_copied_number_fails_when_graded_whatever_comes_with_it(place):
    """Bob hands in what ada wrote, and her shop.json too."""
    handed_in = place / "in"
    for student in ("ada", "bob"):
        target = handed_in / student / REAL
        shutil.copytree(work_of(place, "ada"), target)
        shutil.copy(place / "out" / "ada" / "exercises" / REAL / "shop.json", target)
    words = ["--secret", "course.secret", "--roster", "roster.csv", "--lab", "1"]
    words += ["--store", "grades.sqlite", "--json", "grades.json", "--require-isolation", "any"]
    done = lab(ROOT, "grade", "in", *words, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for grade in json.loads((place / "grades.json").read_text())["grades"]:
        rows = {row["check"]: row["verdict"] for row in grade["report"]["results"]}
        assert rows["the_break_even_is_where_it_turns"] == "passed"
        found[grade["student"]] = rows["your_shop_breaks_even_there"]
    assert found == {"ada": "passed", "bob": "failed"}


# -- one student, and what is refused ----------------------------------------------------


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BEYOND_ROOT", str(ROOT))
    monkeypatch.chdir(tmp_path)

    def release(*words: str) -> tuple[int, str]:
        code = cli.main(["release", "out", *words])
        out, err = capsys.readouterr()
        return code, out + err

    return release


def test_one_student_gets_the_copy_itself(run, tmp_path, place):
    shutil.copy(place / "course.secret", tmp_path)
    code, said = run("--variant", "ada", "--secret", "course.secret")
    assert code == 0
    labs = ", ".join(HERE.labs())
    assert said.startswith(f"{tmp_path / 'out'} holds {labs} for ada, with variants of their own.")
    assert shop(tmp_path / "out") == shop(place / "out" / "ada")


@pytest.mark.parametrize(
    "words",
    [
        ["--variant", "ada"],
        ["--variants", "roster.csv"],
        ["--variant", "ada", "--variants", "roster.csv", "--secret", "s"],
    ],
)
def test_half_a_wish_for_variants_is_refused(run, words):
    code, said = run(*words)
    assert code == 2
    assert "It is not clear whose variants are wanted." in said
    assert "write `--variant STUDENT --secret FILE` or `--variants ROSTER.csv" in said
    assert os.listdir() == []


@pytest.mark.parametrize("name", ["../eve", "a/b", ".git", "con", "x" * 300])
def test_a_student_who_can_be_no_folder_is_refused(run, tmp_path, name):
    (tmp_path / "roster.csv").write_text(f"id\nada\n{name}\n")
    code, said = run("--variants", "roster.csv", "--secret", "s")
    assert code == 2
    assert "A student's name cannot be the name of a folder." in said
    assert "give each student a plain id in the roster." in said
    assert os.listdir() == ["roster.csv"]


def test_two_students_in_one_folder_are_refused(run, tmp_path):
    (tmp_path / "roster.csv").write_text("id\nada\nADA\n")
    assert "cannot be the name of a folder" in run("--variants", "roster.csv", "--secret", "s")[1]


def test_an_empty_roster_is_refused(run, tmp_path):
    (tmp_path / "roster.csv").write_text("id\n")
    code, said = run("--variants", "roster.csv", "--secret", "s")
    assert code == 2
    assert "roster.csv names no student." in said
