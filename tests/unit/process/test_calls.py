"""A call gives a value, or an error that names its kind and its place."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest


def test_a_call_gives_the_value_and_what_was_printed(start):
    reply = start("def add(a, b, *, c=0):\n    print('hi', a)\n    return a + b + c").call(
        "work.py", "add", 1, 2, c=3
    )
    assert (reply.value, reply.error, reply.output) == (6, None, "hi 1\n")
    assert reply.ms > 0


def test_a_file_is_loaded_once_and_its_neighbours_can_be_imported(submit, start):
    submit(other="RATE = 3")
    student = start("import other\nseen = []\ndef f(x):\n    seen.append(x)\n"
                    "    return [other.RATE, seen]")  # fmt: skip
    assert student.call("work.py", "f", 1).value == [3, [1]]
    assert student.call("work.py", "f", 2).value == [3, [1, 2]]


def test_every_plain_value_travels_and_a_tuple_arrives_as_a_list(start):
    student = start("def same(x):\n    return x\ndef pair():\n    return (1, (2,))")
    value = {"a": [None, True, 1, -1.5, "é\x00\ud800", [], {}], "b": {"c": 10**100}}
    assert student.call("work.py", "same", value).value == value
    assert student.call("work.py", "pair").value == [1, [2]]


def test_an_exception_is_raised_with_its_place_and_the_students_own_frames(start):
    error = (
        start("def f(x):\n    return g(x)\ndef g(x):\n    return 1 / x")
        .call("work.py", "f", 0)
        .error
    )
    assert (error.kind, error.type, error.message) == (
        "raised", "ZeroDivisionError", "division by zero")  # fmt: skip
    assert (error.file, error.line) == ("work.py", 4)
    assert error.trace == (
        ("work.py", 2, "f", "return g(x)"), ("work.py", 4, "g", "return 1 / x"))  # fmt: skip


@pytest.mark.parametrize(
    ("source", "type", "line"),
    [
        ("x = 1\ndef f(:\n", "SyntaxError", 2),
        ("import missing_thing\n", "ModuleNotFoundError", 1),
        ("x = 1\n\nx / 0\n", "ZeroDivisionError", 3),
        ("  x = 1\n", "IndentationError", 1),
        ("x = '\0'\n", None, None),
        ("import json, numpy\n", "ModuleNotFoundError", 1),
    ],
)
def test_a_file_that_does_not_load_names_the_line(start, source, type, line):
    error = start(source).call("work.py", "f").error
    assert error.kind == "import"
    assert error.file == "work.py"
    if type:
        assert (error.type, error.line) == (type, line)


def test_a_file_in_no_encoding_is_an_import_error(start, submit):
    student = start("")
    (submit("") / "work.py").write_bytes(b"# \xff\xfe\nx = '\xff'\n")
    assert student.call("work.py", "f").error.kind == "import"


def test_a_missing_file_is_missing(start):
    error = start("").call("nothing.py", "f").error
    assert (error.kind, error.message) == ("missing", "There is no file nothing.py.")


def test_a_missing_function_names_a_similar_one(start):
    error = start("def quota(): ...\ndef quote(): ...").call("work.py", "quotes").error
    assert error.kind == "missing"
    assert error.message.startswith("work.py defines no function quotes. It does define quot")


def test_a_name_that_is_no_function_says_what_it_is(start):
    error = start("f = 3").call("work.py", "f").error
    assert (error.kind, error.message) == ("missing", "f in work.py is not a function but int.")


def test_a_wrong_signature_names_the_definition(start):
    error = start("x = 1\ndef f(a, b):\n    return a").call("work.py", "f", 1).error
    assert (error.kind, error.line) == ("signature", 2)
    assert error.message == "f(a, b) does not fit the call: missing a required argument: 'b'."


def test_a_type_error_inside_is_not_a_wrong_signature(start):
    error = start("def f(a):\n    return len(a)").call("work.py", "f", 1).error
    assert (error.kind, error.type, error.line) == ("raised", "TypeError", 2)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("object()", "a value of type object"),
        ("{1: 2}", "a dict key of type int"),
        ("[{1, 2}]", "a value of type set inside a list"),
        ("float('nan')", "the float nan"),
        ("[float('inf')]", "the float inf inside a list"),
        ("1 << 9000", "an integer of 9001 bits"),
        ("type('int', (int,), {'__eq__': lambda s, o: True})(3)", "a value of type int"),
        ("type('str', (str,), {})('x')", "a value of type str"),
        ("b'x'", "a value of type bytes"),
        ("(lambda: (yield))()", "a value of type generator"),
    ],
)
def test_a_value_that_is_not_plain_is_named(start, expression, words):
    error = start(f"def f():\n    return {expression}").call("work.py", "f").error
    assert (error.kind, error.message, error.line) == ("not_plain", words, 1)


def test_a_value_that_contains_itself_is_not_plain(start):
    error = start("def f():\n    x = []\n    x.append(x)\n    return x").call("work.py", "f").error
    assert error.kind == "not_plain"
    assert "nested more than" in error.message


def test_a_coroutine_is_not_plain(start):
    error = start("async def f():\n    return 1").call("work.py", "f").error
    assert (error.kind, error.message) == ("not_plain", "a value of type coroutine")


def test_a_large_value_is_too_large_and_the_process_goes_on(start):
    student = start("def f(n):\n    return 'x' * n")
    error = student.call("work.py", "f", 2 << 20).error
    assert error.kind == "too_large"
    assert "2097" in error.message
    assert student.call("work.py", "f", 3).value == "xxx"


def test_a_timeout_says_where_the_call_was_and_ends_the_process(start):
    student = start("def f():\n    x = 1\n    while True:\n        x += 1")
    error = student.call("work.py", "f", timeout=0.2).error
    assert (error.kind, error.message) == ("timeout", "No answer within 0.2 s.")
    assert error.file == "work.py"
    assert error.line in (3, 4)
    later = student.call("work.py", "f").error
    assert (later.kind, later.message) == ("died", "An earlier call took too long.")


def test_a_timeout_holds_although_the_submission_ignores_the_alarm(start):
    begun = time.monotonic()
    error = start(
        "import signal\ndef f():\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: pass"
    ).call("work.py", "f", timeout=0.2)
    assert error.error.kind == "timeout"
    assert time.monotonic() - begun < 3


def test_a_reply_that_drips_does_not_stretch_the_deadline(start):
    source = """
