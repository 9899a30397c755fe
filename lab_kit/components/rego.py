"""Check manifests against strangers' Rego policies before a merge, in a sandboxed process.

    with Rego() as rego:
        found = rego.check({"images.rego": "package k8s\\n..."}, manifests)

The rules `deny` and `warn` of every package give messages: texts, or objects with `msg`. What takes
more than SECONDS of processor time or RSS_MB ends that process alone; the next check starts anew.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lab_kit
from lab_kit.components import wasm_frames
from lab_kit.components.rego_child import SPENT
from lab_kit.errors import LabError, Unavailable
from lab_kit.process import Limits, Program, zygote

SECONDS = 2.0
PATIENCE_S = 30.0  # not of the processor: only for a process that stands still
RSS_MB = 256
MOST_POLICY = 1 << 20  # bytes of all policies together
MOST_INPUT = 16 << 20
MOST_ANSWER = 1 << 20
PACKAGE = Path(lab_kit.__file__).parent
BOOT = """\
import sys, importlib.util as u
d = sys.argv[1]
s = u.spec_from_file_location("lab_kit", d + "/__init__.py", submodule_search_locations=[d])
m = sys.modules["lab_kit"] = u.module_from_spec(s); s.loader.exec_module(m)
sys.path.append(sys.argv[2])
from lab_kit.components import rego_child
rego_child.main(float(sys.argv[3]), int(sys.argv[4]))
"""


class BadPolicy(LabError):
    """Say what is wrong with a policy: its file and line, or what it took too much of."""


@dataclass(frozen=True)
class Finding:
    """Hold one message; `index` is its manifest's, None when all were one input."""

    level: str  # deny or warn
    package: str
    message: str
    index: int | None


class Rego:
    """Check until closed; one request at a time."""

    def __init__(self, *, seconds: float = SECONDS, rss_mb: int = RSS_MB) -> None:
        self.seconds, self.rss_mb = seconds, rss_mb
        self._program: Program | None = None
        self._channel: socket.socket | None = None

    def check(
        self, policies: Mapping[str, str], manifests: Sequence[Any], *, together: bool = False
    ) -> list[Finding]:
        """Return what the rules say of each manifest, or of all as one array; or raise BadPolicy.

        policies: file name -> its text
        """
        if sum(len(t.encode("utf-8", "replace")) for t in policies.values()) > MOST_POLICY:
            raise _too_large("The policies", MOST_POLICY)
        inputs = [list(manifests)] if together else list(manifests)
        body = json.dumps({"policies": dict(policies), "inputs": inputs}).encode()
        if len(body) > MOST_INPUT:
            raise _too_large("The policies and manifests", MOST_INPUT)
        found = self._ask(body)
        return [Finding(level, package, message, None if together else index)
                for level, package, message, index in found]  # fmt: skip

    @property
    def memory_mb(self) -> float:
        """Return the resident memory of the process, 0 when none runs."""
        return self._program.memory_mb() if self._program else 0.0

    def close(self) -> None:
        """End the process."""
        program, self._program = self._program, None
        channel, self._channel = self._channel, None
        if channel:
            channel.close()
        if program:
            program.close()

    def __enter__(self) -> Rego:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- parts -------------------------------------------------------------------------

    def _ask(self, body: bytes) -> list[tuple[str, str, str, int]]:
        channel = self._channel or self._start()
        try:
            wasm_frames.send(channel, {}, body, PATIENCE_S)
            _, answer = wasm_frames.receive(channel, PATIENCE_S)
            if len(answer) > MOST_ANSWER:
                raise ValueError("An answer is too large.")
            told = json.loads(answer)
            if "fault" not in told:
                return [(str(a), str(b), str(c), int(i)) for a, b, c, i in told["found"]]
            what, why = map(str, told["fault"])
        except (OSError, EOFError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._gone(error) from None
        raise BadPolicy(what, why, "Correct the policy, and check again.")

    def _gone(self, error: Exception) -> BadPolicy:
        """Return why no answer came, and let go of the process."""
        why = f"It did not answer within {PATIENCE_S:g} s."
        if self._program and not isinstance(error, TimeoutError):
            spent = self._program.wait(PATIENCE_S).code == SPENT if _ended(self._program) else False
            why = (f"It took more than {self.seconds:g} s of processor time." if spent else
                   f"Its process ended: it may take {self.rss_mb} MB of memory.")  # fmt: skip
        self.close()
        return BadPolicy("A policy took too much.", why,
                         "Look for rules that go over everything many times.")  # fmt: skip

    def _start(self) -> socket.socket:
        spec = importlib.util.find_spec("regorus")
        if spec is None or spec.origin is None:
            raise Unavailable("Rego policies cannot be checked.", "There is no module regorus.",
                              "Run `./lab doctor` to see what is missing.")  # fmt: skip
        engine = Path(spec.origin).parent
        limits = Limits(data_mb=self.rss_mb * 2, file_mb=1, cpu_s=3600, threads=8,
                        scratch_mb=1, rss_mb=self.rss_mb)  # fmt: skip
        argv = [sys.executable, "-s", "-c", BOOT, str(PACKAGE), str(engine.parent),
                str(self.seconds), str(MOST_ANSWER)]  # fmt: skip
        ours, theirs = socket.socketpair()
        try:
            self._program = zygote().program(
                argv, cwd=PACKAGE, read=[PACKAGE, engine], limits=limits, fork=False, serve=[theirs]
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours
        return ours


def _ended(program: Program) -> bool:
    """Say whether it ended by itself; end it if it did not."""
    try:
        program.wait(2.0)
    except Unavailable:
        return False
    return True


def _too_large(what: str, most: int) -> BadPolicy:
    return BadPolicy(f"{what} are too large.", f"They may have {most >> 20} MB.",
                     "Check fewer at a time.")  # fmt: skip
