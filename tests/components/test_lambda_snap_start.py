"""SnapStart through the runtime client's own restore protocol."""

from __future__ import annotations

import re

from lab_kit.components.lambda_runtime import LambdaRuntime

HOOKS = """
    import os, uuid
    from snapshot_restore_py import register_after_restore, register_before_snapshot
    made_at_init = token = uuid.uuid4().hex
    steps = ["init"]

    @register_before_snapshot
    def pack():
        steps.append("packed")

    @register_after_restore
    def unpack():
        global token
        token = uuid.uuid4().hex
        steps.append("restored")

    def handler(event, context):
        return {
            "steps": steps,
            "fresh": token != made_at_init,
            "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
        }
"""


def test_the_hooks_run_around_the_snapshot(code):
    with LambdaRuntime(code(HOOKS), snap_start=True) as runtime:
        (environment,) = runtime.environments
        assert environment.state == "paused"
        cold, warm = runtime.invoke({}), runtime.invoke({})
    assert cold.payload == {
        "steps": ["init", "packed", "restored"],
        "fresh": True,
        "type": "snap-start",
    }
    assert cold.cold
    assert cold.init_ms is None
    assert cold.restore_ms is not None
    assert re.search(
        r"Restore Duration: [\d.]+ ms\tBilled Restore Duration: \d+ ms\t$", cold.report
    )
    assert not warm.cold
    assert warm.restore_ms is None
    assert warm.payload == cold.payload


def test_a_second_environment_is_restored_from_a_snapshot_of_its_own(code):
    with LambdaRuntime(code(HOOKS), snap_start=True) as runtime:
        runtime.provision(1)
        states = [one.state for one in runtime.environments]
        runtime.invoke({})
        assert sorted(one.state for one in runtime.environments) == ["idle", "paused"]
    assert states == ["paused", "paused"]


def test_without_a_snapshot_left_one_is_made_first(code):
    with LambdaRuntime(code(HOOKS), snap_start=True) as runtime:
        runtime.environments[0].end()
        invocation = runtime.invoke({})
    assert invocation.outcome == "ok"
    assert invocation.restore_ms is not None


def test_a_hook_that_fails_before_the_snapshot_is_said(code):
    folder = code(HOOKS.replace('steps.append("packed")', "1 / 0"))
    with LambdaRuntime(folder, snap_start=True) as runtime:
        invocation = runtime.invoke({})
    assert invocation.outcome == "init"
    assert invocation.error_type == "ZeroDivisionError"
    assert "pack" in "".join(invocation.trace)


def test_a_hook_that_fails_after_the_restore_is_said(code):
    folder = code(HOOKS.replace('steps.append("restored")', "1 / 0"))
    with LambdaRuntime(folder, snap_start=True) as runtime:
        invocation = runtime.invoke({})
    assert invocation.outcome == "init"
    assert invocation.error_type == "ZeroDivisionError"
    assert "unpack" in "".join(invocation.trace)


def test_code_that_asks_to_be_restored_for_ever_ends_with_the_time_limit(code):
    folder = code("""
        import http.client, os
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        while True:
            api.request("GET", "/2018-06-01/runtime/restore/next")
            api.getresponse().read()
    """)
    with LambdaRuntime(folder, init_timeout_s=1.0, timeout_s=1.0) as runtime:
        invocation = runtime.invoke({})
    assert (invocation.outcome, invocation.error_type) == ("timeout", "Sandbox.Timedout")
