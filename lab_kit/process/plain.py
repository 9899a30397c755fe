"""Start processes without a zygote and without any layer: the level "none" of macOS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from lab_kit.errors import Unavailable
from lab_kit.process import surroundings
from lab_kit.process.inside.scratch import Scratch
from lab_kit.process.lease import Exit, Lease, signal_name
from lab_kit.process.zygote import HERE, Zygote

BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from inside.plain import main; main()"
WHY = "not on this system"
LAYERS = ("namespaces", "mounts", "network", "seccomp", "landlock", "limits")


class PlainLease(Lease):
    """Own one plain process and its scratch folder."""

    def __init__(
        self, process: subprocess.Popen[bytes], folder: str, remove: Callable[[str], None]
    ) -> None:
        self.process, self.pid, self.folder, self.remove = process, process.pid, folder, remove
        self.failed, self.killed_by_us, self.listeners = "", "", []

    @property
    def ended(self) -> bool:
        """Say whether it ended."""
        return self.process.poll() is not None

    def poll(self, wait: float = 0.0) -> Exit | None:
        """Return how it ended, or None if it still runs after `wait` seconds."""
        try:
            code = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            return None
        if code >= 0:
            return Exit(code, None, f"it exited with status {code}")
        reason = f"it was killed by signal {-code} ({signal_name(-code)})"
        return Exit(None, -code, self.killed_by_us or reason)

    def kill(self, why: str = "it was ended", wait: float = 10.0) -> Exit:
        """Kill the process and all that stayed in its session."""
        if self.poll() is None:
            self.killed_by_us = self.killed_by_us or why
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        ended = self.poll(wait)
        if ended is None:
            raise Unavailable(f"Process {self.pid} could not be ended within {wait:g} s.")
        return ended

    def close(self) -> None:
        """End it and remove its scratch folder."""
        self.kill()
        self.remove(self.folder)


class PlainZygote(Zygote):
    """Start each process by itself, from this one."""

    def __init__(self) -> None:
        self._features = dict.fromkeys(LAYERS, 0) | {"why": dict.fromkeys(LAYERS, WHY)}
        self._scratch = Scratch()

    @property
    def pid(self) -> int:
        """Return this process's id: there is no other parent."""
        return os.getpid()

    @property
    def alive(self) -> bool:
        """Say that there is nothing that could have died."""
        return True

    def close(self) -> None:
        """Remove the scratch folders; each process has an owner of its own."""
        self._scratch.close()

    def probe(self, kind: str, **_: Any) -> dict[str, str]:
        """Refuse to try anything: a process without layers would really do it."""
        raise NotImplementedError(kind)

    def _ask(self, request: dict[str, Any], fds: list[int]) -> Lease:
        scratch = self._scratch.new()
        request["env"] |= {"HOME": scratch, "TMPDIR": scratch}
        argv = [
            surroundings.python(),
            "-I",
            "-S",
            "-X",
            "utf8",
            "-c",
            BOOT,
            str(HERE),
            json.dumps(request),
        ]
        process = subprocess.Popen(
            [*argv, *map(str, fds)], pass_fds=fds, start_new_session=True, env=surroundings.bare(),
            stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        return PlainLease(process, scratch, self._scratch.remove)
