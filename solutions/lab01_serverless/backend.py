"""Talk to Kiosk's stock room, across the network."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request


def _call(method: str, path: str) -> dict[str, int]:
    if "BACKEND_URL" not in os.environ:
        raise RuntimeError("BACKEND_URL is not set: run the cell that starts the stock room.")
    request = urllib.request.Request(os.environ["BACKEND_URL"] + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            answer: dict[str, int] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        raise ConnectionError(f"{method} {path}: {error.code} {error.reason}") from None


def price_table() -> dict[str, int]:
    """Return sku to cents: big, slow to fetch, the same for everybody."""
    return _call("GET", "/prices")


def new_worker_id() -> int:
    """Return a number that nobody else has: it stands for anything random or unique."""
    return _call("POST", "/workers")["id"]


def connect() -> int:
    """Open a session and return its number. Sessions do not survive a snapshot."""
    return _call("POST", "/sessions")["session"]


def stock(session: int, sku: str) -> int:
    """Return how many pieces are left. A dead session raises ConnectionError."""
    return _call("GET", f"/stock/{sku}?session={session}")["left"]
