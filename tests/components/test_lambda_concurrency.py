"""One environment per request in flight; scale-out, reuse, throttling, provisioning, closing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.errors import Unavailable, UsageError

SLOW = """
    import os, time
    running = 0

    def handler(event, context):
        global running
        running += 1
        try:
            assert running == 1, "two requests in one environment"
            time.sleep(event.get("s", 0))
            return {"n": event.get("n"), "host": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]}
        finally:
            running -= 1
"""


def together(runtime, events):
    with ThreadPoolExecutor(len(events)) as pool:
        return list(pool.map(runtime.invoke, events))


def test_parallel_requests_never_share_an_environment(code):
    with LambdaRuntime(code(SLOW), timeout_s=20) as runtime:
        results = together(runtime, [{"n": n, "s": 1.0} for n in range(6)])
        assert len(runtime.environments) == 6
    assert [one.payload["n"] for one in results] == list(range(6))
    assert len({one.environment for one in results}) == 6
    assert all(one.cold for one in results)


def test_every_event_is_answered_once_whatever_happens(code):
    folder = code("""
        import os, random

        def handler(event, context):
            print("got", event["n"])
            if event["n"] % 7 == 0:
                os._exit(1)
            if event["n"] % 5 == 0:
                raise ValueError(event["n"])
            return event["n"]
    """)
    told = []
    with LambdaRuntime(folder, account_concurrency=4, timeout_s=20) as runtime:
        runtime.on_invocation(told.append)
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda n: runtime.invoke({"n": n}), range(60)))
    assert len(told) == 60
    assert len({one.request_id for one in told}) == 60
    for n, one in enumerate(results):
        assert one.log.count(f"got {n}\n") == 1
        expected = "exit" if n % 7 == 0 else "error" if n % 5 == 0 else "ok"
        assert one.outcome == expected, one.log
        if expected == "ok":
            assert one.payload == n


def test_a_request_over_the_concurrency_is_throttled_at_once(code):
    with LambdaRuntime(code(SLOW), account_concurrency=2, timeout_s=20) as runtime:
        results = together(runtime, [{"s": 2.0}] * 5)
        assert runtime.invoke({}).outcome == "ok"
    throttled = [one for one in results if one.outcome == "throttled"]
    assert len(throttled) == 3
    for one in throttled:
        assert (one.status, one.error_type) == (429, "TooManyRequestsException")
        assert one.payload == {
            "Reason": "ConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }
        assert (one.billed_ms, one.log) == (0, "")


def test_reserved_concurrency_of_nothing_stops_a_function(code):
    with LambdaRuntime(code(SLOW), reserved=0) as runtime:
        one = runtime.invoke({})
    assert one.status == 429
    assert one.payload["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_reserved_concurrency_has_to_fit_the_account(code):
    with pytest.raises(UsageError, match="The reserved concurrency 11 does not fit"):
        LambdaRuntime(code(SLOW), reserved=11)


def test_the_last_used_environment_is_used_first(code):
    with LambdaRuntime(code(SLOW), timeout_s=20) as runtime:
        together(runtime, [{"s": 0.5}] * 3)
        used = {runtime.invoke({}).environment for _ in range(5)}
    assert len(used) == 1


def test_provisioned_environments_are_warm_for_the_caller(code):
    folder = code("""
        import os

        def handler(event, context):
            return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
    """)
    with LambdaRuntime(folder, provisioned=2) as runtime:
        assert [one.state for one in runtime.environments] == ["idle", "idle"]
        invocation = runtime.invoke({})
    assert invocation.payload == "provisioned-concurrency"
    assert not invocation.cold
    assert invocation.init_ms is None


def test_more_provisioned_than_there_is_room_for_is_refused(code):
    with LambdaRuntime(code(SLOW), account_concurrency=2) as runtime:
        with pytest.raises(UsageError, match="3 environments are more than the function may have"):
            runtime.provision(3)


def test_provisioning_code_that_does_not_load_is_told_by_the_invocation(code):
    with LambdaRuntime(code("import nowhere")) as runtime:
        assert runtime.provision(1) == 0
        assert runtime.invoke({}).error_type == "Runtime.ImportModuleError"


def test_closing_ends_requests_in_flight_at_once(code):
    threads = set(threading.enumerate())
    results = []

    def invoke(runtime):
        try:
            results.append(runtime.invoke({"s": 60}))
        except Unavailable as error:
            results.append(error)

    with LambdaRuntime(code(SLOW), timeout_s=100) as runtime:
        running = [threading.Thread(target=invoke, args=[runtime]) for _ in range(3)]
        for one in running:
            one.start()
        deadline = time.monotonic() + 20
        while [one.state for one in runtime.environments] != ["busy"] * 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        start = time.monotonic()
    assert time.monotonic() - start < 3
    for one in running:
        one.join(5)
    assert [str(one.what) for one in results] == [
        "The Lambda runtime was closed while this request was running."
    ] * 3
    assert set(threading.enumerate()) <= threads


def test_a_closed_runtime_says_so(code):
    with LambdaRuntime(code(SLOW)) as runtime:
        pass
    with pytest.raises(Unavailable, match="The Lambda runtime was closed"):
        runtime.invoke({})
    with pytest.raises(Unavailable, match="The Lambda runtime was closed"):
        runtime.provision(1)


def test_closing_leaves_no_process_thread_or_descriptor(code):
    import os

    folder = code(SLOW)
    with LambdaRuntime(folder) as runtime:
        runtime.invoke({})
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with LambdaRuntime(folder, services={"URL": ("127.0.0.1", 1)}) as runtime:
            together(runtime, [{"s": 0.2}] * 3)
            processes = [one._program.pid for one in runtime.environments]
        assert not any(os.path.exists(f"/proc/{pid}") for pid in processes)
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == files
