"""HttpService answers by a function of ours and keeps every call, in order."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from lab_kit.components import http_service
from lab_kit.components.http_service import Call, HttpService


def answer(call: Call) -> object:
    if call.method == "PUT":
        return 201, {"stored": call.json()}
    return {"/vat": {"DE": 19}}[call.path]


@pytest.fixture
def service() -> Iterator[HttpService]:
    with HttpService(answer) as running:
        yield running


def fetch(url: str, method: str = "GET", body: object = None) -> tuple[int, object]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_value_is_answered_as_json(service: HttpService) -> None:
    assert fetch(f"{service.url}/vat") == (200, {"DE": 19})


def test_a_pair_is_status_and_value(service: HttpService) -> None:
    assert fetch(f"{service.url}/mark", "PUT", {"next": 7}) == (201, {"stored": {"next": 7}})


def test_an_unknown_path_is_404_and_says_which(service: HttpService) -> None:
    assert fetch(f"{service.url}/nothing") == (404, {"error": "nothing at /nothing"})


def test_an_answer_that_fails_is_500_and_says_why(service: HttpService) -> None:
    status, told = fetch(f"{service.url}/mark", "PUT")
    assert status == 500
    assert "JSONDecodeError" in str(told)


def test_a_body_that_is_too_large_is_413(service: HttpService) -> None:
    assert fetch(f"{service.url}/mark", "PUT", "x" * 70_000)[0] == 413
    assert service.calls == []


def test_every_call_is_kept_in_order_and_counted(service: HttpService) -> None:
    fetch(f"{service.url}/vat")
    fetch(f"{service.url}/mark", "PUT", 1)
    fetch(f"{service.url}/vat")
    assert [call.path for call in service.calls] == ["/vat", "/mark", "/vat"]
    assert service.count("/vat") == 2
    assert service.count("/mark", "GET") == 0
    assert service.calls[0].at <= service.calls[2].at


def test_calls_at_the_same_time_are_all_counted(service: HttpService) -> None:
    callers = [threading.Thread(target=fetch, args=(f"{service.url}/vat",)) for _ in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert service.count("/vat") == 20


def test_a_caller_that_hangs_up_leaves_no_traceback(
    service: HttpService, capfd: pytest.CaptureFixture[str]
) -> None:
    service.delay_s = 0.05
    with socket.create_connection(service.address) as caller:
        caller.sendall(b"GET /vat HTTP/1.1\r\nHost: x\r\n\r\n")
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert fetch(f"{service.url}/vat") == (200, {"DE": 19})
    assert "Traceback" not in capfd.readouterr().err


def test_after_close_nobody_listens() -> None:
    service = HttpService(answer)
    service.close()
    service.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(service.address, timeout=1)


@pytest.mark.parametrize("size", ["-1", "+5", "x", "9" * 5000])
def test_a_length_that_is_no_size_is_400_and_nothing_is_read(
    service: HttpService, size: str
) -> None:
    with socket.create_connection(service.address, timeout=5) as sock:
        sock.sendall(f"POST /vat HTTP/1.1\r\nContent-Length: {size}\r\n\r\n".encode())
        assert sock.makefile("rb").readline().startswith(b"HTTP/1.1 400")
    assert service.calls == []


def test_calls_are_not_kept_without_bound(
    service: HttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_service, "MOST_KEPT", 25)
    for _ in range(4):
        assert fetch(f"{service.url}/vat", "PUT", "12345678")[0] == 201  # 14 bytes with its path
    assert len(service.calls) == 1
