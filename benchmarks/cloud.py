"""Measure Cloud beside a bare moto, and CloudFunctions beside bare servers, the arms taking turns.

    python benchmarks/cloud.py [starts, 5] [requests, 300]

Bare moto is moto's own server with `use_docker: false`, which runs nothing and echoes the payload;
"hook, echo" is Cloud with a runtime that does the same in this process, so the difference is the
way through the channel; "hook, Lambda" is Cloud with LambdaRuntime. The bare WSGI server is the
same gunicorn with the same number of threads and the handler as a plain WSGI function.
Memory is the proportional set size of the whole tree.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

from lab_kit.components.cloud import Carried, Cloud
from lab_kit.components.cloud_functions import CloudFunctions
from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.process import level

PAYLOAD = b'{"sku": "A-1", "quantity": 3}'
HANDLER = "def handler(event, context):\n    return event\n"
FUNCTION = "def quote(request):\n    return {'sku': 'A-1', 'cents': 1290}\n"
WSGI = """\
import json
def app(environ, start):
    body = json.dumps({'sku': 'A-1', 'cents': 1290}).encode()
    start('200 OK', [('content-type', 'application/json'), ('content-length', str(len(body)))])
    return [body]
"""
MOTO = """\
import sys
from moto.server import ThreadedMotoServer
from moto.core.models import default_user_config
import logging
logging.getLogger("werkzeug").setLevel(logging.ERROR)
default_user_config["lambda"]["use_docker"] = False
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


class Echo:
    """Give back what comes, in this process."""

    def invoke(self, event: Any) -> Carried:
        return Carried(200, None, event, json.dumps(event).encode(), "")

    def close(self) -> None:
        pass


def spread_ms(act: Callable[[], object], times: int) -> tuple[float, float, float]:
    """Return the least, p50 and p99 in ms; the least is what a busy machine disturbs least."""
    taken = []
    for _ in range(times):
        before = time.perf_counter()
        act()
        taken.append((time.perf_counter() - before) * 1e3)
    taken.sort()
    return taken[0], statistics.median(taken), taken[int(len(taken) * 0.99)]


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process and its descendants."""
    process = psutil.Process(pid)
    tree = [process, *process.children(recursive=True)]
    return sum(p.memory_full_info().pss for p in tree) / 2**20


def deploy(client: Callable[[str], Any]) -> Any:
    """Create the function `echo` and return the Lambda client."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    awslambda = client("lambda")
    awslambda.create_function(
        FunctionName="echo", Runtime="python3.11", Role=role, Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
    )  # fmt: skip
    return awslambda


def invoke(awslambda: Any) -> None:
    assert awslambda.invoke(FunctionName="echo", Payload=PAYLOAD)["Payload"].read()


