"""What a copy for students holds, and what it must never hold."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_kit import cli
from lab_kit.course import Course
from lab_kit.release.canaries import Canary
from lab_kit.release.search import Search

from .conftest import LAB, OTHER, ROOT, write

Release = Callable[..., tuple[int, str]]
LINE = "rate = CANARY_in_a_solution(grams)"
CHECK = f"tests/labs/{LAB}/check_price.py"
SOLUTION = f"solutions/{LAB}/price.py:7"


@pytest.fixture
def release(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Release:
    """Return a function that runs `./lab release`, and gives its exit code and what it said."""
    monkeypatch.setenv("BEYOND_ROOT", str(course.root))

    def run(*words: str | Path) -> tuple[int, str]:
        code = cli.main(["release", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out + err

    return run


def files(dest: Path) -> dict[str, bytes]:
    found = (path for path in dest.rglob("*") if path.is_file())
    return {path.relative_to(dest).as_posix(): path.read_bytes() for path in found}


def plant(path: Path, text: str) -> None:
    """Add a line to a file of the course."""
    write(path, (path.read_text("utf-8") + "\n" if path.exists() else "") + text + "\n")


# -- what is in it -----------------------------------------------------------------------


def test_a_copy_holds_what_a_student_needs_and_no_canary(release, tmp_path, overlay):
    dest = tmp_path / "students"
    code, said = release(dest, "--checks", overlay, "--git")
    assert code == 0, said
    found = files(dest)
    outside = {n for n in found if not n.startswith(("lab_kit/", ".git/"))}
    labs = [
        (f"exercises/{lab}/price.py", f"exercises/{lab}/prices.json", f"notebooks/{lab}.ipynb",
         f"tests/labs/{lab}/check_price.py")
        for lab in (LAB, OTHER)
    ]  # fmt: skip
    assert outside == {
        *("lab", "course.toml", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"),
        "docs/lab01.png",
        *(name for lab in labs for name in lab),
    }
    everything = b"\0".join([*found.values(), *map(os.fsencode, found), *objects(dest)])
    assert b"KEPT words" in everything
    assert b"KEPT promise" in everything
    assert b"CANARY" not in everything
    assert b"CANARY" not in base64_parts(everything)
    assert os.access(dest / "lab", os.X_OK)
    assert not list(tmp_path.glob(".students*"))


def objects(dest: Path) -> list[bytes]:
    """Return git's objects, unpacked."""
    stored = [p for p in (dest / ".git" / "objects").rglob("*") if p.is_file()]
    assert stored
    return [zlib.decompress(path.read_bytes()) for path in stored]


def base64_parts(data: bytes) -> bytes:
    words = [word for word in data.replace(b'"', b" ").split() if len(word) > 15]
    parts = []
    for word in words:
        try:
            parts.append(base64.b64decode(word, validate=True))
        except ValueError:
            continue
    return b"\0".join(parts)


def test_a_copy_says_what_it_was_searched_for(release, tmp_path, overlay):
    code, said = release(tmp_path / "students", "--checks", overlay)
    assert code == 0
    assert f"students holds {LAB}, {OTHER} for students." in said
    assert "hidden checks among them: CANARY_name_of_a_hidden_check. None is in it." in said


def test_its_notebooks_are_as_built_whatever_the_author_ran(release, tmp_path):
    assert release(tmp_path / "students")[0] == 0
    found = json.loads((tmp_path / "students" / "notebooks" / f"{LAB}.ipynb").read_text())
    assert set(found["metadata"]) == {"beyond", "kernelspec"}
    for cell in found["cells"]:
        assert cell["metadata"] == {}
        assert not cell.get("outputs")
        assert "attachments" not in cell


def test_only_the_labs_that_are_named_go_along(release, tmp_path):
    assert release(tmp_path / "students", "--lab", "mugs")[0] == 0
    labs = [name for name in files(tmp_path / "students") if "lab0" in name and "docs" not in name]
    assert len(labs) == 4
    assert all(OTHER in name for name in labs)


def test_its_readme_names_only_what_is_there(release, tmp_path):
    assert release(tmp_path / "students")[0] == 0
    text = (tmp_path / "students" / "README.md").read_text()
    assert "./lab check 1" in text
    assert "](docs/lab01.png)" in text
    for word in ("CONTRIBUTING", "./lab test", "lab01_serverless"):
        assert word not in text


