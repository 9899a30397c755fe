"""The store: what is finished is found again, and what cannot be written is said."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab_kit.errors import JudgeError, UsageError
from lab_kit.grading.model import Incoming, Refused
from lab_kit.grading.store import Key, Store, secret_id

KEY = Key("lab01_shapes", "ada", "d1", "c1", "here", "s1")
WORK = Incoming("ada", "lab01_shapes", Path("/in"), "ada.zip", None, ("from a notebook",), "d1")
BROKEN = Refused("ada", "lab01_shapes", "ada2.zip", "It is no archive.", "It is empty.", "ask.")


def report(*verdicts: str) -> dict[str, Any]:
    return {"results": [{"verdict": verdict} for verdict in verdicts]}


def test_finished_work_is_found_again_by_all_of_its_key(store: Store) -> None:
    store.add(KEY, report("passed", "failed", "blocked"), WORK, store.begin())
    assert store.find(KEY) is not None
    for part in ("lab", "student", "digest", "checks", "environment", "secret"):
        assert store.find(replace(KEY, **{part: "other"})) is None, part


@pytest.mark.parametrize(
    "said", [report("passed", "not_judged"), report(), {"error": {"what": "w"}}]
)
def test_what_was_not_judged_is_tried_again(store: Store, said: dict[str, Any]) -> None:
    run = store.begin()
    store.add(KEY, said, WORK, run)
    assert store.find(KEY) is None
    assert [g.report for g in store.grades()] == [said]
    store.add(KEY, report("passed"), WORK, run)
    assert store.find(KEY) is not None
    assert [g.report for g in store.grades()] == [report("passed")]


def test_a_grade_comes_back_as_it_was(store: Store) -> None:
    when = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
    store.add(KEY, report("passed"), replace(WORK, submitted=when), store.begin())
    (grade,) = store.grades()
    assert (grade.student, grade.lab, grade.source) == ("ada", "lab01_shapes", "ada.zip")
    assert (grade.submitted, grade.flags) == (when, ("from a notebook",))
    assert grade.graded.tzinfo is not None


def test_names_that_are_not_utf8_are_kept_readable(store: Store) -> None:
    odd = replace(WORK, student="a\udcff", source="\udcfe.zip")
    key = replace(KEY, student="a\udcff")
    store.add(key, report("passed"), odd, store.begin())
    assert store.find(key) is not None
    assert [(g.student, g.source) for g in store.grades()] == [("a\\udcff", "\\udcfe.zip")]


def test_a_new_submission_takes_the_place_of_the_old(store: Store) -> None:
    store.add(KEY, report("failed"), WORK, store.begin())
    later = replace(WORK, source="ada-2.zip", digest="d2")
    store.add(replace(KEY, digest="d2"), report("passed"), later, store.begin())
    assert [(g.source, g.report) for g in store.grades()] == [("ada-2.zip", report("passed"))]
    assert store.find(KEY) is not None


def test_a_run_shows_what_it_touched(store: Store) -> None:
    store.add(KEY, report("passed"), WORK, store.begin())
    bob = replace(KEY, student="bob")
    run = store.begin()
    store.add(bob, report("passed"), replace(WORK, student="bob"), run)
    assert [g.student for g in store.grades(run)] == ["bob"]
    assert [g.student for g in store.grades()] == ["ada", "bob"]
    found = store.find(KEY)
    assert found is not None
    store.keep(found, WORK, run)
    assert [g.student for g in store.grades(run)] == ["ada", "bob"]


def test_a_refusal_is_never_a_zero_and_hides_no_grade_of_its_run(store: Store) -> None:
    run = store.begin()
    store.refuse(BROKEN, run)
    (grade,) = store.grades()
    assert grade.report == {
        "error": {"what": "It is no archive.", "why": "It is empty.", "next": "ask."}
    }
    store.add(KEY, report("passed"), WORK, run)
    store.refuse(BROKEN, run)
    assert [g.report for g in store.grades()] == [report("passed")]
    store.refuse(BROKEN, store.begin())
    assert "error" in next(store.grades()).report


def test_a_mended_file_leaves_no_refusal_behind(store: Store) -> None:
    store.refuse(replace(BROKEN, lab="", source="ada.zip"), store.begin())
    store.add(KEY, report("passed"), WORK, store.begin())
    assert [g.lab for g in store.grades()] == ["lab01_shapes"]


def test_the_secret_stays_and_its_name_does_not_tell_it(tmp_path: Path) -> None:
    path = tmp_path / "g.sqlite"
    with Store(path) as store:
        secret = store.secret()
        assert len(secret) == 32
    with Store(path) as store:
        assert store.secret() == secret
    assert secret_id(secret) not in secret.hex()
    assert secret_id(secret) != secret_id(b"other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# -- what goes wrong -------------------------------------------------------------------


def test_a_second_grader_is_told_to_wait(store: Store) -> None:
    with pytest.raises(UsageError) as caught:
        Store(store.path)
    assert caught.value.what == f"{store.path} is in use."
    assert caught.value.why == "Another grader is writing to it now."
    assert caught.value.next == "wait until it is done, or name another file with --store."
    with Store(store.path, write=False) as reader:
        assert list(reader.grades()) == []


@pytest.mark.parametrize("made", ["text", "folder", "nowhere", "newer"])
def test_a_file_that_is_no_store_is_left_as_it_is(tmp_path: Path, made: str) -> None:
    path = tmp_path / "g.sqlite"
    if made == "text":
        path.write_text("student,points\nada,5\n" * 9)
    elif made == "folder":
        path.mkdir()
    elif made == "nowhere":
        path = tmp_path / "no" / "g.sqlite"
    else:
        with Store(path) as store, store._change() as base:
            base.execute("UPDATE meta SET value = '99'")
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(UsageError) as caught:
        Store(path)
    assert caught.value.what == f"{path} cannot hold the grades."
    assert "name a file in a folder that exists and is yours with --store" in caught.value.next
    if made == "newer":
        assert caught.value.why == "Its schema is 99; this lab_kit reads 1."
    elif made == "text":
        assert path.read_bytes() == before


def test_a_full_disk_says_so_and_loses_nothing(store: Store) -> None:
    run = store.begin()
    store.add(KEY, report("passed"), WORK, run)
    assert store.base is not None
    pages = store.base.execute("PRAGMA page_count").fetchone()[0]
    store.base.execute(f"PRAGMA max_page_count = {pages}")
    large = {**report("passed"), "more": "x" * 100_000}
    with pytest.raises(JudgeError) as caught:
        store.add(replace(KEY, student="bob"), large, replace(WORK, student="bob"), run)
    assert caught.value.what == f"The grades could not be written to {store.path}."
    assert caught.value.why == "database or disk is full. What was finished before is kept."
    assert caught.value.next.startswith("make room or mend the file's permissions")
    assert [g.student for g in store.grades()] == ["ada"]
    store.base.execute("PRAGMA max_page_count = 100000")
    store.add(replace(KEY, student="bob"), large, replace(WORK, student="bob"), run)
    assert [g.student for g in store.grades()] == ["ada", "bob"]


def test_a_store_that_became_read_only_says_so(store: Store) -> None:
    assert store.base is not None
    store.base.execute("PRAGMA query_only = 1")
    with pytest.raises(JudgeError, match="could not be written") as caught:
        store.begin()
    assert "readonly" in caught.value.why


def test_what_half_came_in_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise sqlite3.OperationalError("power")

    monkeypatch.setattr(Store, "_enter", die)
    with pytest.raises(JudgeError, match="could not be written"):
        store.add(KEY, report("passed"), WORK, store.begin())
    assert store.find(KEY) is None
