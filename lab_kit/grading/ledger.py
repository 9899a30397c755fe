"""Hand results out signed, a line of JSON a grade, and find what was changed since.

Whoever has the public key can check the file; only the private key makes one. A line holds the
grade (`student`, `lab`, `submitted`, `graded`, `flags`, `report`) and its `signed` statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lab_kit.errors import UsageError
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import one_line
from lab_kit.grading.model import Grade
from lab_kit.grading.signing import sign, statement, verify

LONGEST = 4 << 20


class Finding(NamedTuple):
    """Say what is wrong with one line, '' when it holds; whose it claims to be, for people."""

    line: int
    student: str
    lab: str
    fault: str


def write(
    grades: Iterable[Grade],
    target: Target,
    key: Ed25519PrivateKey,
    *,
    lab_version: Callable[[str], str],
    environment: str,
) -> None:
    """Write and sign all grades; `lab_version` gives the version of a lab."""
    with opened(target) as stream:
        for grade in grades:
            said = statement(grade, lab_version=lab_version(grade.lab), environment=environment)
            told = {
                "student": grade.student,
                "lab": grade.lab,
                "submitted": grade.submitted.isoformat() if grade.submitted else None,
                "graded": grade.graded.isoformat(),
                "flags": list(grade.flags),
                "report": grade.report,
                "signed": sign(said, key),
            }
            stream.write(json.dumps(told, ensure_ascii=True, allow_nan=False) + "\n")


def examine(
    path: Path,
    key: Ed25519PublicKey,
    *,
    lab_version: Callable[[str], str] | None = None,
    environment: str | None = None,
) -> Iterator[Finding]:
    """Give a finding for each line; versions that are not given are those that were signed.

    Raises UsageError when the file cannot be read.
    """
    seen: set[tuple[str, str]] = set()
    for number, text in lines(path):
        try:
            data = json.loads(text, object_pairs_hook=distinct)
            grade, signed = decode(data), data["signed"]
            said = signed["statement"]
            version = lab_version(grade.lab) if lab_version else str(said["lab_version"])
            place = str(said["environment"]) if environment is None else environment
            fault = verify(grade, signed, key, lab_version=version, environment=place)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield Finding(number, "", "", "This line is no signed result.")
            continue
        whose = grade.student, grade.lab
        if not fault and whose in seen:
            fault = "A line above is of the same student and lab."
        if not fault:
            seen.add(whose)
        yield Finding(number, one_line(grade.student, 80), one_line(grade.lab, 80), fault)


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the file's lines, each cut where no result is so long."""
    try:
        with path.open("rb") as file:
            number = 0
            while text := file.readline(LONGEST):
                number += 1
                yield number, text
    except OSError as error:
        raise UsageError("The results could not be read.", str(error), "check the path.") from None


def decode(data: dict[str, Any]) -> Grade:
    """Return the grade of a line; anything that is none raises what `examine` expects."""
    submitted = data["submitted"]
    for part, kind in (("student", str), ("lab", str), ("report", dict)):
        if not isinstance(data[part], kind):
            raise TypeError(part)
    return Grade(
        student=data["student"],
        lab=data["lab"],
        source="",
        submitted=None if submitted is None else datetime.fromisoformat(submitted),
        flags=tuple(data["flags"]),
        report=data["report"],
        graded=datetime.fromisoformat(data["graded"]),
    )


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; one that says something twice could be read in two ways."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made
