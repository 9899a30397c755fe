"""Cloud and LambdaRuntime together: handlers on AWS's own runtime client, deployed with boto3."""

from __future__ import annotations

import base64
import http.client
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_kit.components.cloud import Cloud, Function
from lab_kit.components.http_api import HttpApi
from lab_kit.components.lambda_runtime import LambdaRuntime

HANDLER = """\
import json, os, time
import boto3
from botocore.exceptions import ClientError

table = boto3.client("dynamodb")

def handler(event, context):
    if "Records" in event:
        return consume(event)
    if event.get("boom"):
        raise ValueError("no tea")
    time.sleep(event.get("sleep", 0))
    return {"name": context.function_name, "left": context.get_remaining_time_in_millis(),
            "shop": os.environ["SHOP"]}

def consume(event):
    failed = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        if order["n"] == 3:
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        try:
            table.put_item(TableName="orders", Item={"id": {"S": str(order["n"])}},
                           ConditionExpression="attribute_not_exists(id)")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
    return {"batchItemFailures": failed}
"""


def pack(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", text)
    return packed.getvalue()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    def runtime(function: Function) -> LambdaRuntime:
        return LambdaRuntime(
            function.folder, function.handler, name=function.name, memory_mb=function.memory_mb,
            timeout_s=function.timeout_s, reserved=function.reserved,
            environment=function.environment,
            services={"AWS_ENDPOINT_URL": made.endpoint},
        )  # fmt: skip

    with Cloud(runtime) as made:
        role = made.client("iam").create_role(RoleName="k", AssumeRolePolicyDocument="{}")
        made.client("lambda").create_function(
            FunctionName="orders", Runtime="python3.11", Role=role["Role"]["Arn"],
            Handler="handler.handler", Code={"ZipFile": pack(HANDLER)}, Timeout=5, MemorySize=256,
            Environment={"Variables": {"SHOP": "Kiosk"}},
        )  # fmt: skip
        yield made


def invoke(cloud: Cloud, event: Any, **more: Any) -> tuple[dict[str, Any], Any]:
    answer = cloud.client("lambda").invoke(
        FunctionName="orders", Payload=json.dumps(event).encode(), LogType="Tail", **more
    )
    return answer, json.load(answer["Payload"])


def test_handler_runs_on_the_real_client(cloud: Cloud) -> None:
    answer, payload = invoke(cloud, {})
    assert payload["name"] == "orders" and payload["shop"] == "Kiosk"
    assert 0 < payload["left"] <= 5000
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "START RequestId" in log and "REPORT RequestId" in log and "256 MB" in log


def test_error_of_the_handler_is_unhandled_with_its_trace(cloud: Cloud) -> None:
    answer, payload = invoke(cloud, {"boom": 1})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "ValueError" and payload["errorMessage"] == "no tea"
    assert "handler.py" in str(payload["stackTrace"])


def test_queue_consumer_writes_each_order_once(cloud: Cloud) -> None:
    table, sqs = cloud.client("dynamodb"), cloud.client("sqs")
    table.create_table(
        TableName="orders", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2,
    }  # fmt: skip
    url = sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": json.dumps(redrive)})[
        "QueueUrl"
    ]
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:orders", FunctionName="orders",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )  # fmt: skip
    for n in [*range(10), 1, 2]:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": n}))
    assert cloud.settle(30) == []
    stored = {item["id"]["S"] for item in table.scan(TableName="orders")["Items"]}
    assert stored == {str(n) for n in range(10) if n != 3}
    (poison,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert json.loads(poison["Body"]) == {"n": 3}


def test_reserved_concurrency_throttles(cloud: Cloud) -> None:
    awslambda = cloud.client("lambda")
    awslambda.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=1)
    refused: list[str] = []
    together = threading.Barrier(4, timeout=10)

    def one() -> None:
        together.wait()
        try:
            invoke(cloud, {"sleep": 1})
        except awslambda.exceptions.TooManyRequestsException as error:
            refused.append(error.response["Reason"])

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == ["ReservedFunctionConcurrentInvocationLimitExceeded"] * 3


def test_http_front_stands_before_a_runtime_alone(tmp_path: Path) -> None:
    (tmp_path / "quote.py").write_text(
        "def handler(event, context):\n"
        "    if event['rawPath'] == '/boom':\n        raise ValueError('no tea')\n"
        "    return {'statusCode': 201, 'headers': {'x-method': event['requestContext']['http']"
        "['method']}, 'body': event['body']}\n"
    )
    with LambdaRuntime(tmp_path, "quote.handler") as runtime, HttpApi(runtime.invoke) as api:
        connection = http.client.HTTPConnection(*api.address, timeout=20)
        connection.request("POST", "/", '{"n": 1}', {"content-type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("x-method")) == (201, "POST")
        assert answer.read() == b'{"n": 1}'
        connection.request("GET", "/boom")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (500, b'{"message":"Internal Server Error"}')
        connection.close()
