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
    raise NotImplementedError("one transaction: Put the order if it is not there, ADD its cents")


def handler(event: dict, context: object) -> dict:
    """Book every message of the batch; name those that failed, so that only they come back."""
    raise NotImplementedError('book each record\'s body; collect {"itemIdentifier": messageId} of failures')
