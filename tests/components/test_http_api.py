"""HttpApi: real HTTP in, payload format 2.0 to the handler, HTTP out."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lab_kit.components.cloud_payload import Malformed, to_answer
from lab_kit.components.http_api import HttpApi


def gives(payload: Any, **more: Any) -> Callable[[Any], Any]:
    return lambda event: SimpleNamespace(
        **{"status": 200, "error": None, "payload": payload} | more
    )


def ask(
    api: HttpApi, method: str = "GET", path: str = "/", body: Any = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(*api.address, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


def raw(api: HttpApi, request: bytes) -> bytes:
    with socket.create_connection(api.address, timeout=10) as end:
        end.sendall(request)
        end.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: end.recv(65536), b""))


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def echo(seen: list[dict[str, Any]]) -> Any:
    def invoke(event: dict[str, Any]) -> Any:
        seen.append(event)
        return gives("ok")(event)

    with HttpApi(invoke) as api:
        yield api


def test_event_has_the_documented_fields(echo: HttpApi, seen: list[dict[str, Any]]) -> None:
    before = time.time() * 1000
    ask(echo, "POST", "/quotes/a%20b?x=1&x=2&y=", "tea", Content_Type="text/plain",
        User_Agent="till/1", Cookie="a=1; b=2")  # fmt: skip
    (event,) = seen
    assert event["version"] == "2.0" and event["routeKey"] == "$default"
    assert event["rawPath"] == "/quotes/a b"
    assert event["rawQueryString"] == "x=1&x=2&y="
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"] and "cookie" not in event["headers"]
    assert event["body"] == "tea" and event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST", "path": "/quotes/a b", "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1", "userAgent": "till/1",
    }  # fmt: skip
    assert before - 1 <= context["timeEpoch"] <= time.time() * 1000 + 1
    assert context["stage"] == "$default" and context["requestId"]
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-proto"] == "http"
    assert event["headers"]["x-amzn-trace-id"].startswith("Root=1-")


def test_fields_are_left_out_when_there_is_nothing(
    echo: HttpApi, seen: list[dict[str, Any]]
) -> None:
    ask(echo)
    assert not {"cookies", "queryStringParameters", "body"} & set(seen[0])
    assert seen[0]["isBase64Encoded"] is False and seen[0]["rawQueryString"] == ""


def test_duplicate_headers_are_joined_in_lower_case(
    echo: HttpApi, seen: list[dict[str, Any]]
) -> None:
    raw(echo, b"GET / HTTP/1.1\r\nHost: x\r\nX-Tag: a\r\nx-tag: b\r\nConnection: close\r\n\r\n")
    assert seen[0]["headers"]["x-tag"] == "a,b"
    assert all(name == name.lower() for name in seen[0]["headers"])
    assert "connection" not in seen[0]["headers"]


@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [
        ("application/json", False), ("application/json; charset=utf-8", False),
        ("text/csv", False), ("application/xml", False), ("application/javascript", False),
        ("application/octet-stream", True), ("application/x-www-form-urlencoded", True),
        ("image/png", True), ("", True),
    ],
)  # fmt: skip
def test_body_is_text_only_for_text_types(
    echo: HttpApi, seen: list[dict[str, Any]], content_type: str, encoded: bool
) -> None:
    headers = {"Content_Type": content_type} if content_type else {}
    ask(echo, "POST", "/", b"\x00tea", **headers)
    assert seen[0]["isBase64Encoded"] is encoded
    body = seen[0]["body"]
    assert (base64.b64decode(body) if encoded else body.encode()) == b"\x00tea"


def test_chunked_body_arrives_whole(echo: HttpApi, seen: list[dict[str, Any]]) -> None:
    raw(echo, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nte\r\n1;x=y\r\na\r\n0\r\n\r\n")  # fmt: skip
    assert seen[0]["body"] == "tea"


def test_full_response() -> None:
    payload = {
        "statusCode": 201, "headers": {"X-Price": 12.5, "Content-Type": "text/html"},
        "cookies": ["a=1; Secure", "b=2"], "body": "grün",
    }  # fmt: skip
    with HttpApi(gives(payload)) as api:
        connection = http.client.HTTPConnection(*api.address)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 201 and answer.read() == "grün".encode()
        assert answer.getheader("x-price") == "12.5"
        assert answer.getheader("content-type") == "text/html"
        assert answer.msg.get_all("set-cookie") == ["a=1; Secure", "b=2"]
        assert answer.getheader("apigw-requestid")
        connection.close()


@pytest.mark.parametrize(
    ("payload", "status", "kind", "body"),
    [
        ({"price": 3}, 200, "application/json", b'{"price": 3}'),
        ("Hello", 200, "application/json", b"Hello"),
        (None, 200, "application/json", b"null"),
        ([1, True], 200, "application/json", b"[1, true]"),
        ({"statusCode": 204}, 204, "text/plain;charset=UTF-8", b""),
        ({"statusCode": "404", "body": "no"}, 404, "text/plain;charset=UTF-8", b"no"),
        ({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}, 200,
         "text/plain;charset=UTF-8", b"\x00\xff"),
        ({"statusCode": 200, "body": "AP8="}, 200, "text/plain;charset=UTF-8", b"AP8="),
    ],
)  # fmt: skip
def test_response_format(payload: Any, status: int, kind: str, body: bytes) -> None:
    with HttpApi(gives(payload)) as api:
        got, headers, content = ask(api)
    assert (got, headers["content-type"], content) == (status, kind, body)


@pytest.mark.parametrize(
    "payload",
    [
        {"statusCode": "abc"}, {"statusCode": True}, {"statusCode": 99}, {"statusCode": 600},
        {"statusCode": None}, {"statusCode": 200.5}, {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": "x"}, {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: x"}},
        {"statusCode": 200, "headers": {"a": {"b": 1}}}, {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": ["a\nb"]},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
    ],
)  # fmt: skip
def test_malformed_response_is_a_500(payload: Any) -> None:
    with pytest.raises(Malformed) as caught:
        to_answer(payload)
    assert str(caught.value)
    with HttpApi(gives(payload)) as api:
        status, _, body = ask(api)
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


@pytest.mark.parametrize(
    ("invocation", "status", "text"),
    [
        ({"error": "Unhandled"}, 500, "Internal Server Error"),
        ({"status": 429}, 503, "Service Unavailable"),
        ({"status": 413}, 413, "Request Entity Too Large"),
        ({"status": 500}, 500, "Internal Server Error"),
    ],
)
def test_what_went_wrong_behind_it(invocation: Any, status: int, text: str) -> None:
    with HttpApi(gives({"statusCode": 200}, **invocation)) as api:
        got, headers, body = ask(api)
    assert (got, json.loads(body)) == (status, {"message": text})
    assert headers["content-type"] == "application/json"


def test_fault_of_the_runtime_is_kept_apart() -> None:
    def broken(event: Any) -> Any:
        raise OSError("no runtime")

    with HttpApi(broken) as api:
        assert ask(api)[0] == 500
        assert [str(fault) for fault in api.faults] == ["no runtime"]


def test_function_slower_than_the_gateway_is_a_503() -> None:
    done = threading.Event()

    def slow(event: Any) -> Any:
        done.wait(10)
        return gives("late")(event)

    with HttpApi(slow, timeout_s=0.1) as api:
        status, _, body = ask(api)
        assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})
    done.set()


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 10241 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 10241 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 4000 + b"\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nA00001\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nshort", b"400"),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"\x16\x03\x01\x00\r\n\r\n", b"400"),
    ],
)  # fmt: skip
def test_what_never_reaches_the_function(
    echo: HttpApi, seen: list[dict[str, Any]], request_text: bytes, status: bytes
) -> None:
    answer = raw(echo, request_text)
    assert answer.split()[1] == status
    assert b'{"message":"' in answer
    assert seen == []


def test_ten_megabytes_pass(echo: HttpApi, seen: list[dict[str, Any]]) -> None:
    assert ask(echo, "POST", "/", b"x" * (10 << 20), Content_Type="text/plain")[0] == 200
    assert len(seen[0]["body"]) == 10 << 20


def test_requests_run_side_by_side() -> None:
    both = threading.Barrier(8, timeout=10)

    def meet(event: Any) -> Any:
        both.wait()
        return gives("met")(event)

    with HttpApi(meet) as api:
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(ask(api)[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert statuses == [200] * 8


def again(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse()


def test_closing_cuts_connections_and_frees_the_port() -> None:
    api = HttpApi(gives("ok"))
    connection = http.client.HTTPConnection(*api.address, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    api.close()
    api.close()
    with pytest.raises((OSError, http.client.HTTPException)):
        again(connection)
    with pytest.raises(OSError):
        socket.create_connection(api.address, timeout=1)


def test_head_has_no_body_and_keep_alive_goes_on(echo: HttpApi) -> None:
    connection = http.client.HTTPConnection(*echo.address, timeout=5)
    for method in ("HEAD", "GET", "OPTIONS"):
        connection.request(method, "/")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read() == (b"" if method == "HEAD" else b"ok")
    connection.close()
