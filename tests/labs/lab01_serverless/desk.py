"""Read what orders.py left behind: whatever it did to table and queues, the check goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from lab_kit.errors import Failed

LOOK = "look at book and handler in orders.py."


def asked(what: str, call: Callable[..., Any], **arguments: Any) -> Any:
    """Return what the cloud answers; Failed when the table or queue is no longer as it was."""
    try:
        return call(**arguments)
    except ClientError as error:
        why = f"got: {error}"[:300]
        raise Failed(f"The {what} cannot be read any more.", why, LOOK) from None


def whole(row: dict[str, Any]) -> int:
    """Return a row's cents; Failed when they are no whole number."""
    value = row.get("cents", {"N": "0"})
    try:
        return int(value["N"])
    except (KeyError, ValueError):
        why = f"expected: {{'N': '...'}}, a whole number\ngot:      {value!r:.200}"
        raise Failed("The cents of a row are no whole number.", why, LOOK) from None


def record(message_id: str, body: str) -> dict[str, Any]:
    """Return one SQS message as a Lambda function gets it."""
    return {
        "messageId": message_id,
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795435200000"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:kiosk",
        "awsRegion": "us-east-1",
    }
