"""Start from a snapshot: keep what may be shared, make fresh what may not."""

from __future__ import annotations

import backend
from snapshot_restore_py import register_after_restore

STATE: dict = {}


def freshen() -> None:
    """Run after each restore: get what no two copies may share, and what did not survive."""
    # BEGIN SOLUTION: put a new worker id and a new session into STATE
    STATE["worker"] = backend.new_worker_id()
    STATE["session"] = backend.connect()
    # END SOLUTION


def start() -> None:
    """Run once, at init, before the snapshot is taken."""
    # BEGIN SOLUTION: put the price table into STATE; register freshen for after the restore
    STATE["prices"] = backend.price_table()
    register_after_restore(freshen)
    # END SOLUTION


start()


def handler(event: dict, context: object) -> dict:
    """Return {"worker": id, "cents": price, "left": stock} for event["sku"]."""
    # BEGIN SOLUTION: answer from STATE; ask the stock room through the session
    sku = event["sku"]
    left = backend.stock(STATE["session"], sku)
    return {"worker": STATE["worker"], "cents": STATE["prices"][sku], "left": left}
    # END SOLUTION
