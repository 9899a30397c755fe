"""Read whom a name means that a learning platform gave to a download.

    Moodle      Ada Lovelace_1234567_assignsubmission_file_/…   (or …_file_handler.py)
    Canvas      lovelaceada_LATE_4711_815_handler.py
    Blackboard  Lab 1_alovelace_attempt_2026-02-03-15-45-00[_handler.py]
    nbgrader    alovelace+lab01+2026-02-03 15:45:00.123456 UTC+random

Of these only the last two tell a time; Moodle and Canvas tell it in a CSV of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

MOODLE = re.compile(
    r"(?P<who>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?"
)
CANVAS = re.compile(
    r"(?P<who>[^\W_][^_]*)_(?P<late>LATE_)?(?P<id>\d+)_(?P<attempt>\d+)_(?P<file>.+)"
)
BLACKBOARD = re.compile(
    r".+?_(?P<who>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.\w+)?"
)
NBGRADER = re.compile(r"(?P<who>[^+]+)\+[^+]+\+(?P<time>\d{4}-[^+]+?) ?UTC(?:\+.*)?")
AGAIN = re.compile(r"-\d+(?=\.[^.]+$|$)")  # Canvas numbers a file that was handed in again


@dataclass(frozen=True)
class Named:
    """Hold what a name tells: a label for the student and what else they may be known by."""

    label: str
    known_as: tuple[str, ...]
    exported: bool = False
    file: str = ""
    submitted: datetime | None = None
    flags: tuple[str, ...] = ()


def named(name: str, zone: tzinfo = UTC) -> Named:
    """Read a name; one that no platform gave is the student's own label."""
    if len(name) > 255:
        return Named(name, (name,))
    if hit := MOODLE.fullmatch(name):
        label = f"{hit['who']}_{hit['id']}"
        return Named(label, (name, hit["id"], hit["who"], label), True, hit["file"] or "")
    if hit := CANVAS.fullmatch(name):
        label = f"{hit['who']}_{hit['id']}"
        flags = ("Canvas marked it LATE",) if hit["late"] else ()
        return Named(label, (name, hit["id"], hit["who"], label), True, hit["file"], None, flags)
    if hit := BLACKBOARD.fullmatch(name):
        time = moment(hit["time"], "%Y-%m-%d-%H-%M-%S", zone)
        return Named(hit["who"], (name, hit["who"]), True, hit["file"] or "", time)
    if hit := NBGRADER.fullmatch(name):
        time = moment(hit["time"].split(".")[0], "%Y-%m-%d %H:%M:%S", UTC)
        return Named(hit["who"], (name, hit["who"]), True, "", time)
    return Named(name, (name,))


def moment(text: str, form: str, zone: tzinfo) -> datetime | None:
    """Return the time that a name tells, or None when there is no such time."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=zone)
    except ValueError:
        return None


def original(file: str) -> str:
    """Return a file's name as the student had it, without Canvas's number."""
    return AGAIN.sub("", file, count=1)
