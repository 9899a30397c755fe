"""Choose objects by labels and fields.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lab_kit.components.kubernetes.status import Object, bad_request

Chooser = Callable[[Object], bool]
SET = re.compile(r"\s*([\w./-]+)\s+(in|notin)\s+\(([^()]*)\)\s*")
PAIR = re.compile(r"\s*([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)\s*")
THERE = re.compile(r"\s*(!?)\s*([\w./-]+)\s*")
PARTS = re.compile(r",(?![^()]*\))")


def by_labels(selector: str) -> Chooser:
    """Return a test for a label selector such as `tier in (a,b),!beta,app=web`."""
    tests = [_label(part) for part in PARTS.split(selector) if part.strip()]
    return lambda one: all(test(one["metadata"].get("labels") or {}) for test in tests)


def _label(part: str) -> Callable[[Mapping[str, str]], bool]:
    if found := SET.fullmatch(part):
        name, how, listed = found.groups()
        values = {word.strip() for word in listed.split(",")}
        if how == "in":
            return lambda labels: labels.get(name) in values
        return lambda labels: labels.get(name) not in values
    if found := PAIR.fullmatch(part):
        name, sign, value = found.groups()
        if sign == "!=":
            return lambda labels: labels.get(name) != value
        return lambda labels: labels.get(name) == value
    if found := THERE.fullmatch(part):
        absent, name = found.groups()
        return lambda labels: (name in labels) != bool(absent)
    raise bad_request(f"unable to parse requirement: {part.strip()!r}")


def by_fields(selector: str) -> Chooser:
    """Return a test for a field selector such as `metadata.name=web,status.phase!=Running`."""
    tests = []
    for part in selector.split(","):
        name, sign, value = re.split(r"(!=|==|=)", part, maxsplit=1) if "=" in part else ("",) * 3
        if not re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+)+", name.strip()):
            raise bad_request(f"invalid field selector: {part!r}")
        tests.append((name.strip().split("."), sign == "!=", value.strip()))
    return lambda one: all((_at(one, path) == value) != unless for path, unless, value in tests)


def _at(value: Any, path: list[str]) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def chooser(labels: str, fields: str) -> Chooser:
    """Return a test for both selectors; an empty one chooses everything."""
    tests = [by_labels(labels)] if labels else []
    tests += [by_fields(fields)] if fields else []
    return lambda one: all(test(one) for test in tests)
