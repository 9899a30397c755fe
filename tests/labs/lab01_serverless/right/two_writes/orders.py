import json
import os

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ.get("ORDERS_TABLE", "kiosk"))


def once(write, **arguments):
    try:
        write(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def book(order):
    key, cents = order["order_id"], int(order["total_cents"])
    once(
        table.put_item,
        Item={"id": key, "cents": cents},
        ConditionExpression=Attr("id").not_exists(),
    )
    once(
        table.update_item,
        Key={"id": "takings"},
        UpdateExpression="ADD cents :c, counted :k",
        ConditionExpression="NOT contains(counted, :one)",
        ExpressionAttributeValues={":c": cents, ":k": {key}, ":one": key},
    )


def attempt(record):
    try:
        book(json.loads(record["body"]))
    except Exception:
        return False
    return True


def handler(event, context):
    bad = [record for record in event["Records"] if not attempt(record)]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in bad]}
