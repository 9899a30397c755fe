"""Time, memory, payload, /tmp: what Lambda enforces is enforced, and said in its words."""

from __future__ import annotations

import os
import time

import pytest

from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.process import level


def test_a_handler_that_takes_too_long_is_ended(code):
    folder = code("""
        import time

        def handler(event, context):
            time.sleep(event["s"])
    """)
    with LambdaRuntime(folder, timeout_s=0.5) as runtime:
        assert runtime.invoke({"s": 0}).outcome == "ok"
        start = time.monotonic()
        invocation = runtime.invoke({"s": 30})
        assert time.monotonic() - start < 5
        assert runtime.invoke({"s": 0}).cold
    assert (invocation.outcome, invocation.error_type) == ("timeout", "Sandbox.Timedout")
    assert invocation.error_message == (
        f"RequestId: {invocation.request_id} Error: Task timed out after 0.50 seconds"
    )
    assert f"{invocation.request_id} Task timed out after 0.50 seconds" in invocation.log
    assert invocation.report.endswith("Status: timeout\t")
    assert (invocation.duration_ms, invocation.billed_ms) == (500.0, 500)


def test_a_timeout_ends_every_process_that_the_handler_started(code):
    folder = code("""
        import subprocess, sys, time

        def handler(event, context):
            command = [sys.executable, "-c", "import time; time.sleep(54321)"]
            subprocess.Popen(command, start_new_session=True)
            time.sleep(30)
    """)
    with LambdaRuntime(folder, timeout_s=1.5) as runtime:
        assert runtime.invoke({}).outcome == "timeout"
    assert b"54321" not in command_lines()


def command_lines() -> bytes:
    found = b""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as handle:
                found += handle.read()
        except OSError:
            pass
    return found


def test_an_init_phase_that_takes_too_long_is_tried_again_within_the_timeout(code):
    folder = code("""
        import time
        time.sleep(1.0)

        def handler(event, context):
            return "late"
    """)
    with LambdaRuntime(folder, init_timeout_s=0.5, timeout_s=10) as runtime:
        invocation = runtime.invoke({})
    assert invocation.payload == "late"
    assert "INIT_REPORT Init Duration: 50" in invocation.log
    assert "Phase: init\tStatus: timeout" in invocation.log
    assert invocation.duration_ms > 1000
    assert "Init Duration" not in invocation.report


def test_an_init_phase_that_never_ends_is_a_timeout(code):
    folder = code("while True: pass")
    with LambdaRuntime(folder, init_timeout_s=0.5, timeout_s=0.5) as runtime:
        invocation = runtime.invoke({})
    assert (invocation.outcome, invocation.error_type) == ("timeout", "Sandbox.Timedout")
    assert invocation.error_message.endswith("Error: Task timed out after 0.50 seconds")
    assert invocation.log.count("INIT_REPORT") == 2


@pytest.mark.parametrize(
    "grow",
    [
        "held.append(b'x' * (1 << 20))",
        "held.append(bytearray(b'x') * (400 << 20))",
        "subprocess.run([sys.executable, '-c', 'x = bytearray(b\"x\") * (300 << 20)'])",
    ],
    ids=["leak", "burst", "child"],
)
def test_a_handler_over_its_memory_is_killed(code, grow):
    folder = code(f"""
        import subprocess, sys
        held = []

        def handler(event, context):
            while event:
                {grow}
            return "small"
    """)
    with LambdaRuntime(folder, memory_mb=128, timeout_s=30) as runtime:
        assert runtime.invoke({}).outcome == "ok"
        invocation = runtime.invoke({"grow": True})
        assert runtime.invoke({}).payload == "small"
    assert (invocation.outcome, invocation.error_type) == ("memory", "Runtime.OutOfMemory")
    assert invocation.error_message == (
        f"RequestId: {invocation.request_id} Error: Runtime exited with error: signal: killed"
    )
    assert invocation.max_memory_mb == 128
    assert invocation.report.endswith("Status: error\tError Type: Runtime.OutOfMemory\t")


def test_too_much_memory_in_the_init_phase_is_said(code):
    folder = code("held = b'x' * (300 << 20)\ndef handler(event, context): pass\n")
    with LambdaRuntime(folder, memory_mb=128) as runtime:
        invocation = runtime.invoke({})
    assert (invocation.outcome, invocation.error_type) == ("memory", "Runtime.OutOfMemory")


def test_a_response_over_six_megabytes_is_refused(code):
    folder = code("""
        def handler(event, context):
            return "x" * event
    """)
    with LambdaRuntime(folder, timeout_s=20) as runtime:
        largest = runtime.invoke(6_291_556 - 2)
        invocation = runtime.invoke(6_291_556 - 1)
        assert runtime.invoke(1).outcome == "ok"
    assert largest.outcome == "ok"
    assert len(largest.body) == 6_291_556
    assert (invocation.outcome, invocation.error_type) == (
        "too_large",
        "Function.ResponseSizeTooLarge",
    )
    assert invocation.error_message == (
        "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    )


def test_a_request_over_six_megabytes_does_not_reach_the_function(code):
    folder = code("""
        def handler(event, context):
            return len(event)
    """)
    with LambdaRuntime(folder, timeout_s=20) as runtime:
        invocation = runtime.invoke("x" * 6_291_455)
        assert (invocation.status, invocation.error_type) == (413, "RequestTooLargeException")
        assert "must be smaller than 6291456 bytes" in invocation.error_message
        assert runtime.environments == []
        assert runtime.invoke("x" * 6_291_454).payload == 6_291_454


def test_tmp_is_private_and_has_a_size(code):
    folder = code("""
        import os

        def handler(event, context):
            held = os.listdir("/tmp")
            with open("/tmp/" + event["name"], "wb") as file:
                for _ in range(event["mb"]):
                    file.write(bytes(1 << 20))
            return held
    """)
    with LambdaRuntime(folder, tmp_mb=8, memory_mb=256, timeout_s=20) as runtime:
        first = runtime.invoke({"name": "a", "mb": 6})
        second = runtime.invoke({"name": "b", "mb": 6})
    if level().name != "full":
        assert "scratch quota" in level().missing
        return
    assert "a" not in first.payload
    assert (second.outcome, second.error_type) == ("error", "OSError")
    assert "No space left on device" in second.error_message
