"""Price an order with its taxes: right, and slow. Leave this file as it is."""

from __future__ import annotations

from tables import load


def handler(event: dict, context: object) -> dict:
    """Return what the customer pays, in cents.

    VAT is charged to everybody; duty comes on top where the duty table names the country.
    Few orders leave the customs union ("export": true), so few need the duty table.
    """
    vat = load("vat")
    duty = load("duty")
    net = event["net_cents"]
    percent = vat[event["country"]]
    if event["export"]:
        percent += duty[event["country"]]
    return {"order_id": event["order_id"], "total_cents": net + net * percent // 100}