@contextlib.contextmanager
def bare_moto() -> Iterator[tuple[Any, int]]:
    """Start moto's own server and return its Lambda client and its process id."""
    with subprocess.Popen(
        [sys.executable, "-c", MOTO], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        session = boto3.Session("lab", "lab", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        yield (
            deploy(lambda name: session.client(name, endpoint_url=url, config=config)),
            process.pid,
        )


def header(title: str) -> None:
    columns = "".join(f"{name:>9}" for name in ("start s", "min ms", "p50 ms", "p99 ms", "PSS MB"))
    print(f"{title:34}{columns}")


def clouds(starts: int, requests: int) -> None:
    """Print what an invocation through boto3 costs."""
    colds: dict[str, list[float]] = {"bare moto, echo": [], "hook, echo": []}
    for _ in range(starts):
        for name, make in (("bare moto, echo", bare_moto), ("hook, echo", cloud_echo)):
            before = time.perf_counter()
            with make() as (awslambda, _):
                invoke(awslambda)
                colds[name].append(time.perf_counter() - before)
    header("Lambda through boto3")
    with (
        bare_moto() as (bare, bare_pid),
        cloud_echo() as (ours, our_pid),
        Cloud(lambda f: LambdaRuntime(f.folder, f.handler)) as whole,
    ):
        real = deploy(whole.client)
        arms = {"bare moto, echo": bare, "hook, echo": ours, "hook, Lambda": real}
        for awslambda in arms.values():
            spread_ms(lambda a=awslambda: invoke(a), 20)
        rounds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in arms}
        for _ in range(5):
            for name, awslambda in arms.items():
                rounds[name].append(spread_ms(lambda a=awslambda: invoke(a), requests // 5))
        pids = {"bare moto, echo": bare_pid, "hook, echo": our_pid,
                "hook, Lambda": whole._program.pid}  # fmt: skip
        for name, found in rounds.items():
            cold = f"{statistics.median(colds[name]):9.2f}" if name in colds else f"{'':9}"
            least, p50, p99 = (statistics.median(values) for values in zip(*found, strict=True))
            print(f"{name:34}{cold}{least:9.2f}{p50:9.2f}{p99:9.2f}{pss_mb(pids[name]):9.0f}")
        with whole.http_api("echo") as api:
            connection = http.client.HTTPConnection(*api.address)
            least, p50, p99 = spread_ms(lambda: get(connection), requests)
            print(f"{'HTTP front, Lambda':34}{'':9}{least:9.2f}{p50:9.2f}{p99:9.2f}")
            connection.close()


@contextlib.contextmanager
def cloud_echo() -> Iterator[tuple[Any, int]]:
    """Start a Cloud whose functions echo."""
    with Cloud(lambda function: Echo()) as cloud:
        yield deploy(cloud.client), cloud._program.pid


def get(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.read() and answer.status == 200


@contextlib.contextmanager
def plain(argv: list[str], folder: Path) -> Iterator[tuple[tuple[str, int], int]]:
    """Start a server without a sandbox on a port that it names in its log."""
    with socketless_port() as port:
        words = [word.replace("PORT", str(port)) for word in argv]
    with subprocess.Popen(
        words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield ("127.0.0.1", port), process.pid
        finally:
            process.terminate()


@contextlib.contextmanager
def socketless_port() -> Iterator[int]:
    """Find a port that is free now; good enough where nothing else runs."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        yield int(free.getsockname()[1])


def functions(starts: int, requests: int) -> None:
    """Print what Google's framework costs, in the sandbox and beside bare servers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.py").write_text(FUNCTION)
        (folder / "bare.py").write_text(WSGI)
        framework = [sys.executable, "-m", "functions_framework", "--target", "quote",
                     "--host", "127.0.0.1", "--port", "PORT"]  # fmt: skip
        gunicorn = [sys.executable, "-m", "gunicorn", "bare:app", "--threads", "8",
                    "--bind", "127.0.0.1:PORT"]  # fmt: skip

        @contextlib.contextmanager
        def ours() -> Iterator[tuple[tuple[str, int], int]]:
            with CloudFunctions(folder, "quote") as function:
                yield function.address, function._program.pid

        arms: dict[str, Callable[[], Any]] = {
            "gunicorn, bare WSGI": lambda: plain(gunicorn, folder),
            "functions-framework, no sandbox": lambda: plain(framework, folder),
            "CloudFunctions": ours,
        }
        figures: dict[str, list[tuple[float, ...]]] = {name: [] for name in arms}
        for _ in range(starts):
            for arm, start in arms.items():
                before = time.perf_counter()
                with start() as (address, pid):
                    connection = first(address)
                    cold = time.perf_counter() - before
                    spread = spread_ms(lambda c=connection: get(c), requests // starts)
                    figures[arm].append((cold, *spread, pss_mb(pid)))
                    connection.close()
        header("Google function")
        for arm, rows in figures.items():
            cold, least, p50, p99, memory = (
                statistics.median(column) for column in zip(*rows, strict=True)
            )
            print(f"{arm:34}{cold:9.2f}{least:9.2f}{p50:9.2f}{p99:9.2f}{memory:9.0f}")


def first(address: tuple[str, int]) -> http.client.HTTPConnection:
    """Ask until it answers; return the connection."""
    end = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection(*address, timeout=10)
        try:
            get(connection)
            return connection
        except OSError:
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def main(starts: int = 5, requests: int = 300) -> None:
    """Print both tables."""
    print(f"level {level().name}, {starts} starts, {requests} requests")
    clouds(starts, requests)
    functions(starts, requests)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
