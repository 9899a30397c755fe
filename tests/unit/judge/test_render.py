from __future__ import annotations

import re

from lab_kit.errors import Blocked, Failed, JudgeError
from lab_kit.judge.render import render
from lab_kit.judge.report import Report, Verdict, add_points, message, result
from lab_kit.judge.spec import CheckInfo

WORDS = Failed("It broke.", "given:    1\nexpected: 2\n" + "long " * 40, "mend a.py:3.")


def report(*verdicts: Verdict) -> Report:
    rows = []
    for number, verdict in enumerate(verdicts):
        file = "a.py" if number < 2 else "b.py"
        info = CheckInfo(
            f"holds_{number}", file, file == "a.py", "It holds.", 1.5, ("?",), (), 1, ""
        )
        rows.append(result(info, verdict, None if verdict == "passed" else WORDS, 0))
    return Report(
        schema="beyond/report/1", lab="lab01_toy", title="Toys", seed=7, level="full", layers={},
        submission="", checks_version="", results=rows, points=add_points(rows),
    )  # fmt: skip


def test_render_shows_everything_once() -> None:
    text = render(report("passed", "failed", "blocked", "not_judged"))
    assert text.splitlines()[:9] == [
        "Toys (lab01_toy)",
        "",
        "a.py",
        "  ✓ passed  It holds.",
        "  ✗ failed  It holds.",
        "      holds_1",
        "      It broke.",
        "        given:    1",
        "        expected: 2",
    ]
    assert "      Next: mend a.py:3." in text
    assert "  … waits  It holds." in text
    assert "  ? not judged  It holds." in text
    assert text.endswith(
        "1 passed, 1 failed, 1 waits, 1 not judged; "
        "core 1.5 of 3 points, extension 0 of 3 points.\n"
        "Isolation: full. Same inputs again: --seed 7.\n"
        "Stuck? ./lab hint lab01_toy holds_1\n"
    )
    assert max(map(len, text.splitlines())) <= 106


def test_six_checks_that_wait_do_not_drown_the_one_that_failed() -> None:
    some = report("failed", *["blocked"] * 7)
    for row in some["results"][1:7]:
        row |= message(Blocked("This builds on holds_0.", "", "make holds_0 pass first."))
    some["results"][7] |= message(Blocked("This builds on holds_6.", "", "make it pass first."))
    text = render(some)
    assert text.splitlines()[-9:-2] == [
        "  … 1 check waits for holds_0",
        "",
        "b.py",
        "  … 5 checks wait for holds_0",
        "  … 1 check waits for holds_6",
        "",
        "1 failed, 7 wait; core 0 of 3 points, extension 0 of 9 points.",
    ]
    assert "This builds on" not in text


def test_colour_changes_nothing_but_colour() -> None:
    some = report("passed", "failed", "blocked", "not_judged")
    coloured = render(some, colour=True)
    assert "\x1b[32m✓ passed\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render(some)


def test_error_is_shown_instead_of_results() -> None:
    broken = report()
    del broken["results"], broken["points"]
    broken["error"] = message(JudgeError("The judge did not start.", "No room.", "make room."))
    assert render(broken) == (
        "Toys (lab01_toy)\n\n? Nothing was judged.\n      The judge did not start.\n"
        "        No room.\n      Next: make room.\n"
    )
