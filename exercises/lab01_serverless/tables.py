"""Fetch Kiosk's tables from the rates service, across the network, slowly."""

from __future__ import annotations

import json
import os
import urllib.request


def load(name: str) -> dict[str, int]:
    """Return the table called `name` ("vat" or "duty"): country code to per cent.

    Each call is one request to the service at RATES_URL; the service counts them.
    """
    if "RATES_URL" not in os.environ:
        raise RuntimeError("RATES_URL is not set: run the cell that starts the rates service.")
    with urllib.request.urlopen(f"{os.environ['RATES_URL']}/{name}", timeout=5) as response:
        return json.load(response)
