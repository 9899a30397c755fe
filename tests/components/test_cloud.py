"""Cloud: plain boto3 against moto, functions carried out by a runtime of ours."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_kit.components import cloud as cloud_module
from lab_kit.components import cloud_runtimes
from lab_kit.components.cloud import Carried, Cloud
from lab_kit.components.http_api import HttpApi
from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import level
from tests.components.cloud_account import Account, Local, Throttled, pack


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    made = Account()
    with made.cloud:
        yield made


def fail(event: Any) -> Any:
    raise ValueError("no tea")


def throttle(event: Any) -> Any:
    raise Throttled


def test_invoke_gives_the_answer_and_the_log(account: Account) -> None:
    name = account.deploy(lambda event: {"got": event})
    answer = account.client("lambda").invoke(
        FunctionName=name, Payload=b'{"sku": "A-1"}', LogType="Tail"
    )
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer
    assert json.load(answer["Payload"]) == {"got": {"sku": "A-1"}}
    assert base64.b64decode(answer["LogResult"]) == b"START\nREPORT\n"
    assert answer["ExecutedVersion"] == "$LATEST"


def test_log_comes_only_when_asked_for(account: Account) -> None:
    name = account.deploy(lambda event: 1)
    assert "LogResult" not in account.client("lambda").invoke(FunctionName=name)


def test_no_payload_is_an_empty_object(account: Account) -> None:
    name = account.deploy(lambda event: event)
    answer = account.client("lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == {}


def test_function_error_is_unhandled(account: Account) -> None:
    name = account.deploy(fail)
    answer = account.client("lambda").invoke(FunctionName=name, LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"]) == {"errorType": "ValueError", "errorMessage": "no tea"}
    assert base64.b64decode(answer["LogResult"]) == b"boom\n"


def test_throttling_is_too_many_requests(account: Account) -> None:
    name = account.deploy(throttle)
    awslambda = account.client("lambda")
    with pytest.raises(awslambda.exceptions.TooManyRequestsException) as caught:
        awslambda.invoke(FunctionName=name)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert "Rate Exceeded" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "limit"), [("RequestResponse", 6 * 1024 * 1024), ("Event", 1024 * 1024)]
)
def test_payload_over_the_limit_is_refused(account: Account, kind: str, limit: int) -> None:
    name = account.deploy(lambda event: None)
    awslambda = account.client("lambda")
    payload = b'"' + b"x" * (limit - 1) + b'"'
    with pytest.raises(awslambda.exceptions.RequestTooLargeException) as caught:
        awslambda.invoke(FunctionName=name, InvocationType=kind, Payload=payload)
    assert f"{limit + 1} byte payload is too large for the {kind}" in str(caught.value)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert account.seen(name) == []
    fits = b'"' + b"x" * (limit - 2) + b'"'
    answer = awslambda.invoke(FunctionName=name, InvocationType=kind, Payload=fits)
    assert answer["StatusCode"] == (200 if kind == "RequestResponse" else 202)
    assert account.cloud.settle() == []
    assert len(account.seen(name)) == 1


def test_payload_that_is_no_json_is_refused(account: Account) -> None:
    name = account.deploy(lambda event: None)
    awslambda = account.client("lambda")
    for payload in (b"{", b"[" * 100_000):
        with pytest.raises(awslambda.exceptions.InvalidRequestContentException) as caught:
            awslambda.invoke(FunctionName=name, Payload=payload)
        assert "Could not parse request body into json" in str(caught.value)


def test_payload_is_never_read_as_a_parameter(account: Account) -> None:
    name = account.deploy(lambda event: event)
    payload = b'{"qualifier": "9", "Qualifier": "9"}'
    answer = account.client("lambda").invoke(FunctionName=name, Payload=payload)
    assert answer["Payload"].read() == payload


def test_unknown_function_is_not_found(account: Account) -> None:
    awslambda = account.client("lambda")
    with pytest.raises(awslambda.exceptions.ResourceNotFoundException, match="Function not found"):
        awslambda.invoke(FunctionName="nobody")


def test_dry_run_runs_nothing(account: Account) -> None:
    name = account.deploy(lambda event: None)
    answer = account.client("lambda").invoke(FunctionName=name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and account.seen(name) == []


def test_one_runtime_until_code_or_settings_change(account: Account) -> None:
    name = account.deploy(
        lambda event: None, MemorySize=256, Timeout=7, Environment={"Variables": {"A": "1"}},
        EphemeralStorage={"Size": 600},
    )  # fmt: skip
    awslambda = account.client("lambda")

    def mine() -> list[Local]:
        return [made for made in account.made if made.function.name == name]

    for _ in range(3):
        awslambda.invoke(FunctionName=name)
    (first,) = mine()
    function = first.function
    assert (function.memory_mb, function.timeout_s, function.handler) == (256, 7.0, "app.handler")
    assert (function.environment, function.reserved, function.tmp_mb) == ({"A": "1"}, None, 600)
    assert (function.folder / "app.py").read_text() == f"# {name}"
    awslambda.update_function_code(FunctionName=name, ZipFile=pack({"app.py": "# new"}))
    awslambda.invoke(FunctionName=name)
    _, second = mine()
    assert [made.closed for made in mine()] == [True, False]
    assert (second.function.folder / "app.py").read_text() == "# new"
    awslambda.update_function_configuration(FunctionName=name, MemorySize=512)
    awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    awslambda.invoke(FunctionName=name)
    _, _, third = mine()
    assert [made.closed for made in mine()] == [True, True, False]
    assert (third.function.memory_mb, third.function.reserved) == (512, 2)


def test_old_code_finishes_what_it_began(account: Account) -> None:
    began, go = threading.Event(), threading.Event()

    def slow(event: Any) -> str:
        if event == {"slow": 1}:
            began.set()
            assert go.wait(10)
        return "done"

    name = account.deploy(slow)
    awslambda = account.client("lambda")
    answers: list[Any] = []
    thread = threading.Thread(
        target=lambda: answers.append(
            json.load(awslambda.invoke(FunctionName=name, Payload=b'{"slow": 1}')["Payload"])
        )
    )
    thread.start()
    assert began.wait(10)
    awslambda.update_function_code(FunctionName=name, ZipFile=pack({"app.py": "# 2"}))
    awslambda.invoke(FunctionName=name)
    old = next(made for made in account.made if made.function.name == name)
    assert not old.closed
    go.set()
    thread.join(10)
    assert answers == ["done"] and old.closed


def test_function_may_call_the_cloud_while_it_is_waited_for(account: Account) -> None:
    bucket = account.client("s3").create_bucket
    bucket(Bucket="callbacks")

    def write(event: Any) -> str:
        account.client("s3").put_object(Bucket="callbacks", Key="x", Body=b"1")
        inner = account.client("lambda").invoke(FunctionName=helper)
        return str(json.load(inner["Payload"]))

    helper = account.deploy(lambda event: "inner")
    name = account.deploy(write)
    answer = account.client("lambda").invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == "inner"
    assert account.client("s3").get_object(Bucket="callbacks", Key="x")["Body"].read() == b"1"


def test_invocations_run_side_by_side(account: Account) -> None:
    barrier = threading.Barrier(12, timeout=10)
    name = account.deploy(lambda event: barrier.wait() and None)
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(
                account.client("lambda").invoke(FunctionName=name)["StatusCode"]
            )
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert statuses == [200] * 12


def test_http_api_in_front_of_a_deployed_function(account: Account) -> None:
    name = account.deploy(lambda event: {"statusCode": 201, "body": event["rawPath"]})
    api = account.cloud.http_api(name)
    connection = http.client.HTTPConnection(*api.address, timeout=10)
    connection.request("GET", "/tea?x=1")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (201, b"/tea")
    for handler, status in ((fail, 500), (throttle, 503)):
        account.handlers[name] = handler
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_version_and_alias_keep_their_code(account: Account) -> None:
    name = account.deploy(lambda event: None)
    awslambda = account.client("lambda")
    version = awslambda.publish_version(FunctionName=name)["Version"]
    awslambda.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    awslambda.update_function_code(FunctionName=name, ZipFile=pack({"app.py": "# later"}))
    for qualifier in (version, "live"):
        answer = awslambda.invoke(FunctionName=name, Qualifier=qualifier)
        assert answer["ExecutedVersion"] == version
    made = next(m for m in account.made if m.function.name == name)
    assert (made.function.folder / "app.py").read_text() == f"# {name}"


def test_condition_in_dynamodb_holds_between_threads(account: Account) -> None:
    table = account.client("dynamodb")
    table.create_table(
        TableName="once", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    won: list[str] = []

    def put(order: str) -> None:
        try:
            table.put_item(
                TableName="once", Item={"id": {"S": order}},
                ConditionExpression="attribute_not_exists(id)",
            )  # fmt: skip
            won.append(order)
        except table.exceptions.ConditionalCheckFailedException:
            pass

    threads = [threading.Thread(target=put, args=(str(n % 10),)) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(won) == [str(n) for n in range(10)]


def test_a_hundred_requests_at_once_are_all_answered(account: Account) -> None:
    body = b"Action=ListQueues"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 17\r\n\r\n"
    with contextlib.ExitStack() as held:
        opened = []
        for _ in range(100):
            sock = held.enter_context(socket.create_connection(account.cloud.endpoint, 60))
            sock.sendall(head)
            answer = held.enter_context(sock.makefile("rb"))
            assert answer.readline().startswith(b"HTTP/1.1 100")  # it has its thread, and waits
            opened.append((sock, answer))
        for sock, _ in opened:
            sock.sendall(body)
        said = [answer.read() for _, answer in opened]
        assert [text for text in said if b"HTTP/1.1 200 OK" not in text] == []


def test_motos_own_controls_are_closed(account: Account) -> None:
    name = account.deploy(lambda event: "still here")
    for method, path in (("POST", "/moto-api/reset"), ("GET", "/moto-api/data.json")):
        connection = http.client.HTTPConnection(*account.cloud.endpoint, timeout=10)
        connection.request(method, path)
        answer = connection.getresponse()
        assert answer.status == 404 and b"not part of AWS" in answer.read()
        connection.close()
    assert account.client("lambda").invoke(FunctionName=name)["StatusCode"] == 200


def test_moto_reaches_nothing_else(account: Account) -> None:
    if level().name != "full":
        return  # without a network namespace nothing is promised
    seen: list[Any] = []

    def note(event: Any) -> Carried:
        seen.append(event)
        return Carried(200, None, None, b"", "")

    with HttpApi(note) as api:
        sns = account.client("sns")
        topic = sns.create_topic(Name="out")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=api.url)
        with contextlib.suppress(Exception):  # moto answers a 500 that is no XML
            sns.publish(TopicArn=topic, Message="x")
    assert seen == []


def test_clients_ignore_this_machines_settings(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with Account().cloud as cloud:
        assert cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert cloud.client("sts") is cloud.client("sts")


def test_fault_of_the_runtime_is_not_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(function: Any) -> Any:
        raise Unavailable("The runtime client is missing.")

    account = Account()
    monkeypatch.setattr(account.cloud._runtimes, "_make", broken)
    with account.cloud as cloud:
        name = account.deploy(lambda event: None)
        with pytest.raises(ClientError, match=r"ServiceException.*runtime client is missing"):
            cloud.client("lambda").invoke(FunctionName=name)
        with pytest.raises(Unavailable, match="runtime client is missing"):
            cloud.settle()


def test_settings_that_cannot_be_run_are_the_functions_error_and_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def picky(function: Any) -> Any:
        raise UsageError("The environment variable _HANDLER belongs to Lambda.")

    account = Account()
    monkeypatch.setattr(account.cloud._runtimes, "_make", picky)
    with account.cloud as cloud:
        answer = cloud.client("lambda").invoke(FunctionName=account.deploy(lambda event: None))
        assert answer["FunctionError"] == "Unhandled"
        assert "_HANDLER belongs to Lambda" in json.load(answer["Payload"])["errorMessage"]
        cloud.settle()


@pytest.mark.parametrize(("limit", "what"), [("MOST", "functions"), ("MOST_CODES", "packages")])
def test_functions_without_number_are_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, what: str
) -> None:
    monkeypatch.setattr(cloud_runtimes, limit, 1)
    account = Account()
    with account.cloud as cloud:
        first, second = (account.deploy(lambda event: "here") for _ in range(2))
        for name, told in [(first, '"here"'), (second, f"More than 1 {what}"), (first, '"here"')]:
            answer = cloud.client("lambda").invoke(FunctionName=name)
            assert told in answer["Payload"].read().decode()
        cloud.settle()
    assert len(account.made) == 1


def test_a_body_kept_back_does_not_keep_the_tables_from_others(account: Account) -> None:
    with socket.create_connection(account.cloud.endpoint, timeout=10) as slow:
        slow.sendall(
            b"POST / HTTP/1.1\r\nHost: dynamodb.us-east-1.amazonaws.com\r\n"
            b"X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 100\r\n\r\n{"
        )
        for _ in range(5):  # one of them comes after the slow one
            assert "TableNames" in account.client("dynamodb").list_tables()


def test_cloud_that_dies_says_so() -> None:
    with Account().cloud as cloud:
        cloud._program.kill()
        with pytest.raises(Unavailable) as caught:
            cloud.settle()
    assert "The cloud (moto) ended by itself." in str(caught.value)
    assert "doctor" in caught.value.next


def test_moto_that_changed_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = cloud_module.BOOT.replace(
        "from lab_kit.components import cloud_child",
        "from moto.awslambda.models import LambdaFunction as F; F.invoke = lambda self, x: 1\n"
        "from moto.sqs.models import Queue; del Queue.add_message\n"
        "from lab_kit.components import cloud_child",
    )
    monkeypatch.setattr(cloud_module, "BOOT", changed)
    with pytest.raises(Unavailable) as caught:
        Cloud(lambda function: pytest.fail("nothing runs"))
    assert "installed moto is not the one it was written for" in caught.value.what
    assert "LambdaFunction.invoke has ('self', 'x')" in caught.value.why
    assert "Queue.add_message has gone" in caught.value.why
    assert "./lab" in caught.value.next


def test_moto_that_cannot_be_imported_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_module, "BOOT", "raise ImportError('no module named moto')")
    with pytest.raises(Unavailable) as caught:
        Cloud(lambda function: pytest.fail("nothing runs"))
    assert "no module named moto" in caught.value.why


def test_moto_that_is_missing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_module, "find_spec", lambda name: None)
    with pytest.raises(Unavailable) as caught:
        Cloud(lambda function: pytest.fail("nothing runs"))
    assert "moto is not installed" in caught.value.what and "./lab" in caught.value.next


def test_closing_does_not_wait_for_what_runs() -> None:
    began, go = threading.Event(), threading.Event()

    def stuck(event: Any) -> None:
        began.set()
        go.wait(30)

    account = Account()
    try:
        name = account.deploy(stuck)
        account.client("lambda").invoke(FunctionName=name, InvocationType="Event")
        assert began.wait(10)
        before = time.monotonic()
        account.cloud.close()
        assert time.monotonic() - before < 20
    finally:
        go.set()
        account.cloud.close()


def test_closing_twice_leaves_nothing() -> None:
    account = Account()
    name = account.deploy(lambda event: None)
    account.client("lambda").invoke(FunctionName=name)
    folder = account.made[0].function.folder
    program = account.cloud._program
    account.cloud.close()
    account.cloud.close()
    assert account.made[0].closed and not folder.exists() and not program.alive
