"""Forget nothing: a handler with a leak. Leave this file as it is; it is here to break."""

from __future__ import annotations

KEPT: list[bytearray] = []


def handler(event: dict, context: object) -> dict:
    """Keep 12 MB of each request for ever, and say how many requests were kept."""
    KEPT.append(bytearray(b"x") * (12 * 1024 * 1024))
    return {"kept": len(KEPT)}
