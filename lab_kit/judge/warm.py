"""Hold the other end of a parked judge: start it, ask it, and notice when it has left."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import lab_kit
from lab_kit.errors import JudgeError, LabError
from lab_kit.judge.frames import Lines, receive, send
from lab_kit.judge.spec import CheckInfo, LabSpec
from lab_kit.process import start_trusted

START_S = 60.0


class Warm:
    """Be one parked judge process; `alive` is false once it has left, by itself or not."""

    def __init__(self, checks: Path, lab: LabSpec, idle: float) -> None:
        self.lock = threading.Lock()
        self.gone = False  # it hung up, though its process may take a moment to end
        self.retired = False  # we hung up
        self.control, theirs = socket.socketpair()
        spec = {"checks": str(checks), "lab": lab.encode(), "idle": idle}
        command = [sys.executable, "-P", "-m", "lab_kit.judge.parked", str(theirs.fileno())]
        with theirs:
            self.program = start_trusted(
                [*command, json.dumps(spec)],
                cwd=checks,
                env={**os.environ, "PYTHONPATH": search_path(), "PYTHONDONTWRITEBYTECODE": "1"},
                pass_fds=(theirs.fileno(),),
            )
        try:
            self.checks = self.hear_hello(lab)
        except BaseException:
            self.close()
            raise

    def hear_hello(self, lab: LabSpec) -> list[CheckInfo]:
        """Return the checks that the process found; raise what kept it from loading them."""
        self.control.settimeout(START_S)
        try:
            hello, _ = receive(self.control)
        except (EOFError, OSError) as error:
            raise JudgeError(
                f"The judge of {lab.name} did not start.",
                self.last_words() or str(error),
                "run `./lab doctor` to see what is missing.",
            ) from None
        self.control.settimeout(None)
        if "error" in hello:
            raise JudgeError(**hello["error"])
        return [CheckInfo.decode(row) for row in hello["checks"]]

    def ask(self, request: dict[str, Any]) -> Answers:
        """Send one request; its answers come on a socket of their own."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                with self.lock:
                    send(self.control, request, [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return Answers(ours)

    @property
    def alive(self) -> bool:
        return not self.gone and self.program.alive

    def last_words(self) -> str:
        """Return the end of what the process said on its own."""
        with suppress(LabError, OSError):
            self.program.wait(2)
        return self.program.output().strip()[-1500:]

    def close(self) -> None:
        """Hang up, which ends the process and its forks, and wait until it is gone."""
        self.retired = self.gone = True
        with suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        self.control.close()
        try:
            self.program.wait(2)
        except LabError:
            self.program.kill()


class Answers:
    """Read what the fork for one request says; leaving the block kills the fork."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.lines = Lines(channel)

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        self.channel.close()

    def next(self, deadline: float) -> dict[str, Any]:
        """Return the next event; a lost connection is an event as well."""
        try:
            return self.lines.next(deadline) or {"event": "lost"}
        except ConnectionError:
            return {"event": "lost"}


def search_path() -> str:
    """Return a PYTHONPATH by which the child finds this very lab_kit."""
    here = str(Path(lab_kit.__file__).parent.parent)
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
