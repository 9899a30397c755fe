from __future__ import annotations

import json

import pytest

from lab_kit.course import Exercise, LabInfo
from lab_kit.errors import AuthorError
from lab_kit.judge.spec import CheckInfo, LabSpec, select, stem_of

SPEC = LabSpec(
    "lab01_toy", "Toys", [{"file": "a.py", "core": True}, {"file": "app/b.c", "core": False}]
)


def info(name: str, exercise: str, *needs: str) -> CheckInfo:
    return CheckInfo(name, exercise, True, "It holds.", 1, ("Look.",), needs, 60, "check_a.py:1")


def test_spec_is_made_from_what_the_course_knows() -> None:
    exercises = (Exercise("a.py", 5, stub="ab"), Exercise("b.py", 5, core=False))
    spec = LabSpec.of(LabInfo("lab01_toy", "Toys", exercises=exercises))
    assert spec.exercises == (
        {"file": "a.py", "core": True, "stub": "ab"},
        {"file": "b.py", "core": False, "stub": ""},
    )
    assert spec.stubs == {"a.py": "ab"}
    assert LabSpec(**json.loads(json.dumps(spec.encode()))).title == "Toys"


def test_check_file_belongs_to_the_exercise_of_its_stem() -> None:
    assert SPEC.place("a") == (0, "a.py", True)
    assert SPEC.place("b") == (1, "app/b.c", False)
    assert LabSpec("lab01_toy", "Toys").place("any") == (0, "any.py", True)
    with pytest.raises(AuthorError, match=r"check_c\.py belongs to no exercise of lab01_toy"):
        SPEC.place("c")


def test_exercises_of_one_stem_have_check_files_with_their_endings() -> None:
    files = ("price.c", "price.rs", "other.py")
    spec = LabSpec("lab01_toy", "Toys", [{"file": file, "core": True} for file in files])
    assert [spec.place(stem)[1] for stem in ("price_c", "price_rs_more", "other_x")] == list(files)


@pytest.mark.parametrize(
    ("file", "stem"), [("a.py", "a"), ("app/b.prod.c", "b"), ("chart/", "chart")]
)
def test_stem(file: str, stem: str) -> None:
    assert stem_of(file) == stem


def test_select_takes_along_what_is_needed() -> None:
    checks = [info("one", "a.py"), info("two", "a.py", "one"), info("three", "b.c", "two")]
    assert [c.name for c in select(checks, ["three"])] == ["one", "two", "three"]
    assert [c.name for c in select(checks, ["a"])] == ["one", "two"]
    assert [c.name for c in select(checks, ["a.py", "three"])] == ["one", "two", "three"]
    assert select(checks, ["nothing"]) == []


def test_info_survives_the_wire() -> None:
    one = info("two", "a.py", "one")
    assert CheckInfo.decode(json.loads(json.dumps(one.encode()))) == one
