"""Run a function on Google's functions-framework, served as Google serves it.

    with CloudFunctions(folder, "quote") as function:
        function.request("GET", "/?sku=A-1").json()

The framework imports the file, checks the target and serves it with gunicorn, in a sandboxed
process that has no network of its own; its listening socket is handed down. A function that ends
at start is reported at once, with its own last words, as Died.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from lab_kit.components.cloud_words import LastWords, died, last_words
from lab_kit.components.deadline import MOST_BYTES, TooLarge, exchange
from lab_kit.errors import Died, Unavailable
from lab_kit.process import Limits, zygote

LIMITS = Limits(
    data_mb=512, file_mb=32, cpu_s=600, threads=64, open_files=256, scratch_mb=64, rss_mb=512
)
WORKER_ENDED = "Reason: Worker failed to boot."  # what gunicorn takes an exit with status 3 for
PROBE = "/robots.txt"  # the framework answers this itself and never calls the function


@dataclass(frozen=True)
class Response:
    """Hold an HTTP response; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; ValueError when it is none."""
        return json.loads(self.body)


class CloudFunctions:
    """Serve one function until closed.

    folder, source, target: where the code is, its file and the function in it
    signature: "http" or "cloudevent";  environment: its variables
    ready_s: seconds until it must answer
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        target: str,
        *,
        source: str = "main.py",
        signature: Literal["http", "cloudevent"] = "http",
        environment: Mapping[str, str] = {},
        ready_s: float = 20.0,
    ) -> None:
        if find_spec("functions_framework") is None:
            raise Unavailable(
                "The function could not be served: functions-framework is not installed.",
                "Google's own server for functions is what runs it here.",
                "Run `./lab`, which installs what is missing.",
            )
        self._folder = Path(folder).resolve()
        self._source = source
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address: tuple[str, int] = ("127.0.0.1", listener.getsockname()[1])
        argv = [
            sys.executable, "-s", "-m", "functions_framework", "--target", target,
            "--source", str(self._folder / source), "--signature-type", signature,
        ]  # fmt: skip
        google = {
            "K_SERVICE": target.lower().replace("_", "-"), "K_REVISION": "1",
            "FUNCTION_TARGET": target, "FUNCTION_SIGNATURE_TYPE": signature, "PORT": "8080",
        }  # fmt: skip
        ours = {"PYTHONUNBUFFERED": "1", "THREADS": "8", "WORKERS": "1"}
        with listener:
            self._program = zygote().program(
                argv, cwd=self._folder, limits=LIMITS, serve=[listener],
                env={**google, **environment, **ours},
            )  # fmt: skip
        try:
            self._wait_ready(ready_s)
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Return the base address, without a slash at its end."""
        return "http://{}:{}".format(*self.address)

    def request(
        self,
        method: str = "POST",
        path: str = "/",
        *,
        body: object = None,
        headers: Mapping[str, str] = {},
        timeout: float = 10.0,
    ) -> Response:
        """Send one request; a body that is not bytes or text is sent as JSON.

        A connection that breaks is a 503, an answer that takes too long a 504 and one over 32 MB
        a 502, as on Cloud Run.
        Raises Died once the whole function is gone.
        """
        sent = {name.lower(): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
            sent.setdefault("content-type", "application/json")
        data = body.encode() if isinstance(body, str) else body
        try:
            return self._exchange(method, path, data, sent, timeout)
        except TooLarge:
            return _plain(502, f"The response was over {MOST_BYTES >> 20} MB.")
        except TimeoutError:
            return _plain(504, "The request reached the maximum request timeout.")
        except (OSError, http.client.HTTPException) as error:
            self._check_alive(0.2)
            text = f"The connection to the instance had an error ({type(error).__name__})."
            return _plain(503, text)

    def event(
        self,
        type: str,
        source: str,
        data: object,
        id: str | None = None,
        *,
        timeout: float = 10.0,
        **attributes: str,
    ) -> Response:
        """Send a CloudEvent in binary mode (attributes as `ce-` headers), as Eventarc does."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        headers = {
            "ce-specversion": "1.0", "ce-id": id or str(uuid.uuid4()), "ce-type": type,
            "ce-source": source, "ce-time": now,
            **{f"ce-{name}": value for name, value in attributes.items()},
        }  # fmt: skip
        if not isinstance(data, bytes | str):
            headers["content-type"] = "application/json"
        return self.request("POST", "/", body=data, headers=headers, timeout=timeout)

    def log(self) -> str:
        """Return the end of what the function printed, stdout and stderr together.

        What it printed just before its answer may come a moment after it, so this waits for a
        pause of 5 ms, at most 0.1 s.
        """
        end = time.monotonic() + 0.1
        text = self._program.output()
        while time.monotonic() < end:
            time.sleep(0.005)
            before, text = text, self._program.output()
            if text == before:
                break
        return text

    def last_error(self) -> LastWords | None:
        """Return the last exception in the log: its type, message and the function's own lines."""
        return last_words(self.log(), self._folder)

    @property
    def memory_mb(self) -> float:
        """Return the resident memory of gunicorn and its worker together."""
        return self._program.memory_mb()

    def close(self) -> None:
        """End the function with everything it started; closing twice is fine."""
        self._program.close()

    def __enter__(self) -> CloudFunctions:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> Response:
        return Response(*exchange(self.address, method, path, body, headers, timeout))

    def _wait_ready(self, ready_s: float) -> None:
        end = time.monotonic() + ready_s
        while True:
            self._check_alive(0.0)
            left = end - time.monotonic()
            if left <= 0:
                break
            try:
                self._exchange("GET", PROBE, None, {}, min(left, 0.1))
                return
            except (OSError, http.client.HTTPException, TooLarge):
                time.sleep(min(0.01, max(left, 0.0)))
        words = self.log().strip()[-1500:]
        raise Died(
            f"{self._source} did not start to serve within {ready_s:g} s.",
            "Its import did not come to an end." + (f"\nIt printed:\n{words}" if words else ""),
            f"Look in {self._source} for work at the top level that takes long or never ends.",
            error_type="Timeout",
            error_message=f"not ready within {ready_s:g} s",
        )

    def _check_alive(self, wait_s: float) -> None:
        """Raise Died if the whole program ended."""
        end = time.monotonic() + wait_s
        while self._program.poll() is None:
            if time.monotonic() >= end:
                return
            time.sleep(0.01)
        reason = self._program.wait(5).reason
        words = None if WORKER_ENDED in self.log() else self.last_error()
        raise died(self._source, reason, words, self.log())


def _plain(status: int, text: str) -> Response:
    return Response(status, {"content-type": "text/plain"}, text.encode())
