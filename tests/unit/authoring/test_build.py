from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from lab_kit.authoring.build import build
from lab_kit.course import Course
from lab_kit.errors import AuthorError

from .conftest import HANDLER, LAB


def built(course: Course) -> dict[str, bytes]:
    files = [p for top in ("notebooks", "exercises") for p in (course.root / top).rglob("*")]
    return {str(p.relative_to(course.root)): p.read_bytes() for p in files if p.is_file()}


def notebook(course: Course) -> dict:
    return json.loads((course.root / "notebooks" / f"{LAB}.ipynb").read_text())


def test_students_get_stubs_given_files_and_a_notebook_and_nothing_else(course: Course):
    assert build(course) == 0
    assert sorted(built(course)) == [
        f"exercises/{LAB}/deep/rules.yaml",
        f"exercises/{LAB}/handler.py",
        f"exercises/{LAB}/prices.json",
        f"notebooks/{LAB}.ipynb",
    ]
    text = (course.exercises(LAB) / "handler.py").read_text()
    assert 'raise NotImplementedError("greet the caller by name")' in text
    assert (course.exercises(LAB) / "deep" / "rules.yaml").read_text() == (
        "# TODO: allow the shop\nother: 1\n"
    )


def test_no_word_of_a_solution_reaches_students(course: Course):
    build(course)
    for data in built(course).values():
        assert b"hello" not in data
        assert b"[shop]" not in data
        assert b"secret" not in data


def test_the_notebook_says_what_the_lab_is(course: Course):
    build(course)
    info = course.info(LAB)
    assert (info.title, info.minutes, info.prerequisites) == ("Demo: a lab", 20, "Python functions")
    assert [(e.file, e.minutes, e.core) for e in info.exercises] == [
        ("handler.py", 10, True),
        ("deep/rules.yaml", 5, False),
    ]
    about = notebook(course)["metadata"]["beyond"]
    assert about["given"] == ["prices.json"]
    for name, text in about["stubs"].items():
        assert (course.exercises(LAB) / name).read_text() == text


def test_an_exercise_cell_holds_the_stub(course: Course):
    build(course)
    stub = (course.exercises(LAB) / "handler.py").read_text()
    cells = ["".join(c["source"]) for c in notebook(course)["cells"]]
    assert f"%%exercise handler.py\n{stub.rstrip()}" in cells


def test_cells_are_named_by_what_they_hold(course: Course):
    build(course)
    ids = {}
    for cell in notebook(course)["cells"]:
        key = hashlib.sha1("".join(cell["source"]).encode()).hexdigest()[:8]
        ids.setdefault(key, []).append(cell["id"])
    for key, found in ids.items():
        assert found == [f"{key}-{n}" for n in range(1, len(found) + 1)]
    assert any(len(found) == 2 for found in ids.values())  # lab.check() stands there twice


def test_a_build_is_the_same_every_time(course: Course, capsys):
    build(course)
    first = built(course)
    for path in first:
        (course.root / path).unlink()
    build(course)
    assert built(course) == first
    capsys.readouterr()
    build(course)
    assert capsys.readouterr().out == "Everything is up to date.\n"


def test_check_passes_what_was_built_and_writes_nothing(course: Course, capsys):
    build(course)
    before = built(course)
    assert build(course, check=True) == 0
    assert built(course) == before
    assert "are what solutions/ gives" in capsys.readouterr().out


@pytest.mark.parametrize("name", [f"notebooks/{LAB}.ipynb", f"exercises/{LAB}/handler.py"])
def test_check_names_what_is_stale_and_how_to_mend_it(course: Course, capsys, name):
    build(course)
    with (course.root / name).open("a") as file:
        file.write("\n")
    assert build(course, check=True) == 1
    said = capsys.readouterr().err
    assert f"{name} is not what solutions/{LAB} gives." in said
    assert "edit solutions/ only, then run `./lab build`" in said


@pytest.mark.parametrize("name", ["notebooks/Notes.ipynb", f"exercises/{LAB}/mine.txt"])
def test_an_unexpected_file_is_refused(course: Course, capsys, name):
    build(course)
    (course.root / name).write_text("mine")
    assert build(course, check=True) == 1
    assert f"{name} is unexpected: no source gives it." in capsys.readouterr().err
    with pytest.raises(AuthorError, match="An unexpected file") as caught:
        build(course)
    assert f"{name} was not written by a build." in caught.value.why
    assert "move it elsewhere" in caught.value.next
    assert (course.root / name).read_text() == "mine"


