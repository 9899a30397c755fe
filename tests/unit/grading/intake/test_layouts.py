"""The same work is found however it is wrapped in folders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lab_kit.errors import Unavailable, UsageError
from lab_kit.grading.intake import Roster, collect
from lab_kit.grading.intake.names import printable
from lab_kit.judge.sealed import copy

from .conftest import GOOD, LAB, LABS, notebook, said, texts

OTHER = "lab02_more"
BOTH = {**LABS, OTHER: frozenset({"other.py"})}


@pytest.mark.parametrize(
    "where", ["", "exercises/lab01_toys/", "lab01_toys/", "My work/", "work/exercises/lab01_toys/"]
)
def test_a_lab_is_found_in_any_folder(fill, take, where):
    folder = fill("ada", {f"{where}answers.py": GOOD, f"{where}more/help.py": "x = 1\n"})
    (one,) = take(folder, roster=Roster(("ada",), {"ada": frozenset({"ada"})}))
    assert texts(one) == {"answers.py": GOOD, "more/help.py": "x = 1\n"}
    assert (one.student, one.lab, one.source) == ("ada", LAB, str(folder))
    assert one.submitted is None
    assert one.flags == ()


def test_an_exercise_may_be_a_file_in_a_folder(fill, take):
    (one,) = take(fill("ada", {"lab01_toys/chart/values.yaml": "a: 1\n"}))
    assert texts(one) == {"chart/values.yaml": "a: 1\n"}


def test_the_copy_is_private_and_what_the_judge_will_hash(fill, take, tmp_path):
    files = {
        "answers.py": GOOD,
        "z.py": "",
        "b/c.py": "1",
        "b.py": "2",
        "b/a/d.py": "3",
        ".env": "4",
    }
    folder = fill("ada", files)
    (folder / "answers.py").chmod(0o755)
    (one,) = take(folder)
    assert one.folder.stat().st_mode & 0o777 == 0o700
    assert one.digest == copy(one.folder, tmp_path / "sealed") == copy(folder, tmp_path / "other")
    assert os.access(tmp_path / "sealed" / "answers.py", os.X_OK)


def test_a_folder_of_folders_is_a_class(fill, take):
    fill("class/ada/lab01_toys", {"answers.py": GOOD})
    fill("class/ben/exercises/lab01_toys", {"answers.py": "x = 1\n"})
    fill("class/eve", {"notes.txt": "sorry"})
    fill("class", {"times.csv": "id,submitted\n", ".DS_Store": ""})
    ada, ben, eve = take(fill("class", {}))
    assert [ada.student, ben.student, eve.student] == ["ada", "ben", "eve"]
    assert texts(ben) == {"answers.py": "x = 1\n"}
    text = said([eve])
    assert "The submission holds no exercise of this lab." in text
    assert "answers.py" in text
    assert "hand in the exercise files under their own names." in text


def test_a_folder_may_hold_several_labs(fill, take):
    folder = fill(
        "ada",
        {
            "exercises/lab01_toys/answers.py": GOOD,
            "exercises/lab02_more/other.py": "y = 2\n",
            "solutions/lab01_toys/answers.py": "the solution",
            "tests/labs/lab02_more/right/fast/other.py": "a right answer",
            "notebooks/lab01_toys.ipynb": notebook("%%exercise answers.py\nold = 1\n"),
        },
    )
    one, two = take(folder, labs=BOTH)
    assert (one.lab, texts(one)) == (LAB, {"answers.py": GOOD})
    assert (two.lab, texts(two)) == (OTHER, {"other.py": "y = 2\n"})


def test_files_alone_go_to_the_lab_that_their_names_fit(fill, take):
    (one,) = take(fill("ada", {"other.py": "y = 2\n"}), labs=BOTH)
    assert one.lab == OTHER
    same = {**LABS, OTHER: frozenset({"answers.py"})}
    text = said(take(fill("ben", {"answers.py": GOOD}), labs=same))
    assert "It is not clear which lab the files belong to." in text
    assert "lab01_toys and lab02_more" in text
    (one,) = take(fill("lab02_more", {"ada/answers.py": GOOD}), labs=same)
    assert (one.student, one.lab) == ("ada", OTHER)


def test_the_wrong_lab_is_not_taken_for_the_right_one(fill, take):
    text = said(take(fill("class/ada", {"lab02_more/answers.py": GOOD}).parent))
    assert "It holds lab02_more; graded is lab01_toys." in text


def test_two_copies_are_not_guessed_between(fill, take):
    folder = fill("class/ada", {"v1/answers.py": GOOD, "v2/answers.py": GOOD}).parent
    text = said(take(folder))
    assert "The submission holds lab01_toys more than once. It is in v1, v2." in text
    assert "keep the one that counts" in text


def test_given_files_are_added_where_they_lack(fill, take):
    given = fill("given", {"answers.py": "raise", "prices.json": "{}", "chart/values.yaml": "no"})
    (one,) = take(fill("ada", {"answers.py": GOOD}), given={LAB: given})
    assert texts(one) == {"answers.py": GOOD, "prices.json": "{}"}
    (two,) = take(fill("ben", {"answers.py": GOOD, "prices.json": "1"}), given={LAB: given})
    assert texts(two)["prices.json"] == "1"


def test_links_are_not_followed(fill, take, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("secret")
    for number, (link, target) in enumerate(
        [("answers.py", secret), ("lab01_toys", fill("far", {"answers.py": GOOD}))]
    ):
        folder = fill(f"class{number}/ada", {"x.txt": ""})
        (folder / link).symlink_to(target)
        text = said(take(folder.parent))
        assert "The submission holds a link or a device." in text
        assert link in text
        assert "replace it by the file that it stands for." in text


def test_a_link_beside_the_lab_does_no_harm(fill, take, tmp_path):
    folder = fill("ada", {"exercises/lab01_toys/answers.py": GOOD})
    (folder / "CLAUDE.md").symlink_to("/etc/passwd")
    (folder / "exercises/lab01_toys/.venv").symlink_to("/usr")
    (one,) = take(folder)
    assert texts(one) == {"answers.py": GOOD}


def test_a_student_that_is_a_link_is_no_way_out(fill, take, tmp_path):
    fill("far", {"answers.py": GOOD})
    (fill("class", {}) / "eve").symlink_to(tmp_path / "far")
    assert "link" in said(take(tmp_path / "class"))


def test_pipes_and_names_that_differ_in_case_are_refused(fill, take):
    folder = fill("ada", {"answers.py": GOOD})
    os.mkfifo(folder / "pipe")
    assert "pipe is none" in said(take(folder))
    text = said(take(fill("ben", {"answers.py": GOOD, "Answers.py": GOOD})))
    assert "two names that differ only in case" in text


@pytest.mark.parametrize("name", ["con.py", "a:b", "x" * 201, "tab\there", "dot.", "\u202egnp.exe"])
def test_names_that_some_systems_refuse_are_refused(fill, take, name):
    assert "has a name that" in said(take(fill("ada", {"answers.py": GOOD, name: ""})))


def test_too_many_files_are_refused_early(fill, take, monkeypatch):
    monkeypatch.setattr("lab_kit.grading.intake.tree.MOST_NAMES", 10)
    text = said(take(fill("ada", {"answers.py": GOOD, **{f"{n}.txt": "" for n in range(20)}})))
    assert "The submission is too large to be judged." in text
    assert "hand in the exercise files alone." in text


def test_too_deep_is_refused(fill, take):
    assert "too deep" in said(take(fill("ada", {"answers.py": GOOD, "d/" * 21 + "x.py": ""})))


def test_a_path_that_is_not_there_is_a_wrong_command(tmp_path):
    with pytest.raises(UsageError, match=r"There is no .*nobody"):
        collect([tmp_path / "nobody"], labs=LABS, into=tmp_path / "into")


def test_no_room_ends_the_intake_and_says_so(fill, take, monkeypatch):
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    folder = fill("ada", {"answers.py": GOOD})
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Unavailable, match="could not be copied") as caught:
        take(folder)
    assert "finished work is kept" in caught.value.next


def test_of_several_paths_none_names_other_students(fill, take):
    """`grade class/*` would else let a folder inside speak for somebody else."""
    ada = fill("class/ada", {"my work/answers.py": GOOD})
    eve = fill("class/eve", {"ada/answers.py": GOOD, "ben/answers.py": GOOD})
    one, two = take(ada, eve)
    assert (one.student, texts(one)) == ("ada", {"answers.py": GOOD})
    assert two.student == "eve"
    text = said([two])
    assert "more than once. It is in ada, ben." in text
    assert "for several students, grade the one folder that holds theirs." in text


def test_a_folder_that_cannot_be_read_is_not_taken_for_missing_work(fill, take, monkeypatch):
    folder = fill("ada", {"answers.py": GOOD, "chart/values.yaml": ""})
    real = os.fwalk

    def walk(top, *, onerror, dir_fd):
        for found in real(top, dir_fd=dir_fd):
            yield found
            onerror(PermissionError(13, "Permission denied"))

    monkeypatch.setattr(os, "fwalk", walk)
    assert "PermissionError" in said(take(folder))


def test_names_of_students_hold_no_control_characters(fill, take):
    fill("class/\x1b[31meve\n", {"answers.py": GOOD})
    (one,) = take(fill("class", {}))
    assert one.student == "\\x1b[31meve\\n"
    assert "\x1b" not in one.source
    persian = "می\u200cخواهم 👩\u200d💻"
    assert printable(persian) == persian
    assert printable("\udcff\u202e\u2028") == "\\udcff\\u202e\\u2028"


def test_a_fault_of_ours_costs_one_student_and_not_the_class(fill, take, monkeypatch):
    fill("class/ada", {"answers.py": GOOD})
    fill("class/ben", {"answers.py": GOOD})
    place = sys.modules[collect.__module__]  # the function hides the module
    real, calls = place.works, []

    def once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise KeyError("a bug")
        return real(*args)

    monkeypatch.setattr(place, "works", once)
    no, yes = take(fill("class", {}))
    assert "The submission could not be read. KeyError: 'a bug'" in said([no])
    assert yes.student == "ben"
