"""Run a submission's serve.py in the sandbox, and send it requests."""

from __future__ import annotations

import http.client
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from wasmtime import wat2wasm

from lab_kit.judge import Failed, Submission
from lab_kit.process import Limits, Program, zygote

LIMITS = Limits(
    data_mb=1024, file_mb=64, cpu_s=300, threads=64, open_files=256, scratch_mb=16, rss_mb=400,
    reserves=True,
)  # fmt: skip
START_S = 20.0
PATIENCE_S = 20.0


class Answer(NamedTuple):
    """Hold a status and a text."""

    status: int
    text: str


class Service:
    """Be one process of serve.py at a time, with a cache that outlives it."""

    def __init__(self, submission: Submission, cache: Path) -> None:
        self.submission, self.cache = submission, cache
        cache.mkdir()
        self._program: Program | None = None
        self._address = ("127.0.0.1", 0)

    def start(self) -> None:
        """Start it, or start it anew; raise Failed when it does not come up."""
        self.submission.begun("serve.py")
        self.close()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._address = listener.getsockname()
            self._program = zygote().program(
                [sys.executable, "-s", "serve.py"], cwd=self.submission.folder,
                read=[self.submission.folder], write=[self.cache],
                env={"FUNCTIONS_CACHE": str(self.cache)}, limits=LIMITS, fork=False,
                serve=[listener],
            )  # fmt: skip
        end = time.monotonic() + START_S
        while self._try("POST", "none", b"", 1.0) is None:
            if self._program.poll() is not None or time.monotonic() > end:
                raise self._gone("serve.py did not come up.")

    def put(self, name: str, module: str | bytes) -> Answer:
        """Deploy a module, from its text or as it is."""
        body = bytes(wat2wasm(module)) if isinstance(module, str) else module
        return self.ask("PUT", name, body)

    def post(self, name: str, request: str = "x") -> Answer:
        return self.ask("POST", name, request.encode())

    def ask(self, method: str, name: str, body: bytes) -> Answer:
        """Send one request; raise Failed when there is no answer."""
        answer = self._try(method, name, body, PATIENCE_S)
        if answer is None:
            raise self._gone(f"{method} /functions/{name} got no answer.")
        if answer.status == 501:
            place = self.submission.words.place("serve.py")
            raise Failed(f"TODO: {answer.text}", "", f"write it at {place}.")
        return answer

    def all(self, acts: list[Callable[[], Answer]], at_once: int = 8) -> list[Answer]:
        """Do all of these, several at a time; return what came of them, in order."""
        with ThreadPoolExecutor(at_once) as crowd:
            return list(crowd.map(lambda act: act(), acts))

    def _try(self, method: str, name: str, body: bytes, patience: float) -> Answer | None:
        connection = http.client.HTTPConnection(*self._address, timeout=patience)
        try:
            connection.request(method, f"/functions/{name}", body)
            got = connection.getresponse()
            text = got.read(1 << 20).decode("utf-8", "backslashreplace")
            return Answer(got.status, text)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _gone(self, what: str) -> Failed:
        ended = self._program.poll() if self._program else None
        words = self._program.output().strip()[-600:] if self._program else ""
        why = f"{ended.reason if ended else 'It runs and does not answer'}.\n{words}"
        return Failed(what, why.strip(), "run `python serve.py 8080` by hand and look.")

    def close(self) -> None:
        """End the process."""
        program, self._program = self._program, None
        if program:
            program.close()
