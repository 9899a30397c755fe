"""Say what the answer of a policy's expressions means: what fails, why, and what is noted.

What goes wrong in an expression is a failure, unless the policy ignores it (failurePolicy).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab_kit.components.cel_process import Answer
from lab_kit.components.kubernetes.policies import Policy
from lab_kit.components.kubernetes.status import Object

SPENT = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
LONGEST_MESSAGE, LONGEST_NOTE = 5 * 1024, 10 * 1024


def failures(policy: Policy, answer: Answer) -> Iterator[tuple[int, str, str]]:
    """Give each validation that fails: its number, reason and message."""
    if answer is None:
        if not policy.lenient:
            yield 0, "", SPENT
        return
    wrong = [told for good, told in answer["conditions"] if not good]
    if wrong and answer["expressions"]:
        if not policy.lenient:
            yield 0, "", wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]"
        return
    found = dict(zip(policy.places, answer["expressions"], strict=False))
    for number, entry in enumerate(policy.spec.get("validations", ())):
        good, value = found.get(("validations", number, "expression"), (True, True))
        if not good and not policy.lenient:
            yield number, "", value
        elif good and value is not True:
            told = found.get(("validations", number, "messageExpression"), (False, ""))
            yield number, entry.get("reason", ""), message_of(entry, *told)


def message_of(entry: Object, good: bool, told: Any) -> str:
    """Return what a validation says when it fails: what its expression gives, or its message."""
    text = told.strip() if good and isinstance(told, str) else ""
    if len(text.encode()) > LONGEST_MESSAGE or "\n" in text:
        text = ""
    fixed = entry.get("message", "").strip()
    return text or fixed or f"failed expression: {entry['expression'].strip()}"


def notes(policy: Policy, answer: Answer) -> Iterator[tuple[str, bool, str]]:
    """Give each audit annotation that is not empty: key, whether it could be told, and what."""
    wrong = answer is None or any(not good for good, _ in answer["conditions"])
    for place, (good, value) in zip(
        policy.places, [] if wrong or answer is None else answer["expressions"], strict=False
    ):
        part, number, _ = place
        if part == "auditAnnotations" and (not good or (isinstance(value, str) and value.strip())):
            yield policy.spec[part][number]["key"], good, value.strip()[:LONGEST_NOTE]
