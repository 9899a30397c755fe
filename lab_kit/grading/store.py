"""Keep grades in one SQLite file, so that nothing finished is ever lost or done twice.

    meta        the schema's number and the secret from which graded seeds are made
    reports     what the judge said, one row for each work, checks, environment and secret
    gradebook   which report stands for a student's lab now and which one did before, or why
                there is none
    runs        when grading was started; a row of the gradebook knows who touched it last

A report is kept in one transaction when it comes in: what `kill -9` leaves is whole. Reports
are never deleted, so an earlier version of the checks can still be compared.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from lab_kit.errors import JudgeError, UsageError
from lab_kit.grading.model import Grade, Incoming, Refused
from lab_kit.grading.tables import connect, lock, unusable

FIND = """SELECT id FROM reports WHERE judged AND lab = :lab AND student = :student
    AND digest = :digest AND checks = :checks AND environment = :environment AND secret = :secret"""
ADD = """INSERT INTO reports
    (lab, student, digest, checks, environment, secret, judged, report, code, graded)
    VALUES (:lab, :student, :digest, :checks, :environment, :secret, :judged, :report, :code,
    :graded) ON CONFLICT DO UPDATE SET judged = excluded.judged, report = excluded.report,
    code = excluded.code, graded = excluded.graded RETURNING id"""
# A refusal never takes the place of a grade that the same run gave for another file.
ENTER = """INSERT INTO gradebook VALUES
    (:student, :lab, :source, :submitted, :flags, :report, :refusal, NULL, :run, :touched)
    ON CONFLICT DO UPDATE SET before = CASE WHEN gradebook.report IS NULL
    OR gradebook.report = excluded.report THEN gradebook.before ELSE gradebook.report END,
    source = excluded.source, submitted = excluded.submitted,
    flags = excluded.flags, report = excluded.report, refusal = excluded.refusal,
    run = excluded.run, touched = excluded.touched
    WHERE excluded.report IS NOT NULL OR gradebook.report IS NULL OR gradebook.run < excluded.run"""
FORGET = "DELETE FROM gradebook WHERE source = :source AND report IS NULL AND run < :run"
READ = """SELECT g.student, g.lab, g.source, g.submitted, g.flags, r.report, g.refusal,
    coalesce(r.graded, g.touched), r.code
    FROM gradebook AS g LEFT JOIN reports AS r ON r.id = g.report
    WHERE (:run IS NULL OR g.run = :run) AND (:lab IS NULL OR g.lab = :lab)
    AND (:student IS NULL OR g.student = :student)
    ORDER BY g.student, g.lab"""
CHANGED = """SELECT g.student, g.lab, o.report, n.report FROM gradebook AS g
    JOIN reports AS o ON o.id = g.before JOIN reports AS n ON n.id = g.report
    WHERE :run IS NULL OR g.run = :run ORDER BY g.student, g.lab"""


Code = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Key:
    """Name one piece of judging: with the same key the same report would come out again."""

    lab: str
    student: str
    digest: str
    checks: str
    environment: str
    secret: str


@dataclass(frozen=True)
class Change:
    """Hold the report that stood for a student's lab before, and the one that stands now."""

    student: str
    lab: str
    before: dict[str, Any]
    after: dict[str, Any]