def test_a_repository_has_one_commit_and_nobody_of_this_machine(release, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    assert release(tmp_path / "students", "--git")[0] == 0
    monkeypatch.delenv("GIT_DIR")
    asked = ["git", "log", "--all", "--format=%an %ae %cn %s"]
    told = subprocess.run(asked, cwd=tmp_path / "students", capture_output=True, text=True)
    who = "Beyond the API"
    assert told.stdout == f"{who} course@localhost {who} The course, for students\n"
    clean = ["git", "status", "--porcelain", "--ignored"]
    assert not subprocess.run(clean, cwd=tmp_path / "students", capture_output=True).stdout


# -- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "text", "place", "source"),
    [
        ("lab_kit/errors.py", LINE, "lab_kit/errors.py, line ", SOLUTION),
        ("README.md", LINE, "README.md, line ", SOLUTION),
        (CHECK, f"# {LINE}", f"{CHECK}, line 9 ", SOLUTION),
        (f"tests/labs/{OTHER}/rates.txt", LINE, f"tests/labs/{OTHER}/rates.txt, line 1 ", SOLUTION),
        (f"solutions/{LAB}/prices.json", LINE, f"exercises/{LAB}/prices.json, line 3 ", SOLUTION),
        (f"solutions/{LAB}/story.md", f"# {LINE}", f"{LAB}.ipynb, cell 4, line ", SOLUTION),
        (CHECK, "# CANARY_comment_in_a_solution", CHECK, f"solutions/{LAB}/price.py:8"),
        (
            CHECK,
            "ALONE = 'CANARY_in_a_file_of_the_solution'",
            CHECK,
            f"solutions/{LAB}/private.py:1",
        ),
        (
            CHECK,
            "# Only for teachers: CANARY_text_for_instructors.",
            CHECK,
            "story.md, a cell for instructors:1",
        ),
        (CHECK, "def price(g): return CANARY_wrong_answer", CHECK, "wrong/forgets/price.py:1"),
        (CHECK, "def price(g): return CANARY_right_answer", CHECK, "right/other/price.py:1"),
        (CHECK, "# CANARY says the mistake.", CHECK, "wrong/forgets/fails.txt:2"),
        (CHECK, "# CANARY comment in a hidden check", CHECK, f"private/{LAB}/check_price.py:11"),
        (CHECK, "# see CANARY_name_of_a_hidden_check", CHECK, ": the name of a check"),
        (CHECK, '# {"input": "CANARY_of_a_hidden_vector"}', CHECK, "vectors.json:1"),
        ("lab_kit/CANARY_name_of_a_hidden_check.txt", "", "the name lab_kit/CANARY_name", "check"),
    ],
)
def test_an_answer_that_was_left_somewhere_is_found(
    course, release, overlay, tmp_path, file, text, place, source
):
    plant(course.root / file, text)
    code, said = release(tmp_path / "students", "--checks", overlay)
    assert code == 3, said
    assert said.startswith("The copy would have given answers away, so there is none.\n")
    rows = [line for line in said.splitlines() if " holds what stands at " in line]
    assert any(place in row and source in row for row in rows), said
    assert (
        "Next: take it out at the first place named; a line that students are to read there goes"
        in said
    )
    assert not list(tmp_path.glob("*students*"))


def test_a_line_that_the_story_says_on_purpose_is_no_leak(course, release, tmp_path):
    story = course.solutions(LAB) / "story.md"
    plant(story, f"\nSay it: `{LINE}`.")
    assert release(tmp_path / "students")[0] == 3
    story.write_text(story.read_text().replace("given:", f"told: ['{LINE}']\ngiven:", 1))
    code, said = release(tmp_path / "students")
    assert code == 0, said


def test_many_leaks_are_told_shortly(course, release, tmp_path):
    for number in range(14):
        plant(course.checks(LAB) / f"notes{number}.txt", LINE)
    code, said = release(tmp_path / "students")
    assert code == 3
    assert said.count("holds what stands at") == 10
    assert "… and 4 more" in said


