"""Sign results with the instructor's key, so that an edited, replayed or foreign one is found.

A signed result is a JSON object: `statement` (below), `key` (a fingerprint of the public key) and
`signature`, Ed25519 over the canonical JSON of the statement after the schema's name and a NUL:

    schema            "beyond/signed/1"
    student, lab      whose work on what
    lab_version, checks_version, environment
                      what was asked, what judged it, and where
    submission        sha256 of the files that were judged
    submitted, graded times, in UTC; submitted may be null
    report            sha256 of the report's canonical JSON
    score             {"core": [got, of], "extension": [got, of]}, strings without rounding; null
                      when something was not judged

Whose statement it is stands inside it: a signature under another name proves the replay.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lab_kit.errors import UsageError
from lab_kit.grading.forms.marks import Share, marks
from lab_kit.grading.forms.text import one_line
from lab_kit.grading.model import Grade

SCHEMA = "beyond/signed/1"
PARTS = frozenset({"statement", "key", "signature"})
NAMES = {"graded": "time of grading", "submitted": "time of handing in"}
Signed = dict[str, Any]


def generate(place: Path) -> str:
    """Write a new private key to `place` and the public one beside it, `.pub`; give its print.

    Raises UsageError when there is one already: what it signed could not be verified any more.
    """
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    public = key.public_key().public_bytes(
        forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        for path, data, mode in ((place, secret, 0o600), (public_place(place), public, 0o644)):
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with open(number, "wb") as file:
                file.write(data)
    except OSError as error:
        raise UsageError(
            "No new key was made.", str(error), "name a file that does not exist yet."
        ) from None
    return fingerprint(key.public_key())


def public_place(place: Path) -> Path:
    """Return where the public key lies."""
    return place.with_name(f"{place.name}.pub")


def private_key(place: Path) -> Ed25519PrivateKey:
    """Read a private key; raise UsageError when it is none, or others may read it."""
    data = key_bytes(place)
    if place.stat().st_mode & 0o077:
        raise UsageError(
            "The signing key may be read by others.",
            f"That is {place}.",
            f"run `chmod 600 {place}`.",
        )
    try:
        key = forms.load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise no_key(place, "private")
    return key


def public_key(place: Path) -> Ed25519PublicKey:
    """Read a public key; raise UsageError when it is none."""
    try:
        key = forms.load_pem_public_key(key_bytes(place))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise no_key(place, "public")
    return key


def key_bytes(place: Path) -> bytes:
    """Read a key file."""
    try:
        return place.read_bytes()
    except OSError as error:
        raise UsageError("The key could not be read.", str(error), "check the path.") from None


def no_key(place: Path, kind: str) -> UsageError:
    """Return the error for a file that holds something else."""
    return UsageError(
        f"{place} is no {kind} Ed25519 key.",
        "Results are signed and verified with such keys in PEM form.",
        "name the key that was made for this course.",
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the sha256 of a public key, as the results name it."""
    raw = key.public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def canonical(data: Any) -> bytes:
    """Return the one JSON text of some data: sorted, ASCII, without spaces, NaN refused."""
    return json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()


def statement(grade: Grade) -> dict[str, Any]:
    """Return what is signed of a grade."""
    found, report = marks(grade), grade.report
    versions = ("lab_version", "checks_version", "environment", "submission")
    return {
        "schema": SCHEMA,
        "student": grade.student,
        "lab": grade.lab,
        **{part: str(report.get(part, "")) for part in versions},
        "submitted": stamp(grade.submitted),
        "graded": stamp(grade.graded),
        "report": hashlib.sha256(canonical(report)).hexdigest(),
        "score": {"core": exact(found.core), "extension": exact(found.extension)}
        if found.judged
        else None,
    }


def exact(share: Share) -> list[str]:
    """Return points as text: whoever verifies need not round as we do."""
    return [repr(share.got), repr(share.of)]


def stamp(moment: datetime | None) -> str | None:
    """Return a time as one text, whatever its zone."""
    return moment.astimezone(UTC).isoformat() if moment else None


def sign(said: Mapping[str, Any], key: Ed25519PrivateKey) -> Signed:
    """Return the statement with its signature."""
    made = base64.b64encode(key.sign(message(said))).decode()
    return {"statement": dict(said), "key": fingerprint(key.public_key()), "signature": made}


def message(said: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed."""
    return SCHEMA.encode() + b"\0" + canonical(said)


def fault(signed: Any, key: Ed25519PublicKey, expected: Mapping[str, Any]) -> str:
    """Return what is wrong with a signed result as one sentence, '' when it holds.

    `expected` is what the result must state, part by part: at least `student` and `lab`, and for
    everything that is known also the versions, the submission and the report.
    """
    if not isinstance(signed, Mapping) or set(signed) != PARTS:
        return "This is no signed result."
    said = signed["statement"]
    if not isinstance(said, Mapping) or said.get("schema") != SCHEMA:
        return "This is no signed result of a kind that is known here."
    if signed["key"] != fingerprint(key):
        return "It was signed with another key."
    try:
        key.verify(base64.b64decode(str(signed["signature"]), validate=True), message(said))
    except (InvalidSignature, ValueError, TypeError, RecursionError):
        return "It was edited after it was signed."
    for part, value in expected.items():
        if said.get(part) != value:
            stated = one_line(said.get(part), 80)
            return f"It was signed for another {NAMES.get(part, part.replace('_', ' '))}: {stated}."
    return ""


def verify(grade: Grade, signed: Any, key: Ed25519PublicKey) -> str:
    """Return what is wrong with the signed result of a grade, '' when all of it holds."""
    return fault(signed, key, statement(grade))
