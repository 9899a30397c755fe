"""Open the file that grades are kept in: its tables, and one grader at a time."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO

from lab_kit.errors import UsageError

SCHEMA = "1"
TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE runs (run INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL);
CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    lab TEXT NOT NULL, student TEXT NOT NULL, digest TEXT NOT NULL, checks TEXT NOT NULL,
    environment TEXT NOT NULL, secret TEXT NOT NULL,
    judged INTEGER NOT NULL, report TEXT NOT NULL, code TEXT NOT NULL, graded TEXT NOT NULL,
    UNIQUE (lab, student, digest, checks, environment, secret)
);
CREATE TABLE gradebook (
    student TEXT NOT NULL, lab TEXT NOT NULL, source TEXT NOT NULL, submitted TEXT,
    flags TEXT NOT NULL, report INTEGER REFERENCES reports (id), refusal TEXT,
    before INTEGER REFERENCES reports (id),
    run INTEGER NOT NULL REFERENCES runs (run), touched TEXT NOT NULL,
    PRIMARY KEY (student, lab)
);
CREATE INDEX by_source ON gradebook (source);
"""


def lock(path: Path) -> IO[str]:
    """Keep other graders off the store for as long as the file that is returned stays open.

    The lock goes with its process, however that ends; the file beside the store is never
    removed, since whoever waits for it must find the same one.
    """
    if path.is_dir():
        raise IsADirectoryError("It is a folder.")
    held = open(path.with_name(f".{path.name}.lock"), "w", encoding="utf-8")  # noqa: SIM115
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise UsageError(
            f"{path} is in use.",
            "Another grader is writing to it now.",
            "wait until it is done, or name another file with --store.",
        ) from None
    return held


def connect(path: Path, write: bool) -> sqlite3.Connection:
    """Open the database, make its tables when it is new, and refuse another's."""
    if write:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    place = f"{path.resolve().as_uri()}?mode={'rw' if write else 'ro'}"
    base = sqlite3.connect(place, uri=True, timeout=30, isolation_level="IMMEDIATE")
    try:
        if write:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            prepare(base)
        row = base.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        if row is None or row[0] != SCHEMA:
            known = f"this lab_kit reads {SCHEMA}"
            raise unusable(path, f"Its schema is {row[0] if row else 'unknown'}; {known}.")
    except BaseException:
        base.close()
        raise
    return base


def prepare(base: sqlite3.Connection) -> None:
    """Make the tables of an empty file, all or none."""
    with base:
        base.execute("BEGIN IMMEDIATE")
        if not base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            for statement in filter(str.strip, TABLES.split(";")):
                base.execute(statement)
            base.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))


def unusable(path: Path, why: str) -> UsageError:
    """Return the error for a file that is no store, or not ours to write."""
    return UsageError(
        f"{path} cannot hold the grades.",
        why,
        "name a file in a folder that exists and is yours with --store, and keep the old one.",
    )
