"""Turn an HTTP request into an API Gateway event and a handler's answer into HTTP.

Payload format version 2.0, as HTTP APIs of Amazon API Gateway speak it:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
What that page leaves open follows what a live HTTP API was seen to do: the path arrives decoded,
and a body is text only for `text/*`, `application/json`, `/xml` and `/javascript`; every other
content type, a missing one and HTML forms included, arrives in base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-connection te trailer transfer-encoding upgrade".split()
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Malformed(ValueError):
    """Say why a handler's answer is no response in payload format 2.0."""


@dataclass(frozen=True)
class Request:
    """Hold one HTTP request as it came in; `target` is the undecoded path with its query."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True)
class HttpAnswer:
    """Hold one HTTP response to be sent."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def to_event(
    request: Request, *, api_id: str, request_id: str, port: int = 80
) -> dict[str, object]:
    """Build the version 2.0 event of a request on the `$default` route."""
    path, _, query = request.target.partition("?")
    headers, cookies = _headers(request, port)
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(path),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": _context(request, headers, unquote(path), api_id, request_id),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request.body, headers)
    return event


def to_answer(result: object) -> HttpAnswer:
    """Read what a handler returned; raise Malformed where API Gateway would answer 500.

    Without a `statusCode` any JSON value is the body of a 200 (a string as it is).
    """
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return HttpAnswer(200, [("content-type", "application/json")], text.encode())
    headers = _answer_headers(result.get("headers"))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    cookies = result.get("cookies")
    if not (cookies is None or isinstance(cookies, list)):
        raise Malformed("cookies is not a list")
    headers += [("set-cookie", _value("cookies", cookie)) for cookie in cookies or []]
    body = _answer_body(result.get("body"), result.get("isBase64Encoded"))
    return HttpAnswer(_status(result["statusCode"]), headers, body)


def message(status: int, text: str) -> HttpAnswer:
    """Build one of the gateway's own answers: `{"message": text}`."""
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return HttpAnswer(status, [("content-type", "application/json")], body)


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _headers(request: Request, port: int) -> tuple[dict[str, str], list[str]]:
    """Return lower-case headers, duplicates joined with commas, and the cookies apart."""
    plain = [(n.lower(), v) for n, v in request.headers if n.lower() not in HOP_BY_HOP]
    cookies = [
        cookie.strip()
        for name, value in plain
        if name == "cookie"
        for cookie in value.split(";")
        if cookie.strip()
    ]
    headers = _joined([(name, value) for name, value in plain if name != "cookie"])
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = (
        f"{forwarded}, {request.source_ip}" if forwarded else request.source_ip
    )
    headers["x-forwarded-port"] = str(port)
    headers["x-forwarded-proto"] = "http"
    headers.setdefault("x-amzn-trace-id", f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}")
    return headers, cookies


def _context(
    request: Request, headers: Mapping[str, str], path: str, api_id: str, request_id: str
) -> dict[str, object]:
    now = time.time()
    return {
        "accountId": "123456789012",
        "apiId": api_id,
        "domainName": f"{api_id}.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": api_id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _body(body: bytes, headers: Mapping[str, str]) -> tuple[str, bool]:
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if kind.startswith("text/") or kind in TEXT_TYPES:
        return body.decode("utf-8", "replace"), False
    return base64.b64encode(body).decode(), True


def _status(code: object) -> int:
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int) or not 200 <= code <= 599:
        raise Malformed(f"statusCode is {code!r}")
    return code


def _answer_headers(headers: object) -> list[tuple[str, str]]:
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise Malformed("headers is not an object")
    for name in headers:
        if not _TOKEN.fullmatch(name):
            raise Malformed(f"{name!r} is no header name")
    kept = {"content-length"} | HOP_BY_HOP
    return [(n.lower(), _value(n, v)) for n, v in headers.items() if n.lower() not in kept]


def _value(name: str, value: object) -> str:
    if not isinstance(value, str | int | float):
        raise Malformed(f"{name} holds {value!r}, not text")
    text = json.dumps(value) if not isinstance(value, str) else value
    if _NOT_IN_A_VALUE.search(text):
        raise Malformed(f"{name} holds a control character")
    return text.encode("utf-8").decode("latin-1")


def _answer_body(body: object, encoded: object) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise Malformed("body is not a string")
    if encoded is not True:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("isBase64Encoded is true and body is not base64") from None