import os, struct, time
def f():
    os.write(3, struct.pack("!I", 1000))
    while True:
        os.write(3, b" ")
        time.sleep(0.01)
"""
    assert start(source).call("work.py", "f", timeout=0.2).error.kind == "timeout"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("os._exit(7)", "It exited with status 7."),
        ("os._exit(0)", "It exited with status 0."),
        ("os.kill(os.getpid(), 9)", None),
        ("import ctypes; ctypes.string_at(0)", "It was killed by signal 11 (SIGSEGV)."),
    ],
)
def test_a_death_says_how(start, body, words):
    error = start(f"import os\ndef f():\n    {body}").call("work.py", "f", timeout=1).error
    if words is None:  # in its own process namespace a process cannot kill itself
        assert error is None or error.kind == "died"
    else:
        assert (error.kind, error.message) == ("died", words)


def test_exit_in_a_function_is_told_with_its_line(start):
    error = start("import sys\ndef f():\n    sys.exit(3)").call("work.py", "f").error
    assert (error.kind, error.type, error.line, error.message) == (
        "died", "SystemExit", 3, "It called exit(3).")  # fmt: skip


@pytest.mark.parametrize("name", ["exit", "quit"])
def test_the_interactive_exit_is_there_as_in_any_python(start, name):
    error = start(f"def f():\n    {name}(3)").call("work.py", "f").error
    assert (error.kind, error.type) == ("died", "SystemExit")


def test_too_much_memory_is_told_as_memory(start):
    student = start("def f():\n    return len(bytearray(1 << 30))\ndef g():\n    return 1")
    error = student.call("work.py", "f").error
    assert (error.kind, error.type, error.line) == ("memory", "MemoryError", 2)
    assert student.call("work.py", "g").value == 1


def test_endless_recursion_is_raised_and_its_trace_is_short(start):
    error = start("def f():\n    return f()").call("work.py", "f").error
    assert (error.kind, error.type) == ("raised", "RecursionError")
    assert len(error.trace) == 20


def test_an_exception_whose_text_fails_is_still_told(start):
    source = "class E(Exception):\n    def __str__(self): raise ValueError\ndef f(): raise E"
    error = start(source).call("work.py", "f").error
    assert (error.kind, error.type, error.message) == (
        "raised",
        "E",
        "(its text could not be made)",
    )


def test_a_gigabyte_of_printing_keeps_the_beginning_only(start):
    source = """
