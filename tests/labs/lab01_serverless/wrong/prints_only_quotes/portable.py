"""Quote one order; run anywhere. Nothing in here imports Amazon's or Google's libraries."""

from __future__ import annotations

import json

from catalogue import PRODUCTS


def quote(order: dict, prices: dict[str, int]) -> dict:
    """Return {"order_id": ..., "total_cents": ...} for an order, from `prices` (sku to cents).

    A sku without a price raises ValueError("unknown sku: ..."). No event, no request, no printing.
    """
    total = 0
    for item in order["items"]:
        if item["sku"] not in prices:
            raise ValueError(f"unknown sku: {item['sku']}")
        total += prices[item["sku"]] * item["quantity"]
    return {"order_id": order["order_id"], "total_cents": total}


def respond(order: dict) -> tuple[int, dict]:
    """Return (status, body) for an order: what all three adapters share."""
    prices = {sku: product["cents"] for sku, product in PRODUCTS.items()}
    try:
        return 200, quote(order, prices)
    except ValueError as problem:
        return 422, {"error": str(problem)}


def on_lambda(event: dict, context: object) -> dict:
    """Adapt to AWS Lambda behind an HTTP API: an event dict in, a response dict out."""
    status, body = respond(json.loads(event["body"]))
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }


def on_google(request):
    """Adapt to Google over HTTP: a Flask request in, (text, status, headers) out."""
    status, body = respond(json.loads(request.get_data(as_text=True)))
    return json.dumps(body), status, {"content-type": "application/json"}


def on_cloud_event(event):
    """Adapt to Google for events: a CloudEvent in, nothing out, one line in the log."""
    status, body = respond(event.data)
    if status == 200:
        print(json.dumps(body), flush=True)
