"""Be a grading worker: judges of all labs, kept warm, and a few lanes that use them at once.

Started as `python -P -m lab_kit.grading.worker FD SPEC`. FD is a stream socket; SPEC is JSON
with the labs and the number of lanes. Each message that comes is one task:

    {"task": N, "lab": ..., "folder": ..., "seed": ..., "variant": {...} or null}

and is answered by {"task": N, "report": {...}}.

When the other side hangs up, everything ends.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab_kit.errors import JudgeError, LabError
from lab_kit.judge import LabJudge, LabSpec
from lab_kit.judge.frames import receive, send
from lab_kit.judge.report import message


class Worker:
    """Judge what comes in and answer in whatever order it is done."""

    def __init__(self, channel: socket.socket, spec: dict[str, Any]) -> None:
        self.channel = channel
        self.lanes = int(spec["lanes"])
        self.judges = {
            name: LabJudge(
                Path(lab["checks"]),
                lab=LabSpec(name, lab["title"], lab["exercises"], lab["variant"]),
                deadline_s=spec["deadline_s"],
            )
            for name, lab in spec["labs"].items()
        }
        self.lock = threading.Lock()

    def serve(self) -> None:
        """Take tasks until the other side hangs up."""
        pool = ThreadPoolExecutor(self.lanes)
        with suppress(EOFError, OSError):
            while True:
                task, _ = receive(self.channel)
                pool.submit(self.answer, task)
        for judge in self.judges.values():
            judge.close()

    def answer(self, task: dict[str, Any]) -> None:
        """Judge one task and send what came of it."""
        reply = {"task": task["task"], "report": self.judge(task)}
        with suppress(OSError), self.lock:
            send(self.channel, reply)

    def judge(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a report, or the error that kept one from being made."""
        try:
            report = self.judges[task["lab"]].judge(
                Path(task["folder"]), seed=task["seed"], variant=task["variant"]
            )
            return dict(report)
        except LabError as error:
            return {"error": message(error)}
        except Exception as error:  # noqa: BLE001 - one submission must never stop another
            return {"error": message(broke(error))}


def broke(error: Exception) -> JudgeError:
    """Return the message for what nobody foresaw."""
    return JudgeError(
        "Something of the judge's broke, so the work was not judged.",
        f"{type(error).__name__}: {error}",
        "run the same command again; if it stays, see `./lab doctor`.",
    )


def main() -> None:
    """Serve, then leave without waiting for what nobody wants any more."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    try:
        Worker(channel, json.loads(sys.argv[2])).serve()
    finally:
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
