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
    text = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text).decode()
        return json.loads(text)
    except ValueError:
        raise Refused(400, "malformed_json") from None


def quote(order: object) -> dict:
    """Return {"lines": [...], "total_cents": ...} for an order; refuse what is not valid."""
    items = order.get("items") if isinstance(order, dict) else None
    if not isinstance(items, list) or not items:
        raise Refused(422, "bad_items", "items")
    lines = []
    for n, item in enumerate(items):
        known = item if isinstance(item, dict) else {}
        sku, quantity = known.get("sku"), known.get("quantity")
        if not isinstance(sku, str) or sku not in PRODUCTS:
            raise Refused(422, "unknown_sku", f"items[{n}].sku")
        whole = type(quantity) is int or (type(quantity) is float and quantity.is_integer())
        if not whole or not 1 <= quantity <= 99:
            raise Refused(422, "bad_quantity", f"items[{n}].quantity")
        cents = PRODUCTS[sku]["cents"] * quantity
        lines.append({"sku": sku, "quantity": quantity, "cents": cents})
    return {"lines": lines, "total_cents": sum(line["cents"] for line in lines)}


def handler(event: dict, context: object) -> dict:
    """Answer one HTTP request."""
    try:
        if event["rawPath"] != "/quote":
            raise Refused(404, "not_found")
        if event["requestContext"]["http"]["method"] != "POST":
            raise Refused(405, "method_not_allowed")
        return answer(200, quote(read_body(event)))
    except Refused as refused:
        return answer(refused.status, {"error": {"code": refused.code, "field": refused.field}})
