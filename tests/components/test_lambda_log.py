"""The log and the bill: START, END and REPORT lines as AWS writes them."""

from __future__ import annotations

import math
import re

from lab_kit.components.lambda_runtime import LambdaRuntime

CHATTY = """
    import sys
    print("at init")

    def handler(event, context):
        print("to stdout", event["n"])
        print("to stderr", file=sys.stderr)
        sys.stdout.flush()
        return None
"""
REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[0-9a-f-]{36})\tDuration: (?P<duration>\d+\.\d\d) ms\t"
    r"Billed Duration: (?P<billed>\d+) ms\tMemory Size: (?P<size>\d+) MB\t"
    r"Max Memory Used: (?P<used>\d+) MB\t(?:Init Duration: (?P<init>\d+\.\d\d) ms\t)?"
)


def test_each_invocation_has_its_own_log(code):
    with LambdaRuntime(code(CHATTY)) as runtime:
        logs = [runtime.invoke({"n": n}) for n in range(20)]
    first, *rest = logs
    assert first.log.startswith("at init\nSTART RequestId: ")
    for n, one in enumerate(rest, 1):
        lines = one.log.splitlines()
        assert lines[0] == f"START RequestId: {one.request_id} Version: $LATEST"
        assert sorted(lines[1:3]) == ["to stderr", f"to stdout {n}"]
        assert lines[3] == f"END RequestId: {one.request_id}"
        assert lines[4].startswith(f"REPORT RequestId: {one.request_id}")
        assert len(lines) == 5


def test_the_report_line_is_lambdas(code):
    with LambdaRuntime(code(CHATTY), memory_mb=192) as runtime:
        cold, warm = runtime.invoke({"n": 1}), runtime.invoke({"n": 2})
    for invocation in (cold, warm):
        match = REPORT.fullmatch(invocation.report)
        assert match, invocation.report
        assert match["id"] == invocation.request_id
        assert match["size"] == "192"
        assert 5 < int(match["used"]) == invocation.max_memory_mb < 100
        assert float(match["duration"]) == invocation.duration_ms
        assert int(match["billed"]) == invocation.billed_ms
    assert REPORT.fullmatch(cold.report)["init"]
    assert not REPORT.fullmatch(warm.report)["init"]


def test_the_init_phase_is_billed_with_a_cold_start(code):
    with LambdaRuntime(code(CHATTY)) as runtime:
        cold, warm = runtime.invoke({"n": 1}), runtime.invoke({"n": 2})
    assert cold.billed_ms == math.ceil(round(cold.init_ms + cold.duration_ms, 2))
    assert warm.billed_ms == math.ceil(warm.duration_ms)


def test_an_error_is_in_the_log_line_by_line(code):
    folder = code("""
        def handler(event, context):
            raise ValueError("no such sku")
    """)
    with LambdaRuntime(folder) as runtime:
        lines = runtime.invoke({}).log.splitlines()
    assert lines[1] == "[ERROR] ValueError: no such sku"
    assert lines[2] == "Traceback (most recent call last):"
    assert 'raise ValueError("no such sku")' in lines[4]


def test_a_flood_of_output_is_cut_and_said(code):
    folder = code("""
        def handler(event, context):
            for _ in range(2000):
                print("x" * 1000)
    """)
    with LambdaRuntime(folder, timeout_s=20) as runtime:
        invocation = runtime.invoke({})
    assert invocation.outcome == "ok"
    assert len(invocation.log) < 400_000


def test_a_syntax_error_is_in_the_log_line_by_line(code):
    with LambdaRuntime(code("def handler(event, context)\n    return 1\n")) as runtime:
        invocation = runtime.invoke({})
    assert "\r" not in invocation.log
    assert any(
        line.startswith("[ERROR] Runtime.UserCodeSyntaxError")
        for line in invocation.log.split("\n")
    )
