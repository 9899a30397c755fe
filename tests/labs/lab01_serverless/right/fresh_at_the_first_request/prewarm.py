"""Start from a snapshot: keep what may be shared, make the rest when it is first needed."""

from __future__ import annotations

import backend

STATE: dict = {"prices": backend.price_table()}


def handler(event: dict, context: object) -> dict:
    if "worker" not in STATE:
        STATE["worker"] = backend.new_worker_id()
        STATE["session"] = backend.connect()
    sku = event["sku"]
    left = backend.stock(STATE["session"], sku)
    return {"worker": STATE["worker"], "cents": STATE["prices"][sku], "left": left}
