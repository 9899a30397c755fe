"""Keep one runtime per function, code and configuration, made when it is first needed."""

from __future__ import annotations

import base64
import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lab_kit.components.cloud_code import write
from lab_kit.errors import UsageError

MOST = 64  # functions (or versions of one) that have a runtime at the same time
MOST_CODES = 200  # folders of code in the life of one cloud


@dataclass(frozen=True)
class Function:
    """Describe a deployed function; `folder` holds its unpacked code."""

    name: str
    handler: str
    folder: Path
    memory_mb: int
    timeout_s: float
    environment: Mapping[str, str]
    reserved: int | None
    version: str = "$LATEST"
    arn: str = ""
    tmp_mb: int = 512


class Runtime(Protocol):
    """Describe what carries invocations out; an invocation has `status`, `error`, `payload`."""

    def invoke(self, event: Any) -> Any: ...
    def close(self) -> None: ...


@dataclass
class _Slot:
    key: str
    runtime: Runtime | None = None
    users: int = 0
    retired: bool = False
    making: threading.Lock = field(default_factory=threading.Lock)


class Runtimes:
    """Find or make the runtime of a function; close it once its code or settings changed."""

    def __init__(self, make: Callable[[Function], Runtime]) -> None:
        self._make = make
        self._home = tempfile.TemporaryDirectory(prefix="beyond-cloud-")
        self._folders: dict[str, Path] = {}
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.Lock()

    def has_code(self, sha: str) -> bool:
        """Say whether code with this hash is unpacked; raise UsageError if no more may be."""
        with self._lock:
            if sha not in self._folders and len(self._folders) >= MOST_CODES:
                raise _too_many(MOST_CODES, "packages of code")
            return sha in self._folders

    def add_code(self, sha: str, files: Mapping[str, str]) -> None:
        """Unpack code (base64 by name) into a folder of its own; raise BadCode."""
        plain = {str(name): base64.b64decode(text) for name, text in files.items()}
        with self._lock:
            if sha in self._folders:
                return
            folder = Path(tempfile.mkdtemp(prefix="code-", dir=self._home.name))
            write(plain, folder)
            self._folders[sha] = folder

    def invoke(self, about: Mapping[str, Any], event: Any) -> Any:
        """Invoke the function that `about` describes; raise what its runtime raises."""
        slot = self._enter(about)
        try:
            with slot.making:
                if slot.runtime is None:
                    slot.runtime = self._make(self._function(about))
                runtime = slot.runtime
            return runtime.invoke(event)
        finally:
            self._leave(slot)

    def close(self) -> None:
        """Close every runtime and remove the unpacked code."""
        with self._lock:
            slots, self._slots = list(self._slots.values()), {}
        for slot in slots:
            _close(slot)
        self._home.cleanup()

    def _function(self, about: Mapping[str, Any]) -> Function:
        reserved = about.get("reserved")
        return Function(
            name=str(about["name"]),
            handler=str(about["handler"]),
            folder=self._folders[str(about["sha"])],
            memory_mb=int(about["memory_mb"]),
            timeout_s=float(about["timeout_s"]),
            environment={str(k): str(v) for k, v in dict(about["environment"]).items()},
            reserved=None if reserved is None else int(reserved),
            version=str(about["version"]),
            arn=str(about["arn"]),
            tmp_mb=int(about["tmp_mb"]),
        )

    def _enter(self, about: Mapping[str, Any]) -> _Slot:
        place = f"{about['arn']}:{about['version']}"
        key = json.dumps(about, sort_keys=True)
        old = None
        with self._lock:
            slot = self._slots.get(place)
            if slot is None and len(self._slots) >= MOST:
                raise _too_many(MOST, "functions")
            if slot is None or slot.key != key:
                old, slot = slot, _Slot(key)
                self._slots[place] = slot
            if old is not None:
                old.retired = True
                idle = old.users == 0
            slot.users += 1
        if old is not None and idle:
            _close(old)
        return slot

    def _leave(self, slot: _Slot) -> None:
        with self._lock:
            slot.users -= 1
            last = slot.retired and slot.users == 0
        if last:
            _close(slot)


def refused(why: UsageError) -> dict[str, Any]:
    """Return the answer of a function that cannot be run as it was deployed: no fault of ours."""
    words = {"errorType": "Runtime.InvalidSettings", "errorMessage": str(why)}
    return {"status": 200, "error": "Unhandled", "body": json.dumps(words), "log": ""}


def _too_many(most: int, what: str) -> UsageError:
    return UsageError(
        f"More than {most} {what} were deployed and invoked in one account.",
        "Each needs memory and disk of this machine.",
        "Deploy once and invoke that function again.",
    )


def _close(slot: _Slot) -> None:
    with slot.making:
        runtime, slot.runtime = slot.runtime, None
    if runtime is not None:
        runtime.close()
