from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_kit.grading.forms.places import Place, code_in, place, snippet
from tests.unit.grading.forms.made import LAB, row


def test_the_next_step_names_the_place_before_the_evidence_does() -> None:
    said = row(
        "c", "failed", why=f"exercises/{LAB}/b.py:9: x", next=f"see exercises/{LAB}/a/b.py:3."
    )
    assert place(said, LAB) == Place(LAB, "a/b.py", 3)
    assert place({**said, "next": ""}, LAB) == Place(LAB, "b.py", 9)
    assert place(row(), LAB) == Place(LAB, "a.py", None)


@pytest.mark.parametrize("file", ["../x.py", "/etc/passwd", "a/../../x"])
def test_a_place_never_leads_out_of_the_submission(tmp_path: Path, file: str) -> None:
    assert place(row("c", "failed", why="", next=f"exercises/{LAB}/{file}:1"), LAB).line is None
    assert code_in(tmp_path)(file) is None
    assert snippet(Place(LAB, file, 1), lambda _: "secret") == []


def test_code_is_read_without_following_a_link_or_waiting(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / "a").mkdir(parents=True)
    (tmp_path / "secret").write_text("s")
    (inside / "a" / "x.py").write_bytes(b"one\n\xff\n")
    (inside / "link.py").symlink_to(tmp_path / "secret")
    (inside / "up").symlink_to(tmp_path)
    os.mkfifo(inside / "pipe")
    read = code_in(inside)
    assert read("a/x.py") == "one\n\ufffd\n"
    assert [read(f) for f in ("link.py", "up/secret", "pipe", "a", "none", "a\0b")] == [None] * 6


def test_a_snippet_is_the_lines_around() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 21))
    found = snippet(Place(LAB, "a.py", 10), lambda _: text)
    assert [number for number, _, _ in found] == [7, 8, 9, 10, 11, 12, 13]
    assert [number for number, _, here in found if here] == [10]
    assert snippet(Place(LAB, "a.py", 99), lambda _: text) == []
    assert snippet(Place(LAB, "a.py", 1), None) == []
