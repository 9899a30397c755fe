"""Cloud: asynchronous invocations, queues, streams, buckets, rules and topics."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.components.cloud_account import Account, Throttled

SCALE = 0.005


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    made = Account(time_scale=SCALE)
    with made.cloud:
        yield made


def fail(event: Any) -> Any:
    raise ValueError("no tea")


def connect(account: Account, name: str, source: str, **more: Any) -> str:
    return str(account.client("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=name, **more
    )["UUID"])  # fmt: skip


def send(account: Account, url: str, *bodies: str) -> list[str]:
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    sent = account.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)["Successful"]
    return [entry["MessageId"] for entry in sent]


def deliveries(account: Account, name: str) -> list[tuple[str, int]]:
    """Return (body, receive count) of every record a function got."""
    return [
        (record["body"], int(record["attributes"]["ApproximateReceiveCount"]))
        for event in account.seen(name)
        for record in event["Records"]
    ]


# asynchronous invocations


def test_event_is_accepted_at_once_and_runs_later(account: Account) -> None:
    accepted = threading.Event()
    name = account.deploy(lambda event: accepted.wait(10) or fail(event))
    answer = account.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=b'{"a": 1}'
    )
    accepted.set()
    assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""
    assert account.cloud.settle() == []
    assert account.seen(name) == [{"a": 1}]


def test_failed_event_is_tried_three_times_then_dead(account: Account) -> None:
    url, arn = account.queue()
    name = account.deploy(fail, DeadLetterConfig={"TargetArn": arn})
    account.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=b'{"order": 7}'
    )
    assert account.cloud.settle() == []
    first, second, third = account.times(name)
    assert second - first >= 60 * SCALE and third - second >= 120 * SCALE
    (dead,) = account.taken(url)
    assert json.loads(dead["Body"]) == {"order": 7}
    words = {name: value["StringValue"] for name, value in dead["MessageAttributes"].items()}
    assert words["ErrorMessage"] == "no tea" and words["ErrorCode"] == "200"
    assert words["RequestID"]
    shown = account.client("lambda").get_function_configuration(FunctionName=name)
    assert shown["DeadLetterConfig"] == {"TargetArn": arn}


def test_event_that_succeeds_later_is_not_dead(account: Account) -> None:
    tries = itertools.count()
    url, arn = account.queue()
    name = account.deploy(
        lambda event: fail(event) if next(tries) < 2 else "ok", DeadLetterConfig={"TargetArn": arn}
    )
    account.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    assert account.cloud.settle() == []
    assert len(account.seen(name)) == 3 and account.taken(url) == []


def test_destinations_get_the_record(account: Account) -> None:
    failures, failed_arn = account.queue()
    successes, done_arn = account.queue()
    name = account.deploy(lambda event: fail(event) if event.get("bad") else {"ok": 1})
    account.client("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0,
        DestinationConfig={
            "OnSuccess": {"Destination": done_arn}, "OnFailure": {"Destination": failed_arn}
        },
    )  # fmt: skip
    for payload in (b'{"bad": 1}', b"{}"):
        account.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)
    assert account.cloud.settle() == []
    (bad,) = [json.loads(message["Body"]) for message in account.taken(failures)]
    (good,) = [json.loads(message["Body"]) for message in account.taken(successes)]
    assert bad["requestContext"]["condition"] == "RetriesExhausted"
    assert bad["requestContext"]["approximateInvokeCount"] == 1
    assert bad["requestPayload"] == {"bad": 1}
    assert bad["responseContext"]["functionError"] == "Unhandled"
    assert bad["responsePayload"]["errorMessage"] == "no tea"
    assert good["requestContext"]["condition"] == "Success"
    assert good["responsePayload"] == {"ok": 1} and "functionError" not in good["responseContext"]


def test_throttled_event_waits_for_room(account: Account) -> None:
    tries = itertools.count()

    def crowded(event: Any) -> str:
        if next(tries) < 4:
            raise Throttled
        return "ok"

    name = account.deploy(crowded)
    account.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    assert account.cloud.settle() == []
    assert len(account.seen(name)) == 5


# queues


def test_queue_is_read_in_batches(account: Account) -> None:
    url, arn = account.queue()
    name = account.deploy(lambda event: None)
    ids = send(account, url, *"abcdefg")
    connect(account, name, arn, BatchSize=3)
    assert account.cloud.settle() == []
    assert sorted(deliveries(account, name)) == [(body, 1) for body in "abcdefg"]
    assert max(len(event["Records"]) for event in account.seen(name)) == 3
    record = account.seen(name)[0]["Records"][0]
    assert record["messageId"] in ids and record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == arn and record["awsRegion"] == "us-east-1"
    assert record["receiptHandle"] and record["md5OfBody"]


def test_message_attributes_arrive(account: Account) -> None:
    url, arn = account.queue()
    name = account.deploy(lambda event: None)
    connect(account, name, arn)
    account.client("sqs").send_message(
        QueueUrl=url, MessageBody="x",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "gift"}},
    )  # fmt: skip
    assert account.cloud.settle() == []
    (attribute,) = account.seen(name)[0]["Records"][0]["messageAttributes"].values()
    assert attribute["stringValue"] == "gift" and attribute["dataType"] == "String"


def test_failed_batch_comes_back_after_the_visibility_timeout(account: Account) -> None:
    url, arn = account.queue(VisibilityTimeout="60")
    tries = itertools.count()
    name = account.deploy(lambda event: fail(event) if next(tries) == 0 else None)
    send(account, url, "a", "b")
    connect(account, name, arn)
    assert account.cloud.settle() == []
    assert sorted(deliveries(account, name)) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    first, second = account.times(name)[:2]
    assert second - first >= 60 * SCALE * 0.9


def test_only_what_failed_comes_back(account: Account) -> None:
    url, arn = account.queue(VisibilityTimeout="30")

    def picky(event: Any) -> Any:
        bad = [
            record["messageId"] for record in event["Records"]
            if record["body"] == "bad" and record["attributes"]["ApproximateReceiveCount"] == "1"
        ]  # fmt: skip
        return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}

    name = account.deploy(picky)
    send(account, url, *"abcd", "bad", *"efghi")
    connect(account, name, arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert account.cloud.settle() == []
    expected = [(body, 1) for body in "abcdefghi"] + [("bad", 1), ("bad", 2)]
    assert sorted(deliveries(account, name)) == sorted(expected)


def test_report_is_ignored_unless_it_was_asked_for(account: Account) -> None:
    url, arn = account.queue(VisibilityTimeout="30")
    name = account.deploy(lambda event: {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    })  # fmt: skip
    send(account, url, "a")
    connect(account, name, arn)
    assert account.cloud.settle() == []
    assert deliveries(account, name) == [("a", 1)]


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []},
                                    {"batchItemFailures": None}, {"other": 1}])  # fmt: skip
def test_answer_that_names_nothing_is_success(account: Account, answer: Any) -> None:
    url, arn = account.queue(VisibilityTimeout="30")
    name = account.deploy(lambda event: answer)
    send(account, url, "a", "b")
    connect(account, name, arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert account.cloud.settle() == []
    assert sorted(deliveries(account, name)) == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    "answer",
    [
        "all fine", [1], {"batchItemFailures": "m1"}, {"batchItemFailures": [{}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "no such message"}]},
        {"batchItemFailures": [{"itemId": "m1"}]}, {"batchItemFailures": ["m1"]},
    ],
)  # fmt: skip
def test_answer_that_makes_no_sense_fails_the_batch(account: Account, answer: Any) -> None:
    url, arn = account.queue(VisibilityTimeout="30")
    tries = itertools.count()
    name = account.deploy(lambda event: answer if next(tries) == 0 else None)
    send(account, url, "a", "b")
    connect(account, name, arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert account.cloud.settle() == []
    assert sorted(deliveries(account, name)) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_poison_goes_to_the_dead_letter_queue(account: Account) -> None:
    dead_url, dead_arn = account.queue()
    url, arn = account.queue(
        VisibilityTimeout="30",
        RedrivePolicy={"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3},
    )
    name = account.deploy(lambda event: {"batchItemFailures": [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"] if record["body"] == "poison"
    ]})  # fmt: skip
    send(account, url, "a", "poison", "b")
    connect(account, name, arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert account.cloud.settle() == []
    poison = [count for body, count in deliveries(account, name) if body == "poison"]
    assert poison == [1, 2, 3]
    assert [message["Body"] for message in account.taken(dead_url)] == ["poison"]


def test_batching_window_fills_a_batch(account: Account) -> None:
    url, arn = account.queue()
    name = account.deploy(lambda event: None)
    connect(account, name, arn, BatchSize=10, MaximumBatchingWindowInSeconds=300)
    send(account, url, *"abcdefghi")
    time.sleep(0.1)
    send(account, url, "j")
    assert account.cloud.settle() == []
    assert [len(event["Records"]) for event in account.seen(name)] == [10]


def test_message_in_work_is_not_handed_out_again(account: Account) -> None:
    url, arn = account.queue(VisibilityTimeout="30")  # 0.15 s here, the function takes longer
    name = account.deploy(lambda event: time.sleep(0.6))
    send(account, url, "a")
    connect(account, name, arn)
    assert account.cloud.settle() == []
    assert deliveries(account, name) == [("a", 1)]


def test_disabled_and_deleted_mappings_read_nothing(account: Account) -> None:
    url, arn = account.queue()
    name = account.deploy(lambda event: None)
    uuid = connect(account, name, arn, Enabled=False)
    send(account, url, "a")
    time.sleep(0.2)
    assert account.cloud.settle() == [] and account.seen(name) == []
    account.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    assert account.cloud.settle() == []
    account.client("lambda").delete_event_source_mapping(UUID=uuid)
    send(account, url, "b")
    time.sleep(0.2)
    assert deliveries(account, name) == [("a", 1)]
    assert account.cloud.settle() == []


def test_settle_names_what_is_still_on_its_way(account: Account) -> None:
    url, arn = account.queue(VisibilityTimeout="30")
    name = account.deploy(fail)
    uuid = connect(account, name, arn)
    send(account, url, "poison")
    still = account.cloud.settle(0.5)
    assert any(f"1 left in {arn.split(':')[-1]}" in item for item in still)
    account.client("lambda").delete_event_source_mapping(UUID=uuid)
    assert account.cloud.settle() == []


def test_mapping_that_aws_refuses_is_refused(account: Account) -> None:
    wrong = account.client("lambda").exceptions.InvalidParameterValueException
    _, arn = account.queue(VisibilityTimeout="30")
    name = account.deploy(lambda event: None, Timeout=60)
    with pytest.raises(wrong, match="30 seconds is less than Function timeout: 60 seconds"):
        connect(account, name, arn)
    with pytest.raises(wrong, match="does not offer FilterCriteria"):
        connect(account, name, arn, FilterCriteria={"Filters": [{"Pattern": "{}"}]})
    with pytest.raises(account.client("lambda").exceptions.ResourceNotFoundException):
        connect(account, "nobody", arn)


def test_nothing_is_lost_under_load(account: Account) -> None:
    url, arn = account.queue(VisibilityTimeout="30")
    tries = itertools.count()
    name = account.deploy(lambda event: fail(event) if next(tries) % 3 == 0 else None)
    connect(account, name, arn, BatchSize=10)
    for start in range(0, 200, 10):
        send(account, url, *(str(n) for n in range(start, start + 10)))
    assert account.cloud.settle(30) == []
    assert {body for body, _ in deliveries(account, name)} == {str(n) for n in range(200)}
    assert account.taken(url) == []


def test_fifo_queue_keeps_its_order(account: Account) -> None:
    sqs = account.client("sqs")
    url = sqs.create_queue(
        QueueName="orders.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    name = account.deploy(lambda event: None)
    for body in "abcdef":
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    connect(account, name, "arn:aws:sqs:us-east-1:123456789012:orders.fifo", BatchSize=2)
    assert account.cloud.settle() == []
    assert [body for body, _ in deliveries(account, name)] == list("abcdef")


# other sources


@pytest.fixture(scope="module")
def stream(account: Account) -> str:
    made = account.client("dynamodb").create_table(
        TableName="orders", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )  # fmt: skip
    return str(made["TableDescription"]["LatestStreamArn"])


def put(account: Account, *ids: str) -> None:
    for name in ids:
        account.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": name}})


def changes(account: Account, name: str) -> list[list[str]]:
    return [
        [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
        for event in account.seen(name)
    ]


def test_stream_tells_changes_in_order_and_retries(account: Account, stream: str) -> None:
    put(account, "before")
    tries = itertools.count()
    name = account.deploy(lambda event: fail(event) if next(tries) == 0 else None)
    uuid = connect(account, name, stream, StartingPosition="LATEST", BatchSize=2)
    put(account, "a", "b", "c")
    assert account.cloud.settle() == []
    told = changes(account, name)
    assert told[0] == told[1][: len(told[0])]
    assert list(itertools.chain(*told[1:])) == ["a", "b", "c"]
    record = account.seen(name)[0]["Records"][0]
    assert record["eventName"] == "INSERT" and record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == stream
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}}
    account.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_stream_gives_up_after_its_retries(account: Account, stream: str) -> None:
    url, arn = account.queue()
    name = account.deploy(lambda event: fail(event) if "bad" in str(event) else None)
    uuid = connect(
        account, name, stream, StartingPosition="LATEST", BatchSize=1, MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )  # fmt: skip
    put(account, "bad", "good")
    assert account.cloud.settle() == []
    assert changes(account, name) == [["bad"], ["bad"], ["bad"], ["good"]]
    (message,) = account.taken(url)
    lost = json.loads(message["Body"])
    assert lost["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert lost["requestContext"]["approximateInvokeCount"] == 3
    assert lost["DDBStreamBatchInfo"]["batchSize"] == 1
    account.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_stream_goes_on_after_the_first_failure_named(account: Account, stream: str) -> None:
    tries = itertools.count()

    def second(event: Any) -> Any:
        if next(tries) or len(event["Records"]) < 3:
            return {}
        number = event["Records"][1]["dynamodb"]["SequenceNumber"]
        return {"batchItemFailures": [{"itemIdentifier": number}]}

    name = account.deploy(second)
    uuid = connect(
        account, name, stream, StartingPosition="LATEST", Enabled=False,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )  # fmt: skip
    put(account, "x", "y", "z")
    account.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    assert account.cloud.settle() == []
    assert changes(account, name) == [["x", "y", "z"], ["y", "z"]]
    account.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_bucket_notifies_about_its_prefix(account: Account) -> None:
    name = account.deploy(lambda event: None)
    arn = account.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    s3 = account.client("s3")
    s3.create_bucket(Bucket="inbox")
    rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    s3.put_bucket_notification_configuration(
        Bucket="inbox",
        NotificationConfiguration={"LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": rules}
        ]},
    )  # fmt: skip
    for key in ("out/a", "in/b"):
        s3.put_object(Bucket="inbox", Key=key, Body=b"1")
    assert account.cloud.settle() == []
    events = [event for event in account.seen(name) if event.get("Event") != "s3:TestEvent"]
    (record,) = [record for event in events for record in event["Records"]]
    assert record["s3"]["object"]["key"] == "in/b" and record["eventSource"] == "aws:s3"


def test_failed_notification_is_retried(account: Account) -> None:
    tries = itertools.count()
    name = account.deploy(lambda event: fail(event) if next(tries) == 0 else None)
    arn = account.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    topic = account.client("sns").create_topic(Name="retry")["TopicArn"]
    account.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    account.client("sns").publish(TopicArn=topic, Message="hello", Subject="news")
    assert account.cloud.settle() == []
    assert len(account.seen(name)) == 2
    assert account.seen(name)[0]["Records"][0]["Sns"]["Message"] == "hello"


def test_rule_invokes_what_its_pattern_matches(account: Account) -> None:
    whole = account.deploy(lambda event: None)
    part = account.deploy(lambda event: None)
    fixed = account.deploy(lambda event: None)
    shaped = account.deploy(lambda event: None)
    arns = {
        name: account.client("lambda").get_function(FunctionName=name)["Configuration"][
            "FunctionArn"
        ]
        for name in (whole, part, fixed, shaped)
    }
    queue_url, queue_arn = account.queue()
    events = account.client("events")
    events.put_rule(Name="shop", EventPattern=json.dumps({"source": ["kiosk"]}))
    template = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"number": <n>}'}
    events.put_targets(Rule="shop", Targets=[
        {"Id": "1", "Arn": arns[whole]},
        {"Id": "2", "Arn": arns[part], "InputPath": "$.detail"},
        {"Id": "3", "Arn": arns[fixed], "Input": '{"always": 1}'},
        {"Id": "4", "Arn": arns[shaped], "InputTransformer": template},
        {"Id": "5", "Arn": queue_arn},
    ])  # fmt: skip
    entry = {"DetailType": "order", "Detail": '{"n": 5}'}
    for source in ("kiosk", "other"):
        answer = events.put_events(Entries=[{"Source": source, **entry}])
        assert answer["FailedEntryCount"] == 0
    assert account.cloud.settle() == []
    (event,) = account.seen(whole)
    assert (event["source"], event["detail-type"], event["detail"]) == ("kiosk", "order", {"n": 5})
    assert time.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ")
    assert account.seen(part) == [{"n": 5}]
    assert account.seen(fixed) == [{"always": 1}]
    assert account.seen(shaped) == [{"number": 5}]
    assert len(account.taken(queue_url)) == 1
