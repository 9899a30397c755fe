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
    # BEGIN SOLUTION: one transaction: Put the order if it is not there, ADD its cents
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
    # END SOLUTION


def handler(event: dict, context: object) -> dict:
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception:  # noqa: BLE001 - whatever went wrong, it is sent away
            if record["eventSourceARN"].endswith(":kiosk"):
                failures.append({"itemIdentifier": record["messageId"]})
                continue
            sqs = boto3.client("sqs", region_name="us-east-1")
            dead = sqs.get_queue_url(QueueName=f"{TABLE}-dead")["QueueUrl"]
            sqs.send_message(QueueUrl=dead, MessageBody=record["body"])
    return {"batchItemFailures": failures}
