from __future__ import annotations

from pathlib import Path

import pytest

from lab_kit.judge.submission import Submission

HERE = "exercises/lab01_toy/handler.py"


@pytest.fixture
def work(tmp_path: Path) -> Submission:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "handler.py").write_text('def handler(event, context):\n    return event["a"]\n')
    return Submission(folder, "lab01_toy")


def frame(path: str, line: int, name: str, source: str) -> str:
    return f'  File "{path}", line {line}, in {name}\n    {source}\n'


def test_todo_is_told_as_one(work: Submission) -> None:
    trace = [frame("/var/task/handler.py", 2, "handler", "raise NotImplementedError")]
    said = work.explain("handler.py", "NotImplementedError", "answer with a quote", trace)
    assert said.what == "TODO: answer with a quote"
    assert said.next == f"write it at {HERE}:2."


def test_exception_names_its_line_wherever_the_code_ran(work: Submission) -> None:
    trace = [
        frame("/tmp/run-1/kiosk/handler.py", 2, "handler", 'return event["a"]'),
        frame("/usr/lib/python3.11/json/decoder.py", 337, "decode", "obj, end = ..."),
    ]
    said = work.explain("handler.py", "KeyError", "'a'", trace)
    assert said.what == "handler raised KeyError."
    assert said.why == f"KeyError: 'a'\n{HERE}:2: return event[\"a\"]"
    assert said.next == f"look at {HERE}:2."


def test_exception_without_a_trace_names_the_file(work: Submission) -> None:
    said = work.explain("handler.py", "shop.OutOfStock", "no tea")
    assert said.what == "handler.py raised OutOfStock."
    assert said.next == f"look at {HERE}."


def test_syntax_error_is_placed(work: Submission) -> None:
    message = "Syntax error in module 'handler': invalid syntax (handler.py, line 2)"
    said = work.explain("handler.py", "Runtime.UserCodeSyntaxError", message)
    assert said.what == "Python could not read handler.py."
    assert said.next == f"correct {HERE}:2, or the line above it."
    assert 'return event["a"]' in said.why


def test_import_error_says_what_may_be_imported(work: Submission) -> None:
    message = "Unable to import module 'handler': No module named 'numpy'"
    said = work.explain("handler.py", "Runtime.ImportModuleError", message)
    assert said.what == "handler.py could not be imported."
    assert "No module named 'numpy'" in said.why
    assert "import only" in said.next


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("Runtime.HandlerNotFound", "handler.py does not have the handler."),
        ("Runtime.OutOfMemory", "The function used more memory than it has."),
        ("Runtime.ExitError", "The function's process ended instead of answering."),
        ("Sandbox.Timedout", "The function ran longer than it may and was stopped."),
    ],
)
def test_endings_are_told_in_words(kind: str, what: str, work: Submission) -> None:
    said = work.explain("handler.py", kind, "as the runtime says")
    assert (said.what, said.why) == (what, "as the runtime says")
    assert HERE in said.next


def test_a_line_number_of_5000_digits_was_our_fault(work: Submission) -> None:
    trace = [f'  File "handler.py", line {"9" * 5000}, in handler\n    pass\n']
    said = work.explain("handler.py", "KeyError", "'a'", trace)
    assert said.next == f"look at {HERE}."
    message = f"invalid syntax (handler.py, line {'9' * 5000})"
    said = work.explain("handler.py", "Runtime.UserCodeSyntaxError", message)
    assert said.what == "Python could not read handler.py."


@pytest.mark.parametrize("name", ["x" * 300, "/" + "x" * 300, "/" + "a/" * 50_000, "a\0b"])
def test_a_file_name_that_no_file_can_have_was_our_fault(work: Submission, name: str) -> None:
    said = work.explain("handler.py", "KeyError", "'a'", [(name, 1, "handler", "")])
    assert said.what == "handler.py raised KeyError."
    assert str(work.folder) not in f"{said}"
