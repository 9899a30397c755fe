from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab_kit.errors import UsageError
from lab_kit.grading import signing
from lab_kit.grading.model import Grade
from tests.unit.grading.forms.made import class_of_four, grade, row

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key()
KNOWN = {"lab_version": "v1", "environment": "full; CPython 3.12"}


def known(made: Grade, **more: str) -> Grade:
    return replace(made, report={**made.report, **KNOWN, **more})


def signed(made: Grade) -> dict[str, Any]:
    result = signing.sign(signing.statement(known(made)), KEY)
    back: dict[str, Any] = json.loads(json.dumps(result))  # as it comes back from a file
    return back


def fault(made: Grade, result: object, key: Ed25519PrivateKey = KEY, **more: str) -> str:
    return signing.verify(known(made, **more), result, key.public_key())


def test_what_was_signed_holds() -> None:
    for made in class_of_four():
        assert fault(made, signed(made)) == ""


def test_the_statement_says_what_counts() -> None:
    said = signed(class_of_four()[0])["statement"]
    assert (said["student"], said["lab"], said["lab_version"]) == ("Ada", "lab01_toy", "v1")
    assert (said["checks_version"], said["submission"]) == ("cd" * 32, "ab" * 32)
    assert said["environment"] == "full; CPython 3.12"
    assert said["score"] == {"core": ["4.0", "4.0"], "extension": ["1.0", "1.0"]}
    assert said["submitted"] == "2026-03-01T12:00:00+00:00"


def test_what_was_not_judged_is_signed_as_no_score() -> None:
    assert [signed(g)["statement"]["score"] for g in class_of_four()[2:]] == [None, None]


@pytest.mark.parametrize(
    "part", ["student", "lab", "lab_version", "checks_version", "environment", "submission",
             "submitted", "graded", "report", "score"],
)  # fmt: skip
def test_an_edited_statement_is_found(part: str) -> None:
    result = signed(class_of_four()[0])
    result["statement"][part] = {"core": ["9.0", "9.0"]}
    assert fault(class_of_four()[0], result) == "It was edited after it was signed."


def test_a_part_added_or_taken_away_is_found() -> None:
    made = class_of_four()[0]
    result = signed(made)
    result["statement"]["bonus"] = 1
    assert fault(made, result) == "It was edited after it was signed."
    result = signed(made)
    del result["statement"]["submitted"]
    assert fault(made, result) == "It was edited after it was signed."


def test_a_result_replayed_by_another_student_is_found() -> None:
    ada, bob = class_of_four()[:2]
    assert fault(replace(bob, report=ada.report), signed(ada)) == (
        "It was signed for another student: Ada."
    )


def test_a_result_of_an_older_release_or_other_place_is_found() -> None:
    made = class_of_four()[0]
    assert fault(made, signed(made), lab_version="v2") == (
        "It was signed for another lab version: v1."
    )
    assert "another environment" in fault(made, signed(made), environment="none")
    newer = replace(made, report={**made.report, "checks_version": "ef" * 32})
    assert "another checks version" in fault(newer, signed(made))


def test_an_edited_report_is_found_even_if_points_stay() -> None:
    made = grade(row(), row("takes", "failed"))
    swapped = grade(row(verdict="failed"), row("takes"))
    assert fault(swapped, signed(made)).startswith("It was signed for another report:")


def test_a_foreign_key_is_found() -> None:
    made, other = class_of_four()[0], Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    assert fault(made, signed(made), other) == "It was signed with another key."
    claimed = {**signed(made), "key": signing.fingerprint(other.public_key())}
    assert fault(made, claimed, other) == "It was edited after it was signed."


@pytest.mark.parametrize(
    "junk", [None, [], {}, {"statement": 1, "key": "", "signature": ""}, "x",
             {"statement": {}, "key": "", "signature": "", "more": 1}],
)  # fmt: skip
def test_junk_is_no_signed_result(junk: object) -> None:
    assert fault(class_of_four()[0], junk).startswith("This is no signed result")


@pytest.mark.parametrize("made", ["", "!!", "AAAA", 7, None, ["A"], "é"])
def test_a_signature_that_is_none_is_an_edit(made: object) -> None:
    one = class_of_four()[0]
    assert fault(one, {**signed(one), "signature": made}) == "It was edited after it was signed."


def test_keys_are_private_and_never_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "course.key"
    printed = signing.generate(place)
    assert place.stat().st_mode & 0o777 == 0o600
    assert signing.fingerprint(signing.public_key(tmp_path / "course.key.pub")) == printed
    assert signing.fingerprint(signing.private_key(place).public_key()) == printed
    before = place.read_bytes()
    with pytest.raises(UsageError, match=r"No new key was made\.") as caught:
        signing.generate(place)
    assert "does not exist yet" in caught.value.next
    assert place.read_bytes() == before


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "course.key"
    signing.generate(place)
    place.chmod(0o644)
    with pytest.raises(UsageError, match="may be read by others") as caught:
        signing.private_key(place)
    assert caught.value.next == f"run `chmod 600 {place}`."


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    place = tmp_path / "x"
    with pytest.raises(UsageError, match="could not be read"):
        signing.public_key(place)
    place.write_text("hello")
    place.chmod(0o600)
    with pytest.raises(UsageError, match="is no private Ed25519 key"):
        signing.private_key(place)
    with pytest.raises(UsageError, match="is no public Ed25519 key"):
        signing.public_key(place)
