"""Whose work it is and when it came, from rosters, times and the names that platforms give."""

from __future__ import annotations

import random
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from lab_kit.errors import UsageError
from lab_kit.grading.intake import Roster, choose, read_times
from lab_kit.grading.intake.naming import named
from lab_kit.grading.model import Incoming, Refused

from .conftest import GOOD, LAB, notebook, said, texts

NOON = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def csv(tmp_path: Path):
    def write(text: str | bytes, name: str = "list.csv") -> Path:
        place = tmp_path / name
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return place

    return write


# -- rosters -----------------------------------------------------------------------------


def test_a_roster_gives_everybody_one_name(csv, fill, take):
    rows = "team-7;s1;Ada Lovelace;ada@x.org\n;s2;Zoë Ben;b@x.org\n;;;\n"
    roster = Roster.read(csv(f"\ufeffFolder;ID;Name;Email\n{rows}"))
    assert roster.students == ("s1", "s2")
    for name in ("team-7", "S1", "ada lovelace", "zoe\u0308 ben", "stranger"):
        fill(f"class/{name}", {"answers.py": GOOD})
    found = take(fill("class", {}), roster=roster)
    students = {Path(one.source).name: (one.student, one.flags) for one in found}
    assert students == {
        "team-7": ("s1", ()),
        "S1": ("s1", ()),
        "ada lovelace": ("s1", ()),
        "zoe\u0308 ben": ("s2", ()),
        "stranger": ("stranger", ("not on the roster",)),
    }


def test_a_grading_sheet_is_a_roster(csv, fill, take):
    sheet = "Identifier,Full name,Email address\nParticipant 17,Ada L,ada@x.org\n"
    roster = Roster.read(csv(sheet, "sheet.csv"))
    folder = fill("class/Ada L_17_assignsubmission_file_", {"answers.py": GOOD}).parent
    (one,) = take(folder, roster=roster)
    assert (one.student, one.flags) == ("ada@x.org", ())


def test_a_name_that_means_two_students_is_not_guessed(csv, fill, take):
    roster = Roster.read(csv("id,name\ns1,Jan Kim\ns2,Jan Kim\n"))
    text = said(take(fill("class/Jan Kim", {"answers.py": GOOD}).parent, roster=roster))
    assert "It is not clear whose work this is. The roster has s1 and s2 for 'Jan Kim'." in text
    assert "column `folder`" in text


def test_a_roster_that_contradicts_itself_is_a_wrong_command(csv):
    with pytest.raises(UsageError, match="line 3: s1 is in the roster twice") as caught:
        Roster.read(csv("id\ns1\ns1\n"))
    assert "give each student an id" in caught.value.next


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"id\n\xff\n", b'id\n"' + b"x" * 200_000])
def test_what_is_no_roster_is_said(csv, data):
    with pytest.raises(UsageError, match=r"list\.csv could not be read as a list of students") as e:
        Roster.read(csv(data))
    assert "save it as CSV in UTF-8" in e.value.next


def test_a_roster_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="could not be read"):
        Roster.read(tmp_path / "none.csv")


# -- times -------------------------------------------------------------------------------


def test_times_are_read_from_what_platforms_write(csv):
    text = (
        "Identifier,Full name,Last modified (submission)\n"
        'Participant 17,Ada,"Tuesday, 3 February 2026, 12:00 PM"\n'
        "Participant 18,Ben,-\n"
        "Participant 19,Eve,2026-02-03T13:00:00+01:00\n"
        "Participant 20,Jan,2026-02-03 12:00:00.5 UTC\n"
    )
    found = read_times(csv(text))
    assert found["17"] == found["ada"] == found["eve"] == found["19"] == NOON
    assert "ben" not in found
    assert found["20"] == NOON + timedelta(seconds=0.5)
    naive = csv("id,submitted\ns1,2026-02-03 13:00\n", "naive.csv")
    assert read_times(naive, timezone(timedelta(hours=1))) == {"s1": NOON}


def test_times_that_could_mean_two_days_are_not_guessed(csv):
    with pytest.raises(UsageError, match="line 2: the time could not be read") as caught:
        read_times(csv("id,submitted\ns1,03/02/2026\n"))
    assert "write it like 2026-02-03T15:45:00+01:00" in caught.value.next
    with pytest.raises(UsageError, match="has no column of times") as caught:
        read_times(csv("id,when\ns1,now\n"))
    assert "call the column `submitted`" in caught.value.next


def test_times_go_to_the_submission_before_the_student(csv, fill, take):
    rows = ["folder,id,submitted", "try1,s1,2026-02-03T12:00Z", "try2,s1,2026-02-04T12:00Z"]
    times = read_times(csv("\n".join([*rows, ",s2,2026-02-05T12:00Z"])))
    assert "s1" not in times
    roster = Roster.read(csv("folder,id\ntry1,s1\nben,s2\n"))
    for name in ("try1", "try2", "ben", "eve"):
        fill(f"class/{name}", {"answers.py": GOOD})
    found = take(fill("class", {}), roster=roster, times=times)
    days = {Path(one.source).name: one.submitted and one.submitted.day for one in found}
    assert days == {"try1": 3, "try2": 4, "ben": 5, "eve": None}


# -- what platforms pack -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label", "file"),
    [
        ("Ada Lovelace_17_assignsubmission_file_", "Ada Lovelace_17", ""),
        ("Ada Lovelace_17_assignsubmission_file_answers.py", "Ada Lovelace_17", "answers.py"),
        ("lovelaceada_4711_815_answers.py", "lovelaceada_4711", "answers.py"),
        ("Lab 1_ada_attempt_2026-02-03-12-00-00_answers.py", "ada", "answers.py"),
        ("ada+lab01+2026-02-03 12:00:00.123456 UTC+r4nd0m", "ada", ""),
    ],
)
def test_names_of_platforms_are_read(name, label, file):
    found = named(name)
    assert (found.label, found.file, found.exported) == (label, file, True)
    assert found.submitted == (NOON if label == "ada" else None)


