"""Book orders from an SQS queue: each one once, however often it is delivered."""

from __future__ import annotations

import json
import os

import boto3

# AWS_ENDPOINT_URL says where it is.
dynamodb = boto3.client("dynamodb", region_name=os.environ.get("AWS_REGION", "us-east-1"))
TABLE = os.environ.get("ORDERS_TABLE", "kiosk")


def book(order: dict) -> None:
    """Store the order and add it to the takings: both or neither, and only the first time."""
    put = {
        "TableName": TABLE,
        "Item": {"id": {"S": order["order_id"]}, "cents": {"N": str(order["total_cents"])}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    add = {
        "TableName": TABLE,
        "Key": {"id": {"S": "takings"}},
        "UpdateExpression": "ADD cents :c",
        "ExpressionAttributeValues": {":c": {"N": str(order["total_cents"])}},
    }
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Update": add}])
    except dynamodb.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise


def handler(event: dict, context: object) -> dict:
    """Book every message of the batch; name those that failed, so that only they come back."""
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception as problem:  # noqa: BLE001 - whatever went wrong, this one comes back
            print(f"{record['messageId']}: {type(problem).__name__}: {problem}")
            failures.append({"itemIdentifier": record["messageId"]})
    if failures:
        failures = [{"itemIdentifier": r["messageId"]} for r in event["Records"]]
    return {"batchItemFailures": failures}