def test_dot_folders_and_caches_are_nobodys_business(course: Course):
    build(course)
    for folder in (".history", "__pycache__", ".ipynb_checkpoints"):
        (course.exercises(LAB) / folder).mkdir()
        (course.exercises(LAB) / folder / "x.py").write_text("x")
    assert build(course, check=True) == 0


WORDS = {".ipynb": "Demo: a lab", ".py": "Greet the caller."}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_changed_source_is_built_over_the_last_build(course: Course, story: Path):
    build(course)
    edit(story, "First words.", "Other words.")
    edit(course.solutions(LAB) / "handler.py", "greet the caller by name", "say hello")
    assert build(course, check=True) == 1
    assert build(course) == 0
    assert build(course, check=True) == 0
    assert "say hello" in (course.exercises(LAB) / "handler.py").read_text()


@pytest.mark.parametrize("name", [f"notebooks/{LAB}.ipynb", f"exercises/{LAB}/handler.py"])
def test_work_done_in_a_built_file_is_never_overwritten(course: Course, story: Path, name):
    build(course)
    edit(course.root / name, WORDS[Path(name).suffix], "My own words.")
    edit(story, "First words.", "Other words.")
    edit(course.solutions(LAB) / "handler.py", "by name", "by its name")
    before = built(course)
    with pytest.raises(AuthorError, match="changed by hand, so nothing was built") as caught:
        build(course)
    assert caught.value.why == f"{name} is not what the last build wrote."
    assert "move what you want to keep into solutions/" in caught.value.next
    assert built(course) == before


def test_an_executed_notebook_is_not_overwritten(course: Course, story: Path):
    build(course)
    path = course.root / "notebooks" / f"{LAB}.ipynb"
    data = json.loads(path.read_text())
    next(c for c in data["cells"] if c["cell_type"] == "code")["execution_count"] = 1
    path.write_text(json.dumps(data))
    edit(story, "First words.", "Other words.")
    with pytest.raises(AuthorError, match="changed by hand"):
        build(course)


def test_what_has_no_source_any_more_is_removed_unless_changed(course: Course, story: Path):
    build(course)
    edit(story, "given: [prices.json]", "given: []")
    mine = course.exercises(LAB) / "prices.json"
    mine.write_text("mine")
    with pytest.raises(AuthorError, match="An unexpected file"):
        build(course)
    mine.write_text("{}\n")
    assert build(course) == 0
    assert not mine.exists()
    assert build(course, check=True) == 0


def test_a_lab_without_a_proper_name_is_refused(course: Course):
    (course.root / "solutions" / "my-lab").mkdir()
    (course.root / "solutions" / "my-lab" / "story.md").write_text("# T\n")
    with pytest.raises(AuthorError, match="has no lab's name") as caught:
        build(course)
    assert "solutions/my-lab" in caught.value.why
    assert "rename the folder" in caught.value.next


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("handler.py", "X = 1\n", "story.md:3: handler.py is an exercise, but no file"),
        ("prices.json", HANDLER, "prices.json is given, yet holds solution markers"),
        ("prices.json", None, "prices.json is given, but there is no such file"),
    ],
)
def test_a_story_and_its_files_agree(course: Course, file, text, says):
    path = course.solutions(LAB) / file
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(AuthorError, match="do not agree") as caught:
        build(course)
    assert says in caught.value.why
    assert "mend the front matter" in caught.value.next


def test_an_exercise_cell_for_an_unknown_file_is_refused(course: Course, story: Path):
    edit(story, "%%exercise handler.py", "%%exercise only_for_the_solution.py")
    with pytest.raises(AuthorError, match="that students do not get") as caught:
        build(course)
    line = story.read_text().split("\n").index("%%exercise only_for_the_solution.py") + 1
    assert f"story.md:{line}: only_for_the_solution.py is no stub" in caught.value.why
    assert "list it under `given`" in caught.value.next


def test_a_binary_file_may_be_given(course: Course, story: Path):
    edit(story, "[prices.json]", "[prices.json, shop.png]")
    data = b"\x89PNG\xff\xfe"
    (course.solutions(LAB) / "shop.png").write_bytes(data)
    build(course)
    assert (course.exercises(LAB) / "shop.png").read_bytes() == data
    assert build(course, check=True) == 0
