"""Greet whoever calls: the smallest Lambda handler there is."""

from __future__ import annotations


def handler(event: dict, context) -> dict:
    """Greet event["name"], and say how many milliseconds are left."""
    return {"hello": event["name"], "time_left_ms": context.get_remaining_time_in_millis()}