def packed_zip(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", data)
    return made.getvalue()


def notebook(cell: dict) -> bytes:
    return json.dumps({"cells": [cell], "metadata": {}}).encode()


QUOTED = 'x = "CANARY, quoted"'
FORMS = {
    "plain": lambda data: data,
    "binary": lambda data: b"\xff\x00" + data + b"\x00\xfe",
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "zip": packed_zip,
    "gzip": gzip.compress,
    "a zip in a gzip": lambda data: gzip.compress(packed_zip(data)),
    "an object of git": lambda data: zlib.compress(b"blob 9\0" + data),
    "another indentation": lambda data: data.replace(b" ", b"\n\t  "),
    "a cell": lambda data: notebook({"source": ["a\n", data.decode()]}),
    "an output": lambda data: notebook({"outputs": [{"data": {"text/plain": [data.decode()]}}]}),
    "metadata": lambda data: notebook({"metadata": {data.decode(): 1}}),
    "an attachment": lambda data: notebook({"attachments": {"a": base64.b64encode(data).decode()}}),
    "a notebook in a zip": lambda data: packed_zip(notebook({"source": data.decode()})),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_is_found_in_every_form(tmp_path, form):
    (tmp_path / "file.any").write_bytes(FORMS[form](QUOTED.encode()))
    (tmp_path / "other.txt").write_text("nothing")
    found = list(Search([Canary(QUOTED, "there")]).folder(tmp_path))
    assert found
    assert all(leak.place.startswith("file.any, ") and leak.canary.text == QUOTED for leak in found)


def test_history_is_searched_as_well(tmp_path):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    env |= {f"GIT_{r}_{k}": "x" for r in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
    for text in (LINE, "removed"):
        (tmp_path / "file.txt").write_text(text)
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
            subprocess.run(["git", *words], cwd=tmp_path, env=env, check=True)
    leaks = list(Search([Canary(LINE, "there")]).folder(tmp_path))
    assert [leak.place[:12] for leak in leaks] == [".git/objects"]


# -- where it goes -----------------------------------------------------------------------


def test_nothing_is_overwritten(release, tmp_path):
    plant(tmp_path / "full" / "mine.txt", "mine")
    plant(tmp_path / "file", "mine")
    for name in ("full", "file"):
        code, said = release(tmp_path / name)
        assert code == 2
        assert "Something is there already, and nothing is overwritten." in said
        assert "Next: name a folder that is new or empty." in said
    assert files(tmp_path / "full") == {"mine.txt": b"mine\n"}


def test_an_empty_folder_is_filled(release, tmp_path):
    (tmp_path / "empty").mkdir()
    assert release(tmp_path / "empty")[0] == 0
    assert (tmp_path / "empty" / "lab").exists()


def test_a_copy_inside_the_course_is_refused(course, release):
    code, said = release(course.root / "copy")
    assert code == 2
    assert "It lies inside the course.\n  Next: name a folder beside the course." in said


def test_a_place_that_cannot_be_written_is_told(release, tmp_path):
    plant(tmp_path / "file", "mine")
    code, said = release(tmp_path / "file" / "students")
    assert code == 2
    assert "The copy could not be written to" in said
    assert "name a folder in a place that is yours, with room on the disk." in said


def test_an_overlay_without_checks_is_refused(release, tmp_path):
    (tmp_path / "nothing").mkdir()
    code, said = release(tmp_path / "students", "--checks", tmp_path / "nothing")
    assert code == 2
    assert "nothing holds no checks." in said
    assert "check the path of --checks, or leave it out." in said


def test_without_git_there_is_no_repository(release, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = release(tmp_path / "students", "--git")
    assert code == 3
    assert "install git, or leave --git out." in said
    assert not list(tmp_path.glob("*students*"))


def test_without_variants_there_is_nothing_to_vary(release, tmp_path):
    code, said = release(tmp_path / "students", "--variant", "ada", "--secret", tmp_path / "s")
    assert code == 2
    assert "There are no variants of these labs." in said
    assert "None of them has a variant.py beside its checks." in said
    assert "leave --variant out: all students get the same copy." in said
    assert not (tmp_path / "s").exists()


# -- the real course ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release the real course."""
    dest = tmp_path_factory.mktemp("release") / "students"
    done = lab(ROOT, "release", str(dest))
    assert done.returncode == 0, done.stderr
    return dest


def lab(root: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `./lab` of a course, with the packages of this one."""
    env = {**os.environ, "BEYOND_ROOT": str(root), "PYTHONPATH": str(root)}
    argv = [sys.executable, "-P", "-m", "lab_kit", *words]
    done = subprocess.run(
        argv, cwd=cwd or root, env=env, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_student_can_list_check_ask_and_reset(copy):
    assert "none tried yet" in lab(copy, "list").stdout
    checked = lab(copy, "check", "1", "bill.py")
    assert checked.returncode == 1
    assert "TODO: round up, work out GB-seconds" in checked.stdout
    assert "exercises/lab01_serverless/bill.py:" in checked.stdout
    assert "Hint 1 of" in lab(copy, "hint", "1", "what_is_free_is_free").stdout
    (copy / "exercises" / "lab01_serverless" / "bill.py").write_text("spoilt")
    assert lab(copy, "reset", "1", "bill.py").returncode == 0
    assert lab(copy, "check", "1", "bill.py").stdout.count("TODO") == checked.stdout.count("TODO")
    assert "sandbox" in lab(copy, "doctor").stdout


@pytest.mark.parametrize("verb", ["build", "release", "test"])
def test_what_needs_the_sources_says_so(copy, verb):
    before = {name for name in files(copy) if not name.startswith(".beyond")}
    done = lab(copy, verb, *["elsewhere"] * (verb == "release"))
    assert done.returncode == 2
    assert f"`./lab {verb}` is for authors, and this is a copy for students." in done.stderr
    assert "run it in the course's own repository; `./lab --help` shows what works" in done.stderr
    assert {name for name in files(copy) if not name.startswith(".beyond")} == before