class Store:
    """Be the open file; one grader at a time may write to it."""

    def __init__(self, path: Path, *, write: bool = True) -> None:
        self.path = path
        self.lock: IO[str] | None = None
        self.base: sqlite3.Connection | None = None
        try:
            self.lock = lock(path) if write else None
            self.base = connect(path, write)
        except (sqlite3.Error, OSError, ValueError) as error:
            self.close()
            raise unusable(path, str(error)) from error
        except UsageError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        base, self.base = self.base, None
        held, self.lock = self.lock, None
        if base:
            with suppress(sqlite3.Error):
                base.close()
        if held:
            held.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing -----------------------------------------------------------------------

    def secret(self) -> bytes:
        """Return the secret of this store's graded seeds, drawn when it is first asked for."""
        with self._change() as base:
            base.execute(
                "INSERT OR IGNORE INTO meta VALUES ('secret', ?)", (secrets.token_hex(32),)
            )
            row = base.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
        return bytes.fromhex(row[0])

    def begin(self) -> int:
        """Open a run and return its number."""
        with self._change() as base:
            row = base.execute("INSERT INTO runs (started) VALUES (?) RETURNING run", (now(),))
            return int(row.fetchone()[0])

    def find(self, key: Key) -> int | None:
        """Return the report of finished work, None when it was never judged to its end."""
        with self._change() as base:
            row = base.execute(FIND, storable(asdict(key))).fetchone()
        return int(row[0]) if row else None

    def add(
        self, key: Key, report: dict[str, Any], work: Incoming, run: int, code: Code | None = None
    ) -> None:
        """Keep a report and let it stand for the student's lab, both or neither."""
        row = {**asdict(key), "judged": judged(report), "report": encode(report),
               "code": encode(code or {}), "graded": now()}  # fmt: skip
        with self._change() as base:
            number = int(base.execute(ADD, storable(row)).fetchone()[0])
            self._enter(base, work, run, number)

    def keep(self, number: int, work: Incoming, run: int) -> None:
        """Let a report that was there before stand for the student's lab."""
        with self._change() as base:
            self._enter(base, work, run, number)

    def refuse(self, refused: Refused, run: int) -> None:
        """Note why something could not be judged."""
        said = encode({"what": refused.what, "why": refused.why, "next": refused.next})
        row = {"student": refused.student, "lab": refused.lab, "source": refused.source}
        empty = {"submitted": None, "flags": "[]", "report": None, "touched": now()}
        with self._change() as base:
            base.execute(FORGET, storable({"source": refused.source, "run": run}))
            base.execute(ENTER, storable({**row, **empty, "refusal": said, "run": run}))

    def _enter(self, base: sqlite3.Connection, work: Incoming, run: int, number: int) -> None:
        when = work.submitted.isoformat() if work.submitted else None
        row = {"student": work.student, "lab": work.lab, "source": work.source, "refusal": None}
        rest = {"submitted": when, "flags": encode(work.flags), "report": number, "run": run}
        base.execute(FORGET, storable({"source": work.source, "run": run}))
        base.execute(ENTER, storable({**row, **rest, "touched": now()}))

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Hold one transaction; a store that cannot take it says so, and keeps what it has."""
        assert self.base is not None
        try:
            with self.base:
                yield self.base
        except sqlite3.Error as error:
            raise JudgeError(
                f"The grades could not be written to {self.path}.",
                f"{error}. What was finished before is kept.",
                "make room or mend the file's permissions, then run the same command again.",
            ) from error

    # -- reading -----------------------------------------------------------------------

    def grades(
        self, run: int | None = None, lab: str | None = None, student: str | None = None
    ) -> Iterator[Grade]:
        """Give the gradebook by student and lab, one by one: all of it, or what fits."""
        assert self.base is not None
        for row in self.base.execute(READ, storable({"run": run, "lab": lab, "student": student})):
            student, lab, source, submitted, flags, report, refusal, graded, code = row
            yield Grade(
                student,
                lab,
                source,
                datetime.fromisoformat(submitted) if submitted else None,
                tuple(json.loads(flags)),
                json.loads(report) if report else {"error": json.loads(refusal)},
                datetime.fromisoformat(graded),
                json.loads(code) if code else {},
            )

    def changes(self, run: int | None = None) -> Iterator[Change]:
        """Give what stands now where another report stood before, by student and lab."""
        assert self.base is not None
        for student, lab, before, after in self.base.execute(CHANGED, {"run": run}):
            yield Change(student, lab, json.loads(before), json.loads(after))


def secret_id(secret: bytes) -> str:
    """Name a secret without giving it away."""
    return hashlib.sha256(b"beyond graded seeds\0" + secret).hexdigest()[:16]


def judged(report: dict[str, Any]) -> bool:
    """Tell whether every check came to a verdict; what did not is tried again next time."""
    rows = report.get("results") or []
    return bool(rows) and "error" not in report and all(r["verdict"] != "not_judged" for r in rows)


def storable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row that SQLite takes: a file's name may hold what UTF-8 cannot."""
    return {
        name: value.encode("utf-8", "backslashreplace").decode()
        if isinstance(value, str)
        else value
        for name, value in row.items()
    }


def encode(data: object) -> str:
    """Return JSON that fits in any column."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False)


def now() -> str:
    """Return the time, with its zone."""
    return datetime.now(UTC).isoformat(timespec="seconds")
