"""What went wrong, in Lambda's own error types and words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lab_kit.components.lambda_runtime import LambdaRuntime

INIT = {
    "Runtime.ImportModuleError": ("import nowhere", "No module named 'nowhere'"),
    "Runtime.UserCodeSyntaxError": ("def handler(:\n    pass", "Syntax error in module 'handler'"),
    "Runtime.HandlerNotFound": ("other = 1", "Handler 'handler' missing on module 'handler'"),
    "RuntimeError": ("raise RuntimeError('no database')", "no database"),
}


@pytest.mark.parametrize("error_type", INIT)
def test_an_init_phase_that_fails_says_so(code, error_type):
    source, message = INIT[error_type]
    with LambdaRuntime(code(source)) as runtime:
        invocation = runtime.invoke({})
        assert runtime.environments == []
    assert (invocation.outcome, invocation.error) == ("init", "Unhandled")
    assert invocation.error_type == error_type
    assert message in invocation.error_message
    assert f"Phase: init\tStatus: error\tError Type: {error_type}" in invocation.log
    assert invocation.report.endswith(f"Status: error\tError Type: {error_type}\t")
    assert invocation.payload["errorType"] == error_type


def test_a_syntax_error_names_file_and_line(code):
    folder = code("x = 1\ndef handler(event context):\n    pass\n")
    with LambdaRuntime(folder) as runtime:
        (place,) = runtime.invoke({}).trace
    assert f'File "{folder}/handler.py" Line 2' in place


def test_a_handler_name_without_a_dot_is_malformed(code):
    with LambdaRuntime(code("pass"), "handler") as runtime:
        assert runtime.invoke({}).error_type == "Runtime.MalformedHandlerName"


def test_a_process_that_dies_in_the_init_phase_has_its_last_words(code):
    folder = code("""
        import os, sys
        print("cannot find the price list", file=sys.stderr, flush=True)
        os._exit(3)
    """)
    with LambdaRuntime(folder) as runtime:
        invocation = runtime.invoke({})
    assert (invocation.outcome, invocation.error_type) == ("init", "Runtime.ExitError")
    assert invocation.error_message == (
        f"RequestId: {invocation.request_id} Error: Runtime exited with error: exit status 3"
    )
    assert invocation.trace == ["cannot find the price list"]


def test_an_exception_of_the_handler_is_reported_and_the_environment_kept(code):
    folder = code("""
        class NoSuchSku(Exception):
            pass

        def handler(event, context):
            if event:
                raise NoSuchSku("A-1")
            return "fine"
    """)
    with LambdaRuntime(folder) as runtime:
        invocation, after = runtime.invoke({"sku": "A-1"}), runtime.invoke({})
    assert (invocation.outcome, invocation.error, invocation.status) == ("error", "Unhandled", 200)
    assert (invocation.error_type, invocation.error_message) == ("NoSuchSku", "A-1")
    assert "line 7, in handler" in invocation.trace[0]
    assert after.payload == "fine"
    assert after.environment == invocation.environment


def test_an_answer_that_is_not_json_is_a_marshal_error(code):
    folder = code("""
        def handler(event, context):
            return {1, 2}
    """)
    with LambdaRuntime(folder) as runtime:
        invocation = runtime.invoke({})
    assert (invocation.outcome, invocation.error_type) == ("error", "Runtime.MarshalError")
    assert "Object of type set is not JSON serializable" in invocation.error_message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("os._exit(7)", "Runtime exited with error: exit status 7"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_handler_that_ends_its_process_is_an_exit_error(code, line, said):
    folder = code(f"""
        import ctypes, os, sys

        def handler(event, context):
            if event:
                {line}
            return os.getpid()
    """)
    with LambdaRuntime(folder) as runtime:
        before, invocation, after = (runtime.invoke(event) for event in ({}, {"end": 1}, {}))
    assert (invocation.outcome, invocation.error_type) == ("exit", "Runtime.ExitError")
    assert invocation.error_message == f"RequestId: {invocation.request_id} Error: {said}"
    assert f"Error: {said}\nRuntime.ExitError\nEND " in invocation.log
    assert after.outcome == "ok"
    assert after.cold
    assert after.environment != before.environment


def test_an_environment_that_dies_after_its_answer_is_not_used_again(code):
    folder = code("""
        import os, threading

        def handler(event, context):
            if event:
                threading.Timer(0.02, os._exit, [5]).start()
            return "answered"
    """)
    with LambdaRuntime(folder) as runtime:
        first = runtime.invoke({"then": "die"})
        (environment,) = runtime.environments
        deadline = time.monotonic() + 10
        while Path(f"/proc/{environment.pid}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        second = runtime.invoke({})
    assert first.payload == second.payload == "answered"
    assert second.cold
    assert second.environment != first.environment


def test_a_deep_recursion_is_an_error_like_any_other(code):
    folder = code("""
        def handler(event, context):
            return handler(event, context)
    """)
    with LambdaRuntime(folder) as runtime:
        assert runtime.invoke({}).error_type == "RecursionError"
