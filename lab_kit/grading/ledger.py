"""Hand results out signed, a line of JSON a grade, and find what was changed since.

Whoever has the public key can check the file; only the private key makes one. A line holds the
grade (`student`, `lab`, `submitted`, `graded`, `flags`, `report`) and its `signed` statement. The
last line vouches for the others, so that none can be left out or moved:

    {"end": {"schema": "beyond/signed-end/1", "results": how many, "digest": sha256 over
     their signatures in order}, "key": ..., "signature": ...}

Lines hold whole reports, hidden checks too: the file is for who keeps grades, not for students.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lab_kit.errors import UsageError
from lab_kit.grading.forms.target import Target, opened
from lab_kit.grading.forms.text import one_line
from lab_kit.grading.model import Grade
from lab_kit.grading.signing import canonical, fault, fingerprint, sign, statement, verify
from lab_kit.grading.store import Store

LONGEST = 4 << 20
END = "beyond/signed-end/1"
OPEN_END = "The signed end is missing: results may have been left out."
OTHER_END = "Results were left out, added, moved or changed after the end was signed."
Stands = Callable[[str, str], Grade | None]


class Finding(NamedTuple):
    """Say what is wrong with one line, '' when it holds; whose it claims to be, for people."""

    line: int
    student: str
    lab: str
    fault: str


def write(grades: Iterable[Grade], target: Target, key: Ed25519PrivateKey) -> None:
    """Write and sign all grades."""
    count, digest = 0, hashlib.sha256()
    with opened(target) as stream:
        for grade in grades:
            signed = sign(statement(grade), key)
            told = {
                "student": grade.student,
                "lab": grade.lab,
                "submitted": grade.submitted.isoformat() if grade.submitted else None,
                "graded": grade.graded.isoformat(),
                "flags": list(grade.flags),
                "report": grade.report,
                "signed": signed,
            }
            count += 1
            digest.update(signed["signature"].encode())
            stream.write(json.dumps(told, ensure_ascii=True, allow_nan=False) + "\n")
        stream.write(json.dumps(end(count, digest.hexdigest(), key)) + "\n")


def end(count: int, digest: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return the last line."""
    said = {"schema": END, "results": count, "digest": digest}
    made = base64.b64encode(key.sign(END.encode() + b"\0" + canonical(said))).decode()
    return {"end": said, "key": fingerprint(key.public_key()), "signature": made}


def ends(data: Any, key: Ed25519PublicKey, count: int, digest: str) -> bool:
    """Tell whether a last line vouches for so many results with this digest."""
    said = {"schema": END, "results": count, "digest": digest}
    try:
        key.verify(base64.b64decode(data["signature"], validate=True),
                   END.encode() + b"\0" + canonical(data["end"]))  # fmt: skip
    except (InvalidSignature, ValueError, KeyError, TypeError, RecursionError):
        return False
    return bool(data["end"] == said)


@contextmanager
def standing(store: Path | None) -> Iterator[Stands | None]:
    """Give a look-up of the grades that stand in a store, None without one."""
    if store is None:
        yield None
        return
    with Store(store, write=False) as opened_store:
        yield lambda student, lab: next(opened_store.grades(lab=lab, student=student), None)


def examine(path: Path, key: Ed25519PublicKey, stands: Stands | None = None) -> Iterator[Finding]:
    """Give a finding for each result, and one more when the end does not vouch for them.

    With `stands`, a result must be the one that stands there. Raises UsageError when the file
    cannot be read.
    """
    seen: set[tuple[str, str]] = set()
    count, digest, ended, number = 0, hashlib.sha256(), False, 0
    for number, text in lines(path):
        data = parsed(text)
        if isinstance(data, dict) and "end" in data and not ended:
            ended = True
            if not ends(data, key, count, digest.hexdigest()):
                yield Finding(number, "", "", OTHER_END)
            continue
        found = judge(number, data, key, stands, seen)
        count += 1
        if not found.fault:
            digest.update(str(data["signed"]["signature"]).encode())
            seen.add((data["student"], data["lab"]))
            if ended:
                found = found._replace(fault="It stands below the signed end.")
        yield found
    if not ended:
        yield Finding(number + 1, "", "", OPEN_END)


def judge(
    number: int, data: Any, key: Ed25519PublicKey, stands: Stands | None,
    seen: set[tuple[str, str]],
) -> Finding:  # fmt: skip
    """Return the finding for one line."""
    try:
        grade, signed = decode(data), data["signed"]
        wrong = verify(grade, signed, key)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Finding(number, "", "", "This line is no signed result.")
    if not wrong and (grade.student, grade.lab) in seen:
        wrong = "A line above is of the same student and lab."
    if not wrong and stands is not None:
        other = stands(grade.student, grade.lab)
        wrong = fault(signed, key, statement(other)) if other else "No such result is kept."
    return Finding(number, one_line(grade.student, 80), one_line(grade.lab, 80), wrong)


def parsed(text: bytes) -> Any:
    """Return a line's data, None when it is none."""
    try:
        return json.loads(text, object_pairs_hook=distinct)
    except (ValueError, RecursionError):
        return None


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


def decode(data: Any) -> Grade:
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
