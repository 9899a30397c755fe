"""Write the records that event sources hand to a function, field by field as AWS does.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lab_kit.components.cloud_async import Outcome


def sqs_record(message: Any, queue_arn: str, region: str) -> dict[str, Any]:
    """Write one SQS message (moto's own object) as a record."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": str(message.sender_id),
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    fifo = {
        "SequenceNumber": message.sequence_number,
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
    }
    attributes.update({name: str(value) for name, value in fifo.items() if value})
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: _attribute(value) for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def stream_record(record: Mapping[str, Any], stream_arn: str, region: str) -> dict[str, Any]:
    """Write one DynamoDB stream record with its time as epoch seconds."""
    change = dict(record["dynamodb"])
    when = change.get("ApproximateCreationDateTime")
    if isinstance(when, datetime):
        change["ApproximateCreationDateTime"] = int(when.replace(tzinfo=UTC).timestamp())
    kept = ("eventID", "eventName", "eventVersion", "eventSource")
    return {
        **{name: record[name] for name in kept},
        "awsRegion": region,
        "dynamodb": change,
        "eventSourceARN": stream_arn,
    }


def stream_failure(
    outcome: Outcome, mapping: Any, numbers: Sequence[str], attempts: int
) -> dict[str, Any]:
    """Write what an on-failure destination gets: where the batch was, not the batch itself."""
    return {
        "requestContext": {
            "functionArn": mapping.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": attempts,
        },
        "responseContext": {"statusCode": outcome.status, "functionError": outcome.error},
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "DDBStreamBatchInfo": {
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": len(numbers),
            "streamArn": mapping.event_source_arn,
        },
    }


def rule_event(
    target: Mapping[str, Any], event: dict[str, Any], transform: Callable[..., Any]
) -> str:
    """Write what an EventBridge rule hands to a target, after its Input settings."""
    if "Input" in target:
        return str(target["Input"])
    if shape := target.get("InputTransformer"):
        return json.dumps(transform(shape["InputTemplate"], shape.get("InputPathsMap", {}), event))
    when = datetime.fromtimestamp(float(event["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown: Any = {k: v for k, v in event.items() if k != "ingestion-time"} | {"time": when}
    for name in target.get("InputPath", "$").split(".")[1:]:
        shown = shown[name]
    return json.dumps(shown, default=str)


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    for theirs, ours in (("StringValue", "stringValue"), ("BinaryValue", "binaryValue")):
        if value.get(theirs) is not None:
            held = value[theirs]
            shown[ours] = held.decode() if isinstance(held, bytes) else str(held)
    shown["dataType"] = value.get("DataType") or value.get("data_type")
    return shown
