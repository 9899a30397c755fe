"""CloudFunctions: Google's own framework, started, asked, broken and stopped."""

from __future__ import annotations

import os
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_kit.components import cloud_functions, deadline
from lab_kit.components.cloud_functions import CloudFunctions
from lab_kit.components.cloud_words import last_words
from lab_kit.errors import Died, Unavailable
from lab_kit.process import wait_until

MAIN = """\
import os, sys, time
import functions_framework

@functions_framework.http
def quote(request):
    if "boom" in request.args:
        raise ValueError("no tea")
    if "exit" in request.args:
        os._exit(int(request.args["exit"]))
    if "sleep" in request.args:
        time.sleep(float(request.args["sleep"]))
    if "flood" in request.args:
        print("x" * 2_000_000)
    print("quoted", request.path)
    return {"path": request.path, "method": request.method, "body": request.get_data(as_text=True),
            "service": os.environ["K_SERVICE"], "shop": os.environ.get("SHOP")}

def plain(request):
    return "plain", 418

@functions_framework.cloud_event
def ordered(event):
    if event.data == "bad":
        raise KeyError("order")
    print(event["id"], event["type"], event["source"], event["subject"], event.data, flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("functions")
    for name, text in {
        "main.py": MAIN,
        "raises.py": "def f(request):\n    return 1\n\nraise KeyError('tea')\n",
        "syntax.py": "def f(:\n",
        "missing.py": "import no_such_module\n",
        "leaves.py": "import os\nprint('good bye')\nos._exit(4)\n",
        "exits.py": "import sys\nsys.exit('I give up')\n",
        "typed.py": "from functions_framework import typed\n@typed\ndef f(x: int, y):\n    pass\n",
        "hangs.py": "print('thinking')\nwhile True:\n    pass\n",
        "number.py": "f = 3\n",
    }.items():
        (made / name).write_text(text)
    return made


@pytest.fixture(scope="module")
def quote(folder: Path) -> Iterator[CloudFunctions]:
    with CloudFunctions(folder, "quote", environment={"SHOP": "Kiosk"}) as function:
        yield function


def test_http_function_answers(quote: CloudFunctions) -> None:
    answer = quote.request("POST", "/tea?x=1", body={"n": 1})
    assert answer.status == 200 and answer.headers["server"] == "gunicorn"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "path": "/tea", "method": "POST", "body": '{"n": 1}', "service": "quote", "shop": "Kiosk",
    }  # fmt: skip
    assert (
        quote.request("PUT", body="text", headers={"Content-Type": "text/plain"}).json()["body"]
        == "text"
    )
    wait_until(lambda: "quoted /tea" in quote.log(), timeout=5)


def test_start_does_not_call_the_function(folder: Path) -> None:
    with CloudFunctions(folder, "quote") as function:
        assert function.log() == ""


def test_undecorated_function_is_http(folder: Path) -> None:
    with CloudFunctions(folder, "plain") as function:
        answer = function.request("GET")
    assert (answer.status, answer.body) == (418, b"plain")


def test_exception_is_a_500_and_its_words_are_in_the_log(quote: CloudFunctions) -> None:
    answer = quote.request("GET", "/?boom=1")
    assert answer.status == 500 and answer.headers["x-google-status"] == "crash"
    wait_until(quote.last_error, timeout=5)
    words = quote.last_error()
    assert words is not None
    assert (words.error_type, words.error_message) == ("ValueError", "no tea")
    assert words.trace == (("main.py", 7, "quote", 'raise ValueError("no tea")'),)
    assert quote.request("GET").status == 200


def test_instance_that_ends_is_replaced(quote: CloudFunctions) -> None:
    answer = quote.request("GET", "/?exit=7")
    assert answer.status == 503 and b"connection to the instance had an error" in answer.body
    assert quote.request("GET").status == 200


def test_slow_request_is_a_504(folder: Path) -> None:
    with CloudFunctions(folder, "quote") as function:
        answer = function.request("GET", "/?sleep=3", timeout=0.2)
    assert answer.status == 504 and b"maximum request timeout" in answer.body


def test_flood_of_output_is_bounded(folder: Path) -> None:
    with CloudFunctions(folder, "quote") as function:
        assert function.request("GET", "/?flood=1", timeout=20).status == 200
        assert len(function.log()) <= 256 * 1024


def test_requests_run_side_by_side(quote: CloudFunctions) -> None:
    slow = threading.Thread(target=quote.request, args=("GET", "/?sleep=4"))
    slow.start()
    for _ in range(3):
        assert quote.request("GET").status == 200
    assert slow.is_alive()
    slow.join(20)


def test_cloud_event_arrives(folder: Path) -> None:
    with CloudFunctions(folder, "ordered", signature="cloudevent") as function:
        answer = function.event("shop.order", "//kiosk", {"n": 1}, "e-1", subject="orders/1")
        assert answer.status == 200
        expected = "e-1 shop.order //kiosk orders/1 {'n': 1}\n"
        wait_until(lambda: function.log() == expected, timeout=5)
        assert function.event("shop.order", "//kiosk", "bad").status == 500
        wait_until(function.last_error, timeout=5)
        words = function.last_error()
        assert words is not None and words.error_type == "KeyError"
        assert function.request("POST", body={"n": 1}).status == 400


@pytest.mark.parametrize(
    ("source", "target", "kind", "text", "line"),
    [
        ("raises.py", "f", "KeyError", "'tea'", 4),
        ("syntax.py", "f", "SyntaxError", "invalid syntax", 1),
        ("missing.py", "f", "ModuleNotFoundError", "No module named 'no_such_module'", 1),
        ("main.py", "nobody", "MissingTargetException", "a function named 'nobody'", None),
        ("number.py", "f", "InvalidTargetTypeException", "type", None),
        ("gone.py", "f", "MissingSourceException", "doesn't exist", None),
        ("leaves.py", "f", "Exit", "status 4", None),
        ("exits.py", "f", "Exit", "status 1", None),
    ],
)
def test_function_that_ends_at_start_says_why(
    folder: Path, source: str, target: str, kind: str, text: str, line: int | None
) -> None:
    before = time.monotonic()
    with pytest.raises(Died) as caught:
        CloudFunctions(folder, target, source=source)
    assert time.monotonic() - before < 10
    died = caught.value
    assert died.error_type == kind and text in died.error_message
    assert source in died.what and source in died.next
    assert died.trace[-1:] == () if line is None else died.trace[-1][:2] == (source, line)
    if line is not None:
        assert f"{source}, line {line}." in died.next and f"{source} line {line}" in died.what
    if source == "leaves.py":
        assert "good bye" in died.why
    if source == "exits.py":
        assert "I give up" in died.why


def test_wrong_signature_is_reported_at_once(folder: Path) -> None:
    with pytest.raises(Died) as caught:
        CloudFunctions(folder, "f", source="typed.py")
    assert "typed.py" in caught.value.what and caught.value.error_type


def test_import_that_never_ends_is_reported_after_its_time(folder: Path) -> None:
    with pytest.raises(Died) as caught:
        CloudFunctions(folder, "f", source="hangs.py", ready_s=1)
    assert "did not start to serve within 1 s" in caught.value.what
    assert "thinking" in caught.value.why and "hangs.py" in caught.value.next


def test_died_survives_pickling() -> None:
    died = Died("a", "b", "c", error_type="KeyError", error_message="x", trace=(("f", 1, "g", ""),))
    copy = pickle.loads(pickle.dumps(died))
    assert (copy.what, copy.error_type, copy.trace) == ("a", "KeyError", (("f", 1, "g", ""),))


def test_function_ended_from_outside_is_died(folder: Path) -> None:
    with CloudFunctions(folder, "quote") as function:
        function._program.kill()
        with pytest.raises(Died, match="ended by itself"):
            function.request("GET")


def test_closing_leaves_no_process_and_no_port(folder: Path) -> None:
    function = CloudFunctions(folder, "quote")
    pid = function._program.pid
    function.close()
    function.close()
    assert not os.path.exists(f"/proc/{pid}")
    with pytest.raises(OSError):
        socket.create_connection(function.address, timeout=1)


def test_framework_that_is_missing_is_unavailable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_functions, "find_spec", lambda name: None)
    with pytest.raises(Unavailable) as caught:
        CloudFunctions(folder, "quote")
    assert "functions-framework is not installed" in caught.value.what
    assert "./lab" in caught.value.next


def test_last_words_are_the_last_exception(tmp_path: Path) -> None:
    output = (
        "Traceback (most recent call last):\n"
        f'  File "{tmp_path}/a.py", line 1, in f\n    first()\nKeyError: 1\n'
        "\nDuring handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3/x.py", line 5, in run\n    g()\n    ~~^^\n'
        f'  File "{tmp_path}/b.py", line 2, in g\n    raise shop.Odd("two\\nlines")\n'
        "shop.Odd: two\nlines\n[2026-11-23 10:00:00 +0000] [1] [ERROR] Worker gone\n"
    )
    words = last_words(output, tmp_path)
    assert words is not None
    assert (words.error_type, words.error_message) == ("Odd", "two\nlines")
    assert words.trace == (("b.py", 2, "g", 'raise shop.Odd("two\\nlines")'),)
    assert last_words("all is well", tmp_path) is None


def test_line_number_of_5000_digits_is_no_frame(tmp_path: Path) -> None:
    source = tmp_path / "main.py"
    line = f'  File "{source}", line {"9" * 5000}, in f'
    text = f'Traceback (most recent call last):\n{line}\n  File "{source}", line 7\nKeyError: 1'
    words = last_words(text, tmp_path)
    assert words is not None and words.error_type == "KeyError"
    assert [frame[:2] for frame in words.trace] == [("main.py", 7)]


def test_answer_over_the_limit_is_a_502_with_words(
    quote: CloudFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "MOST_BYTES", 20)
    answer = quote.request("GET", "/")
    assert (answer.status, answer.body) == (502, b"The response was over 32 MB.")
