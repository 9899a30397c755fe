"""Run one container: start it, look whether it lives and is ready, start it again."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from lab_kit.components.controllers.images import Image, Program, Simulated
from lab_kit.components.controllers.kinds import Object
from lab_kit.components.controllers.probes import Probe
from lab_kit.components.controllers.writing import now
from lab_kit.errors import LabError
from lab_kit.process import Limits, zygote
from lab_kit.process import Program as Running

# A real kubelet waits 10 s at first and 300 s in the end: nobody learns more from waiting longer.
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 1.0, 16.0
POLL_S, PULL_AGAIN_S = 0.25, 2.0
LIMITS = Limits(data_mb=128, file_mb=1, cpu_s=600, threads=16, open_files=64, scratch_mb=4,
                rss_mb=96)  # fmt: skip
Tell = Callable[[str, str, bool], None]  # reason, message, whether it is a warning


class Container:
    """Be one container of a pod at `address`; `restart` is its pod's policy."""

    def __init__(
        self, spec: Object, image: Image, address: str, restart: str,
        env: Callable[[], Mapping[str, str]], tell: Tell,
    ) -> None:  # fmt: skip
        self.spec, self.image, self.address, self.tell = spec, image, address, tell
        self.name, self.restart, self._env = spec["name"], restart, env
        self.state: Object = {"waiting": {"reason": "ContainerCreating"}}
        self.last: Object = {}
        self.restarts, self.ready, self.started = 0, False, False
        self._began, self._again = 0.0, 0.0
        self._program: Running | None = None
        self._ready: Probe | None = None
        self._alive: Probe | None = None
        self._log = ""

    @property
    def over(self) -> int | None:
        """Return its exit code where it ended for good."""
        ended = self.state.get("terminated")
        return ended["exitCode"] if ended else None

    def step(self) -> float | None:
        """Bring it a step further; return after how many seconds to look again."""
        at = time.monotonic()
        if "waiting" in self.state:
            if at < self._again:
                return self._again - at
            self._start(at)
        elif "running" in self.state:
            self._look(at)
        if "running" in self.state:
            return self._patience(at)
        return max(0.0, self._again - at) if "waiting" in self.state else None

    def end(self) -> None:
        """End it for good."""
        program, self._program = self._program, None
        if program:
            program.close()

    def log(self) -> str:
        """Return what it said, the last 64 KiB."""
        said = self._program.take() if self._program else ""
        self._log = (self._log + said)[-65536:]
        return self._log

    def status(self) -> Object:
        """Return what its pod's status says of it."""
        ident = f"{'lab' if isinstance(self.image, Program) else 'simulated'}://{self.name}"
        return {
            "name": self.name, "image": self.spec.get("image", ""), "imageID": "",
            "ready": self.ready, "started": self.started, "restartCount": self.restarts,
            "state": self.state, "lastState": self.last,
            **({"containerID": ident} if self.started else {}),
        }  # fmt: skip

    # -- parts -------------------------------------------------------------------------

    def _start(self, at: float) -> None:
        name = self.spec.get("image", "")
        if isinstance(self.image, Simulated) and not self.image.pulls:
            said = f'Failed to pull image "{name}": not found'
            self.tell("Failed", said, True)
            reason = "ImagePullBackOff" if self._began else "ErrImagePull"
            self._wait(at, reason, said, PULL_AGAIN_S)
            self._began = at
            return
        try:
            if isinstance(self.image, Program):
                self._program = self._run(self.image)
        except LabError as problem:
            self.tell("Failed", str(problem), True)
            self._wait(at, "CreateContainerConfigError", str(problem), PULL_AGAIN_S)
            return
        self._began, self.started = at, True
        self.state = {"running": {"startedAt": now()}}
        for kind in ("readinessProbe", "livenessProbe"):
            asked = self.spec.get(kind) if isinstance(self.image, Program) else None
            probe = Probe(asked, self.spec, self.address, at) if asked else None
            setattr(self, "_ready" if kind == "readinessProbe" else "_alive", probe)
        self._look(at)

    def _run(self, image: Program) -> Running:
        ports = [p["containerPort"] for p in self.spec.get("ports") or ()][:4]
        listeners: list[socket.socket] = []
        try:
            for port in ports:
                listeners.append(socket.create_server((self.address, port), backlog=64))
            words = [*image.argv, *(str(word) for word in self.spec.get("args") or ())][:32]
            return zygote().program(
                words, cwd=image.folder, read=[image.folder],
                env={"IMAGE": str(self.spec.get("image")), **image.env, **self._env()},
                limits=LIMITS, fork=False, serve=listeners, log_kb=64,
            )  # fmt: skip
        except OSError as problem:
            raise LabError(f"Port {ports} could not be opened: {problem}") from None
        finally:
            for listener in listeners:
                listener.close()

    def _look(self, at: float) -> None:
        code = self._exit_code(at)
        if code is None and self._alive:
            self._alive.look(at)
            if self._alive.passing is False:
                self.tell("Unhealthy", f"Liveness {self._alive.why}", True)
                code = 137
        if code is not None:
            self._ended(at, code)
            return
        before = self.ready
        if self._ready:
            self._ready.look(at)
            self.ready = bool(self._ready.passing)
            if before and not self.ready:
                self.tell("Unhealthy", f"Readiness {self._ready.why}", True)
        else:
            self.ready = at >= self._began + getattr(self.image, "ready_s", 0.0)

    def _exit_code(self, at: float) -> int | None:
        if isinstance(self.image, Simulated):
            over = self.image.exit_code is not None and at >= self._began + self.image.over_s
            return self.image.exit_code if over else None
        ended = self._program.poll() if self._program else None
        return None if ended is None else ended.code if ended.code is not None else 137

    def _ended(self, at: float, code: int) -> None:
        began = self.state["running"]["startedAt"]
        self.log()
        self.end()
        gone = {"exitCode": code, "reason": "Error" if code else "Completed",
                "startedAt": began, "finishedAt": now()}  # fmt: skip
        self.ready = False
        if self.restart == "Never" or (self.restart == "OnFailure" and not code):
            self.state = {"terminated": gone}
            return
        self.last = {"terminated": gone}
        wait = min(FIRST_BACK_OFF_S * 2.0 ** min(self.restarts, 10), LONGEST_BACK_OFF_S)
        self.restarts += 1
        said = f"back-off {wait:g}s restarting failed container={self.name}"
        self.tell("BackOff", said, True)
        self._wait(at, "CrashLoopBackOff", said, wait)

    def _wait(self, at: float, reason: str, said: str, seconds: float) -> None:
        self.state = {"waiting": {"reason": reason, "message": said[:500]}}
        self._again, self.ready = at + seconds, False

    def _patience(self, at: float) -> float | None:
        due: list[float] = [probe.next - at for probe in (self._ready, self._alive) if probe]
        if isinstance(self.image, Program):
            due.append(POLL_S)
        else:
            if not self.ready:
                due.append(self._began + self.image.ready_s - at)
            if self.image.exit_code is not None:
                due.append(self._began + self.image.over_s - at)
        return max(0.01, min(due)) if due else None


def plain(value: Any) -> str:
    """Return a variable's value as a process can have it: at most 4,096 characters, without NUL."""
    return str(value).replace("\0", "")[:4096]
