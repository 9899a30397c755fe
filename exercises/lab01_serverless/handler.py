"""Quote a basket behind an HTTP API (payload format 2.0)."""

from __future__ import annotations

import base64
import json

from catalogue import PRODUCTS


class Refused(Exception):
    """Say why a request gets no quote: the HTTP status, a code and the field to blame."""

    def __init__(self, status: int, code: str, field: str | None = None) -> None:
        super().__init__(f"{code}: {field}")
        self.status = status
        self.code = code
        self.field = field


def answer(status: int, body: dict) -> dict:
    """Return what an HTTP API expects from a handler: the body is text, not a dict."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }


def read_body(event: dict) -> object:
    """Return the request's body as Python values; refuse with malformed_json."""
    raise NotImplementedError("decode base64 if it says so, parse the JSON, refuse what is not JSON")


def quote(order: object) -> dict:
    """Return {"lines": [...], "total_cents": ...} for an order; refuse what is not valid."""
    raise NotImplementedError("take items out of the order; refuse with bad_items")
    lines = [price(item, f"items[{n}]") for n, item in enumerate(items)]
    return {"lines": lines, "total_cents": sum(line["cents"] for line in lines)}


def price(item: object, place: str) -> dict:
    """Return the line of one item; refuse unknown_sku, then bad_quantity, at `place` + ".sku"."""
    wanted = item if isinstance(item, dict) else {}
    raise NotImplementedError("check the sku in wanted, then the quantity; return the line")


def handler(event: dict, context: object) -> dict:
    """Answer one HTTP request."""
    try:
        raise NotImplementedError("refuse other paths (404) and methods (405), answer the quote")
    except Refused as refused:
        return answer(refused.status, {"error": {"code": refused.code, "field": refused.field}})
