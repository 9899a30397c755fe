from __future__ import annotations

from lab_kit.errors import Failed
from lab_kit.judge.report import Result, add_points, clean, message, result
from lab_kit.judge.spec import CheckInfo

INFO = CheckInfo("holds", "a.py", True, "It holds.", 2, ("Look.",), (), 60, "check_a.py:1")


def test_result_carries_the_check_and_its_words() -> None:
    row = result(INFO, "failed", Failed("It broke.", "Thin.", "mend it."), 1.23456)
    assert row == Result(
        check="holds",
        exercise="a.py",
        core=True,
        promise="It holds.",
        points=2,
        verdict="failed",
        what="It broke.",
        why="Thin.",
        next="mend it.",
        hints=1,
        ms=1.23,
    )


def test_clean_makes_any_text_harmless() -> None:
    assert clean("a\tb\r\nc", 99) == "a\tb\nc"
    assert clean("\x1b[31mred\x07", 99) == r"\x1b[31mred\x07"
    assert clean("\ud800", 99) == r"\ud800"
    assert clean("\u202eevil", 99) == r"\u202eevil"
    assert clean("Größe ✓ 日本", 99) == "Größe ✓ 日本"
    assert clean("x" * 50, 10) == "x" * 10 + " …"


def test_clean_let_invisible_characters_through() -> None:
    for sign in "\u00ad\u061c\u180e\u200b\u2060\ufeff\ufff9\U000e0041":
        assert clean(f"a{sign}b", 99) == f"a{sign.encode('unicode_escape').decode()}b"
    assert clean("👩\u200d🚀", 99) == "👩\u200d🚀", "a joiner is part of what is seen"


def test_message_is_cut() -> None:
    said = message(Failed("w" * 9999, "y" * 99999, "n" * 9999))
    assert (len(said["what"]), len(said["why"]), len(said["next"])) == (402, 4002, 602)


def test_points_are_added_apart() -> None:
    rows = [result(INFO, verdict, None, 0) for verdict in ("passed", "failed", "not_judged")]
    rows[2]["core"] = False
    assert add_points(rows) == {"core": [2, 4], "extension": [0, 2]}
