"""Book orders from an SQS queue."""

import json
import os

import boto3

dynamodb = boto3.client("dynamodb", region_name=os.environ.get("AWS_REGION", "us-east-1"))
TABLE = os.environ.get("ORDERS_TABLE", "kiosk")


def row(name: str, cents: int) -> dict:
    return {"id": {"S": name}, "cents": {"N": str(cents)}}


def handler(event: dict, context: object) -> dict:
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            dynamodb.put_item(TableName=TABLE, Item=row(order["order_id"], order["total_cents"]))
        except Exception:  # noqa: BLE001 - whatever went wrong, this one comes back
            failures.append({"itemIdentifier": record["messageId"]})
    rows = dynamodb.scan(TableName=TABLE)["Items"]
    total = sum(int(one["cents"]["N"]) for one in rows if one["id"]["S"] != "takings")
    dynamodb.put_item(TableName=TABLE, Item=row("takings", total))
    return {"batchItemFailures": failures}