def f():
    for i in range(200_000):
        print("x" * 5000)
    return "done"
def g():
    print("small")
"""
    student = start(source)
    reply = student.call("work.py", "f", timeout=10)
    assert reply.value == "done"
    assert len(reply.output.encode()) <= 4096
    assert reply.output.endswith("[more was printed]")
    assert student.call("work.py", "g").output == "small\n"


def test_printing_to_the_descriptors_reaches_nobody(start, capfd):
    student = start("import os\ndef f():\n    return [os.write(i, b'x') for i in (1, 2)]")
    assert student.call("work.py", "f").value == [1, 1]
    assert capfd.readouterr() == ("", "")


FORGERIES = {
    "an answer to another call": b'{"id": "x", "value": 1, "output": ""}',
    "no object": b"[1]",
    "no json": b"\xff\xfe",
    "not a number": b'{"id": NaN}',
    "infinity in disguise": b'{"id": 1e999}',
    "depth": b"[" * 100_000,
    "huge integer": b"1" * 5000,
}


@pytest.mark.parametrize("body", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_frame_is_the_end_of_the_student_only(start, body):
    source = f"""
import os, struct
def f():
    body = {body!r}
    os.write(3, struct.pack("!I", len(body)) + body)
    os._exit(0)
"""
    student = start(source)
    error = student.call("work.py", "f").error
    assert error.kind == "died"
    assert error.message.startswith("It answered with ")


def test_a_frame_larger_than_allowed_is_not_read(start):
    source = "import os\ndef f():\n    os.write(3, b'\\xff' * 8)\n    os._exit(0)"
    error = start(source).call("work.py", "f").error
    assert "a frame of 4294967295 bytes" in error.message


def test_a_forged_error_cannot_smuggle_types(start):
    source = """
import gc
def f():
    import json, os, struct, sys
    frame = sys._getframe()
    while "request" not in frame.f_locals or "id" not in frame.f_locals["request"]:
        frame = frame.f_back
    body = json.dumps({"id": frame.f_locals["request"]["id"], "output": 5, "error": {
        "kind": "raised", "type": [], "message": {}, "file": 3, "line": "x",
        "trace": [[1, 2], None, ["a", True, "b", "c"], ["a", 1, None, "c"]]}}).encode()
    os.write(3, struct.pack("!I", len(body)) + body)
    os._exit(0)
"""
    reply = start(source).call("work.py", "f")
    error = reply.error
    assert (error.kind, error.type, error.message, error.file, error.line) == (
        "raised", "", "", None, None)  # fmt: skip
    assert error.trace == (("a", 1, "", "c"),)
    assert reply.output == ""


def test_call_refuses_arguments_that_could_not_travel(start):
    student = start("def f(x): return x")
    with pytest.raises(TypeError, match="only JSON-like values travel"):
        student.call("work.py", "f", object())
    with pytest.raises(ValueError, match="arguments of"):
        student.call("work.py", "f", "x" * (2 << 20))
    assert student.call("work.py", "f", 1).value == 1


def test_close_leaves_no_process(start):
    student = start("def f(): ...")
    student.close()
    student.close()
    with pytest.raises(ProcessLookupError):
        os.kill(student.pid, 0)
    assert student.call("work.py", "f").error.message == "The process was closed."


def test_a_process_that_is_killed_from_outside_says_so(start):
    student = start("def f(): return 1")
    assert student.call("work.py", "f").value == 1
    os.kill(student.pid, signal.SIGKILL)
    assert student.call("work.py", "f").error.message.startswith("It was killed")


def test_calls_from_several_threads_take_turns(start):
    student = start("import time\ndef f(x):\n    time.sleep(0.005)\n    return x")
    got: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda i=i: got.update({i: student.call("work.py", "f", i).value}))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {i: i for i in range(8)}


def test_close_ends_a_call_of_another_thread(start):
    student = start("def f():\n    while True: pass\ndef g(): return 1")
    assert student.call("work.py", "g").value == 1
    errors = []
    thread = threading.Thread(
        target=lambda: errors.append(student.call("work.py", "f", timeout=60).error)
    )
    thread.start()
    begun = time.monotonic()
    student.close()
    thread.join(30)
    assert time.monotonic() - begun < 20
    assert errors[0].kind == "died"
