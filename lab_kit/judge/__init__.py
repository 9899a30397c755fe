"""Decide what work is worth, from outside the work.

What a check needs is here: `check` marks a function as one, `expect` and `expect_equal`
say what must hold, `Submission` reaches the work, `Failed` and `Unavailable` end a check
early. Whoever wants a verdict takes `LabJudge` and `LabSpec`, loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab_kit.errors import Failed, Unavailable
from lab_kit.judge.check import check
from lab_kit.judge.expect import expect, expect_equal

if TYPE_CHECKING:
    from lab_kit.judge.lab_judge import LabJudge
    from lab_kit.judge.report import Report, Result
    from lab_kit.judge.spec import CheckInfo, LabSpec
    from lab_kit.judge.submission import Submission

__all__ = [
    "CheckInfo",
    "Failed",
    "LabJudge",
    "LabSpec",
    "Report",
    "Result",
    "Submission",
    "Unavailable",
    "check",
    "expect",
    "expect_equal",
]

LATER = {
    "CheckInfo": "spec",
    "LabJudge": "lab_judge",
    "LabSpec": "spec",
    "Report": "report",
    "Result": "report",
    "Submission": "submission",
}


def __getattr__(name: str) -> object:
    if name in LATER:
        from importlib import import_module

        return getattr(import_module(f"lab_kit.judge.{LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
