"""Handlers that speak to the Runtime API themselves: they can only spoil their own result."""

from __future__ import annotations

import time

import pytest

from lab_kit.components.lambda_runtime import LambdaRuntime

START = """
    import http.client, os, socket, threading, time

    API = os.environ["AWS_LAMBDA_RUNTIME_API"]
    ROOT = "/2018-06-01/runtime/"

    def call(method, path, body=None, headers={}):
        connection = http.client.HTTPConnection(API, timeout=5)
        connection.request(method, ROOT + path, body, headers)
        answer = connection.getresponse()
        return [answer.status, answer.read().decode()]

    def raw(data):
        host, port = API.split(":")
        sock = socket.create_connection((host, int(port)))
        sock.sendall(data)
        return sock
"""


def invoke(code, handler, *events, **options):
    with LambdaRuntime(code(START + handler), **{"timeout_s": 3.0, **options}) as runtime:
        start = time.monotonic()
        results = [runtime.invoke(event) for event in events or ({},)]
        assert time.monotonic() - start < 20
    return results


def test_a_handler_learns_how_the_api_refuses(code):
    (one,) = invoke(
        code,
        """
    def handler(event, context):
        return [
            call("POST", "invocation/00000000-0000-0000-0000-000000000000/response", "1")[0],
            call("GET", "invocation/next")[0],
            call("POST", "init/error", "{}")[0],
            call("PATCH", "invocation/next")[0],
        ]
    """,
    )
    assert one.payload == [400, 403, 403, 404], one.log


def test_an_answer_of_its_own_counts_once(code):
    first, second = invoke(
        code,
        """
    def handler(event, context):
        if event.get("own"):
            call("POST", f"invocation/{context.aws_request_id}/response", '"mine"')
        return "the runtime's"
    """,
        {"own": True},
        {},
    )
    assert first.payload == "mine"
    assert second.payload == "the runtime's"
    assert second.cold  # the runtime client gave up when its answer was refused


def test_old_ids_are_of_no_use(code):
    first, second = invoke(
        code,
        """
    seen = []
    def handler(event, context):
        seen.append(context.aws_request_id)
        return call("POST", f"invocation/{seen[0]}/response", '"again"')[0] if event else seen
    """,
        {},
        {"again": 1},
    )
    assert first.outcome == "ok"
    assert second.payload == 403


@pytest.mark.parametrize(
    "act",
    [
        "raw(b'POST ' + ROOT.encode())",
        "[raw(b'GET ') for _ in range(100)]",
        "raw(b'\\0' * 100000)",
        "raw(b'GET /x HTTP/1.1\\r\\n\\r\\n' * 10000)",
        "call('POST', 'invocation/x/response', b'x' * 5_000_000)",
        "raw(b'POST /x HTTP/1.1\\r\\nContent-Length: 5000000\\r\\n\\r\\n')",
    ],
    ids=["half", "many", "zeros", "flood", "big", "promised"],
)
def test_nonsense_beside_the_answer_does_no_harm(code, act):
    first, second = invoke(
        code,
        f"""
    kept = []
    def handler(event, context):
        try:
            kept.append({act})
        except OSError:
            pass
        return "fine"
    """,
        {},
        {},
        timeout_s=10.0,
    )
    assert first.payload == "fine", first.log
    assert second.payload == "fine", second.log


def test_a_drip_ends_with_the_time_limit(code):
    (one,) = invoke(
        code,
        """
    def handler(event, context):
        path = f"{ROOT}invocation/{context.aws_request_id}/response"
        sock = raw(f"POST {path} HTTP/1.1\\r\\nContent-Length: 1000\\r\\n\\r\\n".encode())
        while True:
            sock.send(b"x")
            time.sleep(0.05)
    """,
        timeout_s=1.0,
    )
    assert one.outcome == "timeout"


def test_an_answer_that_only_claims_to_be_large_is_too_large(code):
    (one,) = invoke(
        code,
        """
    def handler(event, context):
        path = f"{ROOT}invocation/{context.aws_request_id}/response"
        raw(f"POST {path} HTTP/1.1\\r\\nContent-Length: 99999999999\\r\\n\\r\\n".encode())
        time.sleep(60)
    """,
    )
    assert (one.outcome, one.error_type) == ("too_large", "Function.ResponseSizeTooLarge")


def test_an_error_of_any_shape_is_taken(code):
    for body in ("[1, 2]", '{"errorType": 5, "stackTrace": [1, null]}', "no json", "[" * 100_000):
        (one,) = invoke(
            code,
            f"""
    def handler(event, context):
        call("POST", f"invocation/{{context.aws_request_id}}/error", {body!r}[:200_000])
    """,
        )
        assert (one.outcome, one.error) == ("error", "Unhandled")
        assert isinstance(one.error_type, str)
        assert all(isinstance(line, str) for line in one.trace)


def test_one_who_answers_and_asks_for_no_more_work_is_replaced(code):
    first, second = invoke(
        code,
        """
    def handler(event, context):
        if event.get("stay"):
            call("POST", f"invocation/{context.aws_request_id}/response", '"answered"')
            time.sleep(60)
        return "new"
    """,
        {"stay": True},
        {},
    )
    assert first.payload == "answered"
    assert second.payload == "new"
    assert second.environment != first.environment
