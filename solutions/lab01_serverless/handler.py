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
    # BEGIN SOLUTION: decode base64 if it says so, parse the JSON, refuse what is not JSON
    text = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text).decode()
        return json.loads(text)
    except ValueError:
        raise Refused(400, "malformed_json") from None
    # END SOLUTION


def quote(order: object) -> dict:
    """Return {"lines": [...], "total_cents": ...} for an order; refuse what is not valid."""
    # BEGIN SOLUTION: take items out of the order; refuse with bad_items
    items = order.get("items") if isinstance(order, dict) else None
    if not isinstance(items, list) or not items:
        raise Refused(422, "bad_items", "items")
    # END SOLUTION
    lines = [price(item, f"items[{n}]") for n, item in enumerate(items)]
    return {"lines": lines, "total_cents": sum(line["cents"] for line in lines)}


def price(item: object, place: str) -> dict:
    """Return the line of one item; refuse unknown_sku, then bad_quantity, at `place` + ".sku"."""
    wanted = item if isinstance(item, dict) else {}
    # BEGIN SOLUTION: check the sku in wanted, then the quantity; return the line
    sku, quantity = wanted.get("sku"), wanted.get("quantity")
    if not isinstance(sku, str) or sku not in PRODUCTS:
        raise Refused(422, "unknown_sku", f"{place}.sku")
    if type(quantity) is not int or not 1 <= quantity <= 99:
        raise Refused(422, "bad_quantity", f"{place}.quantity")
    return {"sku": sku, "quantity": quantity, "cents": PRODUCTS[sku]["cents"] * quantity}
    # END SOLUTION


def handler(event: dict, context: object) -> dict:
    """Answer one HTTP request."""
    try:
        # BEGIN SOLUTION: refuse other paths (404) and methods (405), answer the quote
        if event["rawPath"] != "/quote":
            raise Refused(404, "not_found")
        if event["requestContext"]["http"]["method"] != "POST":
            raise Refused(405, "method_not_allowed")
        return answer(200, quote(read_body(event)))
        # END SOLUTION
    except Refused as refused:
        return answer(refused.status, {"error": {"code": refused.code, "field": refused.field}})