@pytest.mark.parametrize("name", ["ada", "lab01_toys", "team_7", "x_attempt_2026-99-99-99-99-99"])
def test_other_names_are_left_alone(name):
    assert named(name).label in (name, "x")
    assert named(name).submitted is None


def test_canvas_says_late_and_numbers_files(fill, take):
    folder = fill(
        "class",
        {
            "adal_LATE_4711_1_answers.py": "old",
            "adal_LATE_4711_2_answers-1.py": GOOD,
            "adal_LATE_4711_3_help.py": "h = 1\n",
            "ben_4712_4_ben.ipynb": notebook(f"%%exercise answers.py\n{GOOD}"),
        },
    )
    ben, ada = take(folder)
    assert texts(ada) == {"answers.py": GOOD, "help.py": "h = 1\n"}
    assert (ada.student, ada.flags) == ("adal_4711", ("Canvas marked it LATE",))
    assert ben.student == "ben_4712"


def test_a_class_in_one_download_is_unpacked(tmp_path, take):
    place = tmp_path / "CS101-Lab1.zip"
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("my/answers.py", GOOD)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("Ada L_17_assignsubmission_file_/answers.py", GOOD)
        archive.writestr("Ben K_18_assignsubmission_file_/work.zip", inner.read_bytes())
        archive.writestr("Eve M_19_assignsubmission_file_/notes.docx", "no")
    ada, ben, eve = take(place, times={"17": NOON})
    assert (ada.student, ada.submitted) == ("Ada L_17", NOON)
    assert ada.source == f"{place}: Ada L_17_assignsubmission_file_"
    assert texts(ben) == {"answers.py": GOOD}
    assert "holds no exercise" in said([eve])
    assert eve.student == "Eve M_19"


def test_one_bad_part_of_a_download_stops_nobody(tmp_path, take):
    place = tmp_path / "all.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("Ada L_17_assignsubmission_file_/answers.py", GOOD)
        archive.writestr("Ben K_18_assignsubmission_file_/answers.py", GOOD)
        archive.writestr("Ben K_18_assignsubmission_file_/con.txt", "")
    ada, ben = take(place)
    assert texts(ada) == {"answers.py": GOOD}
    assert ben.student == "Ben K_18"
    assert "reserve" in said([ben])


def test_a_students_zip_among_others_speaks_for_nobody_else(tmp_path, fill, take):
    for name in ("eve", "zoe"):
        with zipfile.ZipFile(fill("class", {}) / f"{name}.zip", "w") as archive:
            archive.writestr("Ada L_17_assignsubmission_file_/answers.py", GOOD)
    paths = sorted((tmp_path / "class").iterdir())
    assert [one.student for one in take(*paths)] == ["eve", "zoe"]
    assert [one.student for one in take(tmp_path / "class")] == ["eve", "zoe"]


def test_a_file_that_is_no_submission_is_said(fill, take):
    folder = fill("class", {"ada.docx": "no", "ben/answers.py": GOOD})
    ada, _ = take(folder)
    text = said([ada])
    assert "ada.docx is neither a folder nor an archive, a notebook or a bundle." in text


# -- which one counts --------------------------------------------------------------------


def incoming(source: str, when: datetime | None = None, student: str = "ada") -> Incoming:
    return Incoming(student, LAB, Path(source), source, when, (), "")


def test_the_last_or_the_first_counts_by_time():
    late, early = incoming("a", NOON), incoming("b", NOON - timedelta(days=1))
    other = incoming("c", None, "ben")
    (one, two) = choose([late, early, other])
    assert (one.source, one.flags) == ("a", ("the last of 2 submissions",))
    assert two == other
    assert next(iter(choose([late, early], "first"))).source == "b"


def test_without_times_names_count_as_people_count():
    names = ["try2", "try10", "try1"]
    (one,) = choose([incoming(name) for name in names])
    assert (one.source, one.flags) == ("try10", ("the last of 3 submissions, ordered by name",))


def test_a_refusal_is_never_lost():
    no = Refused("ada", LAB, "b.zip", "The archive could not be read.", "", "")
    (one,) = choose([incoming("a"), no])
    assert one.flags == ("b.zip could not be read: The archive could not be read.",)
    stranger = Refused("eve", "", "c.zip", "No.", "", "")
    assert list(choose([stranger])) == [stranger]


def test_a_rule_that_does_not_exist_is_said():
    with pytest.raises(UsageError, match="There is no rule 'best'") as caught:
        list(choose([], "best"))
    assert "last and first" in caught.value.why


# -- a class with everything in it -------------------------------------------------------


def test_thirty_malformed_of_two_hundred_stop_nobody(fill, take):
    dice = random.Random(7)
    for number in range(170):
        fill(f"class/s{number:03}", {"answers.py": GOOD})
    whole = notebook(f"%%exercise answers.py\n{GOOD}")
    for number in range(170, 200):
        data = bytearray(whole)
        data[dice.randrange(len(data) // 2) :] = dice.randbytes(dice.randrange(40))
        fill(
            "class",
            {f"s{number}{dice.choice(['.zip', '.ipynb', '.tar.gz', '.bundle'])}": bytes(data)},
        )
    found = take(fill("class", {}))
    refused = [one for one in found if isinstance(one, Refused)]
    assert len(found) == 200
    assert [one.student for one in refused] == [f"s{number}" for number in range(170, 200)]
    assert all(one.what and one.why and one.next for one in refused)
