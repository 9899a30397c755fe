"""Be a lab's warm judge: pytest with the lab's checks loaded, parked before its test loop.

Started as `python -P -m lab_kit.judge.parked FD SPEC`. FD is a stream socket; SPEC is JSON
with the checks' folder, the lab and the idle time. First it says hello with the checks that
it found. Then each request, a length and JSON with one descriptor attached, is judged in a
fork of its own, which writes JSON lines to that descriptor:

    {"event": "started", "level": ..., "layers": {...}}
    {"event": "check", "check": NAME}           before each check
    {"event": "result", "result": {...}}        after it
    {"event": "ended", "code": ..., "signal": ...}   written here, once the fork is gone

When the other side hangs up, the fork is killed. After the idle time without a request
this process leaves. It imports nothing heavy: what a lab needs, its fixtures import.
"""

from __future__ import annotations

import gc
import io
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab_kit.errors import JudgeError, LabError
from lab_kit.judge.frames import receive, send
from lab_kit.judge.plugin import Checks, Run
from lab_kit.judge.report import message
from lab_kit.judge.spec import LabSpec
from lab_kit.process import level, zygote
from lab_kit.process.inside import syscalls

OFF = (
    *("cacheprovider", "capture", "debugging", "doctest", "faulthandler", "junitxml", "logging"),
    *("pastebin", "setuponly", "setupplan", "skipping", "stepwise", "terminal"),
    *("threadexception", "unraisableexception", "warnings"),
)


def arguments(checks: Path) -> list[str]:
    """Return pytest's command line: the check files, and none of what a fork does not need."""
    lean = [part for name in OFF for part in ("-p", f"no:{name}")]
    place = ["-c", os.devnull, "--rootdir", str(checks), "--confcutdir", str(checks)]
    files = [str(path) for path in sorted(checks.glob("check_*.py"))]
    return [*lean, *place, "--assert=plain", "--import-mode=importlib", *files]


@dataclass
class Fork:
    """Hold one grading fork and the socket on which it answers."""

    pid: int
    channel: socket.socket


class Parked:
    """Wait for requests, fork, and bury."""

    def __init__(self, control: socket.socket, idle: float) -> None:
        self.control = control
        self.idle = idle
        self.forks: dict[int, Fork] = {}
        self.hello_said = False

    def say(self, data: dict[str, Any]) -> None:
        send(self.control, data)

    def park(self, checks: Checks) -> None:
        """Say hello and serve; this is where pytest's test loop would run."""
        self.say({"checks": [info.encode() for info in checks.infos.values()]})
        self.hello_said = True
        self.level = level()
        assert zygote().features  # asked once here, known to every fork
        gc.collect()
        gc.freeze()
        while self.turn(checks):
            pass
        for fork in self.forks.values():
            os.kill(fork.pid, signal.SIGKILL)

    def turn(self, checks: Checks) -> bool:
        """Handle what happened; false when it is time to leave."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        for fork in self.forks.values():
            poll.register(fork.channel, 0)  # hang-ups are always told
        happened = poll.poll(20 if self.forks else self.idle * 1000)
        if not happened and not self.forks:
            return False
        for number, _ in happened:
            if number == self.control.fileno():
                if not self.accept(checks):
                    return False
            else:
                self.kill(number)
        self.bury()
        return True

    def accept(self, checks: Checks) -> bool:
        """Fork for one request; false when the other side is gone."""
        try:
            data, numbers = receive(self.control)
        except EOFError:
            return False
        channel = socket.socket(fileno=numbers[0])
        parent = os.getpid()
        pid = os.fork()  # noqa: TID251 - a trusted fork of a trusted process: no student code
        if pid == 0:
            self.grade(checks, data, channel, parent)
        self.forks[channel.fileno()] = Fork(pid, channel)
        return True

    def grade(
        self, checks: Checks, data: dict[str, Any], channel: socket.socket, parent: int
    ) -> None:
        """Judge one submission; this is the fork, and it never returns."""
        code = 70
        try:
            for mine in (self.control, *(fork.channel for fork in self.forks.values())):
                mine.close()
            if sys.platform == "linux":
                syscalls.prctl(syscalls.PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                return
            gc.set_threshold(50_000)  # a collection copies the pages that the fork shares
            random.seed()
            settle(data["scratch"])

            def tell(event: dict[str, Any]) -> None:
                channel.sendall(json.dumps(event).encode() + b"\n")

            tell({"event": "started", "level": self.level.name, "layers": dict(self.level.layers)})
            run = Run(Path(data["folder"]), data["seed"], data["verdicts"], tell)
            run.variant = data["variant"]
            checks.judge(run, data["checks"])
            tell({"event": "done"})
            code = 0
        except BaseException:  # noqa: BLE001 - told by the exit code, and above as not_judged
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)

    def kill(self, number: int) -> None:
        """End the fork whose other side hung up, and wait until it is gone."""
        fork = self.forks.pop(number, None)
        if fork:
            os.kill(fork.pid, signal.SIGKILL)
            os.waitpid(fork.pid, 0)
            fork.channel.close()

    def bury(self) -> None:
        """Tell how each fork that has ended did so."""
        for number, fork in list(self.forks.items()):
            pid, status = os.waitpid(fork.pid, os.WNOHANG)
            if pid:
                del self.forks[number]
                code = os.waitstatus_to_exitcode(status)
                event = {"event": "ended", "code": code}
                with suppress(OSError):
                    fork.channel.sendall(b"\n" + json.dumps(event).encode() + b"\n")
                fork.channel.close()


def settle(scratch: str) -> None:
    """Put whatever this fork writes into the run's own folder, which is removed afterwards."""
    os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = scratch
    tempfile.tempdir = scratch


def main() -> int:
    """Load the checks, park, serve; or say why that cannot be done."""
    spec = json.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other side, which hangs up
    sys.dont_write_bytecode = True
    os.environ.update(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    folder = Path(spec["checks"])
    sys.path.append(str(folder))
    parked = Parked(socket.socket(fileno=int(sys.argv[1])), spec["idle"])
    checks = Checks(LabSpec(**spec["lab"]), parked.park)
    refused = False
    said, real = io.StringIO(), sys.stderr
    try:
        sys.stderr = said
        pytest.main(arguments(folder), plugins=[checks])
    except LabError as error:
        refused = True
        parked.say({"error": message(error)})
    finally:
        sys.stderr = real
    if not parked.hello_said and not refused:
        parked.say({"error": message(broken(checks.broken or [said.getvalue()], spec))})
    return 0


def broken(reports: list[str], spec: dict[str, Any]) -> JudgeError:
    """Return the message for check files that could not be loaded."""
    return JudgeError(
        f"The checks of {spec['lab']['name']} could not be loaded.",
        "\n".join(reports).strip()[-1500:] or "Nothing was said about it.",
        "tell your instructor; nothing is wrong with your work.",
    )


if __name__ == "__main__":
    sys.exit(main())
