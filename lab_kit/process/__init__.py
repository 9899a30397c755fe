"""Start processes: sandboxed or trusted, with deadlines and limits, and without orphans."""

from __future__ import annotations

from lab_kit.process.connected import Connected, connected
from lab_kit.process.lease import Exit
from lab_kit.process.level import Level, level
from lab_kit.process.limits import PROGRAM_LIMITS, Limits
from lab_kit.process.program import Finished, Program, run
from lab_kit.process.student import CallError, Reply, Student
from lab_kit.process.trusted import Trusted, start_trusted
from lab_kit.process.wait import wait_until
from lab_kit.process.zygote import Zygote, zygote

__all__ = [
    "PROGRAM_LIMITS",
    "CallError",
    "Connected",
    "Exit",
    "Finished",
    "Level",
    "Limits",
    "Program",
    "Reply",
    "Student",
    "Trusted",
    "Zygote",
    "connected",
    "level",
    "run",
    "start_trusted",
    "wait_until",
    "zygote",
]
