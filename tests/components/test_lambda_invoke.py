"""What a function sees, and what its caller gets back, on AWS's own runtime client."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_kit.components import lambda_settings
from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import level

ECHO = """
    def handler(event, context):
        return {"got": event}
"""
SEEN = """
    import os
    loaded = {"pid": os.getpid()}

    def handler(event, context):
        return {
            "environment": dict(os.environ),
            "cwd": os.getcwd(),
            "files": sorted(os.listdir()),
            "left_ms": context.get_remaining_time_in_millis(),
            "request_id": context.aws_request_id,
            "arn": context.invoked_function_arn,
            "name": context.function_name,
            "client": context.client_context and context.client_context.custom,
        }
"""


def seen(folder: Path, **options):
    with LambdaRuntime(folder, **options) as runtime:
        invocation = runtime.invoke({}, client_context={"custom": {"shop": "Kiosk"}})
    assert invocation.outcome == "ok", invocation.log
    return invocation, invocation.payload


def test_an_event_comes_back_as_json(code):
    with LambdaRuntime(code(ECHO)) as runtime:
        for event in ({"sku": "A-1", "price": 1.5}, [1, None, True], "ü€", 7, None):
            invocation = runtime.invoke(event)
            assert invocation.payload == {"got": event}
            assert (invocation.status, invocation.outcome, invocation.error) == (200, "ok", None)


def test_bytes_are_sent_as_they_are(code):
    with LambdaRuntime(code(ECHO)) as runtime:
        assert runtime.invoke(b'{"a": [1, 2]}').payload == {"got": {"a": [1, 2]}}


def test_the_first_invocation_is_cold_and_the_next_is_not(code):
    with LambdaRuntime(code(ECHO)) as runtime:
        first, second = runtime.invoke({}), runtime.invoke({})
    assert first.cold
    assert first.init_ms is not None
    assert not second.cold
    assert second.init_ms is None
    assert first.environment == second.environment


def test_module_state_is_kept_between_invocations(code):
    folder = code("""
        count = 0

        def handler(event, context):
            global count
            count += 1
            return count
    """)
    with LambdaRuntime(folder) as runtime:
        assert [runtime.invoke({}).payload for _ in range(3)] == [1, 2, 3]
        (environment,) = runtime.environments
        assert environment.invocations == 3
        assert environment.state == "idle"
        assert environment.memory_mb > 1


def test_the_environment_variables_are_lambdas(code):
    folder = code(SEEN)
    invocation, payload = seen(folder, name="quote", memory_mb=256, environment={"SHOP": "Kiosk"})
    found = payload["environment"]
    assert found["SHOP"] == "Kiosk"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "quote"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert found["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert found["AWS_REGION"] == "us-east-1"
    assert found["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/quote"
    assert found["AWS_LAMBDA_LOG_STREAM_NAME"].endswith(f"[$LATEST]{invocation.environment}")
    assert found["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert re.fullmatch(r"AWS_Lambda_python3\.\d+", found["AWS_EXECUTION_ENV"])
    assert found["LAMBDA_TASK_ROOT"] == payload["cwd"] == str(folder)
    assert found["_HANDLER"] == "handler.handler"
    assert found["TZ"] == ":UTC"
    assert "AWS_SECRET_ACCESS_KEY" not in found


def test_the_context_tells_the_request_the_time_and_the_client(code):
    invocation, payload = seen(code(SEEN), timeout_s=5.0)
    assert payload["request_id"] == invocation.request_id
    assert 4000 < payload["left_ms"] <= 5000
    assert payload["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:kiosk"
    assert payload["client"] == {"shop": "Kiosk"}


def test_the_trace_id_reaches_the_function(code):
    folder = code("""
        import os

        def handler(event, context):
            return os.environ["_X_AMZN_TRACE_ID"]
    """)
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    with LambdaRuntime(folder) as runtime:
        assert runtime.invoke({}, trace_id=trace).payload == trace
        other = runtime.invoke({})
        assert other.payload == other.trace_id != trace


def test_a_trace_id_or_client_context_cannot_split_the_headers(code):
    folder = code("""
        import os

        def handler(event, context):
            return [os.environ["_X_AMZN_TRACE_ID"], context.client_context.custom["a"]]
    """)
    with LambdaRuntime(folder) as runtime:
        one = runtime.invoke({}, trace_id="x\r\ny: z", client_context='{"custom": {\r\n"a": 1}}')
    assert one.payload == ["x y: z", 1], one.log


def test_the_code_folder_cannot_be_written(code):
    folder = code("""
        def handler(event, context):
            open("handler.py", "a").write("# mine")
    """)
    before = (folder / "handler.py").read_text()
    with LambdaRuntime(folder) as runtime:
        invocation = runtime.invoke({})
    if level().name != "none":  # where nothing is held, nothing is claimed
        assert invocation.error_type in ("OSError", "PermissionError")
        assert (folder / "handler.py").read_text() == before


def test_bytes_from_the_handler_are_the_body(code):
    folder = code("""
        def handler(event, context):
            return b"plain"
    """)
    with LambdaRuntime(folder) as runtime:
        invocation = runtime.invoke({})
    assert invocation.body == b"plain"
    assert invocation.payload is None
    assert invocation.outcome == "ok"


def test_every_invocation_is_told_to_those_who_listen(code):
    told = []
    with LambdaRuntime(code(ECHO)) as runtime:
        stop = runtime.on_invocation(told.append)
        invocation = runtime.invoke({})
        stop()
        runtime.invoke({})
    assert told == [invocation]


def test_a_listener_that_fails_does_not_spoil_the_invocation(code, caplog):
    with LambdaRuntime(code(ECHO)) as runtime:
        runtime.on_invocation(lambda invocation: 1 / 0)
        assert runtime.invoke({}).outcome == "ok"
    assert "A callback of LambdaRuntime.on_invocation failed." in caplog.text


def test_an_event_that_is_not_json_is_refused_in_words(code):
    with LambdaRuntime(code(ECHO)) as runtime:
        with pytest.raises(UsageError, match="The event is not a JSON value"):
            runtime.invoke({"when": {1, 2}})
        with pytest.raises(UsageError, match="The event is not a JSON value"):
            runtime.invoke(float("nan"))
        with pytest.raises(UsageError, match="The client context is not a JSON value"):
            runtime.invoke({}, client_context={1, 2})
        invocation = runtime.invoke(b"{not json")
    assert invocation.status == 400
    assert invocation.error_type == "InvalidRequestContentException"
    assert invocation.error_message.startswith("Could not parse request body into json: ")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"There is no folder with code at .*nowhere"):
        LambdaRuntime(tmp_path / "nowhere")


def test_a_reserved_variable_is_named(code):
    with pytest.raises(UsageError, match="AWS_LAMBDA_FUNCTION_NAME belongs to Lambda"):
        LambdaRuntime(code(ECHO), environment={"AWS_LAMBDA_FUNCTION_NAME": "x"})


def test_a_missing_runtime_client_is_named_with_the_way_out(code, monkeypatch):
    monkeypatch.setattr(lambda_settings, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="awslambdaric, is not installed") as caught:
        LambdaRuntime(code(ECHO))
    assert "./lab doctor" in caught.value.next


def test_boto3_fits_into_the_smallest_function(code):
    folder = code("""
        import boto3
        queue = boto3.client("sqs")

        def handler(event, context):
            return queue.meta.endpoint_url
    """)
    services = {"AWS_ENDPOINT_URL": ("127.0.0.1", 1)}
    with LambdaRuntime(folder, services=services, timeout_s=20) as runtime:
        invocation = runtime.invoke({})
    assert str(invocation.payload).startswith("http://127.0.0.1:"), invocation.log
