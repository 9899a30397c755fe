from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lab_kit.errors import Failed
from lab_kit.judge.submission import Submission
from lab_kit.judge.words import Fault


@pytest.fixture
def work(tmp_path: Path) -> Submission:
    return Submission(tmp_path, "lab01_toy")


def test_text_is_read_in_words(work: Submission) -> None:
    (work.folder / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert work.text("a.yaml") == "a: 1\nb: 2\n"
    (work.folder / "b.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(Failed, match=r"b\.yaml is not a text file") as caught:
        work.text("b.yaml")
    assert "on line 2" in caught.value.why
    with pytest.raises(Failed, match=r"c\.yaml is missing"):
        work.text("c.yaml")
    (work.folder / "d.yaml").write_bytes(b"a" * ((1 << 20) + 1))
    with pytest.raises(Failed, match=r"d\.yaml is too large"):
        work.text("d.yaml")


def test_folder_in_a_files_place_is_the_students_to_mend(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").mkdir()
    with pytest.raises(Failed, match=r"b\.yaml is a folder") as caught:
        Submission(tmp_path, "lab01_toy").text("b.yaml")
    assert caught.value.next == "put a file of that name at exercises/lab01_toy/b.yaml."


def test_require_names_the_command_that_brings_a_file_back(work: Submission) -> None:
    (work.folder / "a.py").write_text("")
    work.require("a.py")
    with pytest.raises(Failed) as caught:
        work.require("a.py", "app/b.py")
    assert caught.value.what == "app/b.py is missing."
    assert caught.value.why == "There is no exercises/lab01_toy/app/b.py."
    assert caught.value.next.startswith("run `./lab reset lab01_toy app/b.py`")


def test_function_that_once_ran_out_of_time_is_waited_for_less(work: Submission) -> None:
    (work.folder / "a.py").write_text("import time\n\n\ndef slow():\n    time.sleep(60)\n")
    for given, waited in ((0.3, "0.3 s"), (20.0, "4 s")):
        with work, pytest.raises(Failed) as caught:
            work.call("a.py", "slow", timeout=given)
        assert waited in str(caught.value)


def test_calls_that_are_each_in_time_do_not_outlast_the_check(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import time\n\ndef f(x):\n    time.sleep(x)\n    return 1\n")
    with Submission(tmp_path, "lab01_toy") as work:
        work.grant(1)
        assert work.call("a.py", "f", 0) == 1
        with pytest.raises(Failed) as caught:
            work.call("a.py", "f", 60)
        for _ in range(2):
            assert caught.value.what == "f and the calls before it took too long together."
            assert caught.value.why == "All calls of one check may take 1 s."
            assert caught.value.next == "look for what is slow: exercises/lab01_toy/a.py:3."
            with pytest.raises(Failed) as caught:
                work.call("a.py", "f", 0)


def test_endless_loop_is_named_instead_of_the_line_that_it_calls(tmp_path: Path) -> None:
    source = (
        "def cost(n):\n    return sum(range(n))\n\n\n"
        "def break_even(n):\n    while cost(n) < 5:\n\n        # closer\n        n = next_one(n)\n"
        "    return n\n"
    )
    (tmp_path / "bill.py").write_text(source)
    words = Submission(tmp_path, "lab01_toy").words
    here = "exercises/lab01_toy/bill.py"
    trace = [("bill.py", 6, "break_even", ""), ("bill.py", 2, "cost", "")]
    fault = Fault("timeout", "", "", "bill.py", None, trace, "break_even", "break_even(3)", 5)
    said = words.explain(fault)
    assert said.next == f"look for a loop or a wait that does not end: {here}:6."
    assert said.why == f"It was called as break_even(3).\nIt was stopped in cost: {here}:2."
    inside = Fault("timeout", "", "", "bill.py", None, trace[1:], "cost", "cost(3)", 5)
    assert words.explain(inside).next == f"look for a loop or a wait that does not end: {here}:2."
    assert words.loop_around("bill.py", 9, "while") == 6
    assert words.loop_around("bill.py", 10, "while") is None
    assert words.loop_around("bill.py", 99, "while") is None
    assert words.loop_around("../bill.py", 6, "while") is None


@pytest.mark.parametrize(
    "name", ["../secret.txt", "{secret}", "sub/../../secret.txt", "/etc/passwd"]
)
@pytest.mark.parametrize("kind", ["raised", "import", "timeout", "missing"])
def test_forged_place_reads_nothing_but_the_submission(
    kind: str, name: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY\ndef CANARY():\n")
    (tmp_path / "work" / "a").mkdir(parents=True)
    words = Submission(tmp_path / "work", "lab01_toy").words
    forged = name.format(secret=secret)
    for type_ in ("ValueError", "SyntaxError"):
        said = words.explain(Fault(kind, type_, "", forged, 1, (), "CANARY"[:1]))
        assert "CANARY" not in said.what + said.why + said.next
        assert "root:" not in said.what + said.why + said.next
    assert words.definition(forged, "CANARY") is None


@pytest.mark.parametrize(("word", "told"), [("", "one"), ("two", "two"), ("none", "one")])
def test_a_check_can_say_which_todo_is_its_own(tmp_path: Path, word: str, told: str) -> None:
    text = ";; TODO: one\n;; TODO: two\n"
    (tmp_path / "a.wat").write_text(text)
    work = Submission(tmp_path, "lab01_toy", {"a.wat": hashlib.sha256(text.encode()).hexdigest()})
    with pytest.raises(Failed) as caught:
        work.begun("a.wat", word)
    assert caught.value.what == f"TODO: {told}"


def test_file_as_it_was_handed_out_is_told_by_its_first_todo(tmp_path: Path) -> None:
    stubs = {
        "a.py": "def f():\n    raise NotImplementedError('it\\'s \"both\"')\n",
        "b.c": "int f() {\n    /* TODO: add both */\n}\n",
        "c.yaml": "# TODO: name it\nname:\n",
    }
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in stubs.items()}
    work = Submission(tmp_path, "lab01_toy", hashes)
    said = {}
    for name, text in stubs.items():
        work.begun(name)  # missing: for `require` to say
        (tmp_path / name).write_text(text.replace("\n", "\r\n"), newline="")
        with pytest.raises(Failed) as caught:
            work.begun(name)
        said[name] = (caught.value.what, caught.value.next)
        (tmp_path / name).write_text(text + " ")
        work.begun(name)
    assert said == {
        "a.py": ('TODO: it\'s "both"', "write it at exercises/lab01_toy/a.py:2."),
        "b.c": ("TODO: add both", "write it at exercises/lab01_toy/b.c:2."),
        "c.yaml": ("TODO: name it", "write it at exercises/lab01_toy/c.yaml:1."),
    }
