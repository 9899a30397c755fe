"""Measure LambdaRuntime beside a bare runtime client, in one run with the arms taking turns.

    python benchmarks/lambda_runtime.py [cold starts, 20] [warm invocations, 1000]

The trivial server is the least that awslambdaric can talk to: one thread, blocking sockets, no
limits, no log, no second request. "Cold" is from the start of the process to the first answer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.process import Limits, level, zygote

HANDLER = "def handler(event, context):\n    return {'ok': True}\n"
EVENT = b'{"sku":"A-1","quantity":3}'
ARGV = [sys.executable, "-m", "awslambdaric", "handler.handler"]
LIMITS = Limits(data_mb=1152, file_mb=512, cpu_s=3600, threads=256, open_files=1024, scratch_mb=512)


class TrivialServer:
    """Answer GET with an event and POST with 202; `answered` counts the POSTs."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._go = threading.Semaphore(0)
        self._answered = threading.Semaphore(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def invoke(self) -> None:
        self._go.release()
        self._answered.acquire()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._go.release()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.setblocking(True)
            sock, _ = self._listener.accept()
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while data := _request(sock):
                    if data.startswith(b"GET"):
                        self._go.acquire()
                        sock.sendall(self._event())
                    else:
                        sock.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                        self._answered.release()

    def _event(self) -> bytes:
        deadline = int((time.time() + 3) * 1000)
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            b"Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0\r\n"
            b"Lambda-Runtime-Invoked-Function-Arn: "
            b"arn:aws:lambda:us-east-1:123456789012:function:kiosk\r\n"
            b"Lambda-Runtime-Deadline-Ms: %d\r\nContent-Length: %d\r\n\r\n%s"
            % (deadline, len(EVENT), EVENT)
        )


def _request(sock: socket.socket) -> bytes:
    data = b""
    while more := sock.recv(65536):
        data += more
        head, end, body = data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        if end and len(body) == int(length or 0):
            return data
    return b""


def variables(folder: Path) -> dict[str, str]:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
    }


Arm = Callable[[], contextlib.AbstractContextManager[tuple[Callable[[], object], int]]]


def arms(folder: Path) -> dict[str, Arm]:
    """Return one context manager an arm, each giving a way to invoke and a process id."""

    @contextlib.contextmanager
    def bare() -> Iterator[tuple[Callable[[], object], int]]:
        listener = socket.create_server(("127.0.0.1", 0))
        server = TrivialServer(listener)
        env = variables(folder) | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}"
        }
        out = subprocess.DEVNULL
        with subprocess.Popen(ARGV, cwd=folder, env=env, stdout=out, stderr=out) as process:
            yield server.invoke, process.pid
            process.kill()
        server.close()

    @contextlib.contextmanager
    def sandboxed() -> Iterator[tuple[Callable[[], object], int]]:
        with zygote().program(
            ARGV,
            cwd=folder,
            read=(folder,),
            env=variables(folder),
            limits=LIMITS,
            inner=1,
            inner_env=lambda ports: {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{ports[0]}"},
            tmp_mb=512,
        ) as program:
            server = TrivialServer(program.listeners[0])
            yield server.invoke, program.pid
            server.close()

    @contextlib.contextmanager
    def ours() -> Iterator[tuple[Callable[[], object], int]]:
        with LambdaRuntime(folder) as runtime:

            def invoke() -> None:
                outcome = runtime.invoke(EVENT).outcome
                assert outcome == "ok", outcome

            yield invoke, 0

    return {"bare": bare, "sandboxed": sandboxed, "ours": ours}


def cold(arms: dict[str, Arm], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(rounds + 1):
        names = list(arms)
        for name in names[turn % 3 :] + names[: turn % 3]:
            start = time.perf_counter()
            with arms[name]() as (invoke, _):
                invoke()
                took = time.perf_counter() - start
            if turn:  # the first round starts the zygote and fills caches
                times[name].append(took * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def warm(arms: dict[str, Arm], number: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in arms}
    with contextlib.ExitStack() as stack:
        invokes = {name: stack.enter_context(arm())[0] for name, arm in arms.items()}
        for _ in range(number // 20 + 1):
            for name, invoke in invokes.items():
                for _ in range(20):
                    start = time.perf_counter()
                    invoke()
                    times[name].append((time.perf_counter() - start) * 1000)
    return {name: sorted(values[20:]) for name, values in times.items()}


def pss_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("Pss:")[1].split()[0]) / 1024


def memory(folder: Path, number: int = 5) -> float:
    with LambdaRuntime(folder) as runtime:
        runtime.provision(number)
        return statistics.mean(pss_mb(one.pid) for one in runtime.environments)


def main(rounds: int = 20, number: int = 1000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.path.realpath(name))
        (folder / "handler.py").write_text(HANDLER)
        every = arms(folder)
        print(f"isolation level {level().name}, {rounds} cold starts, {number} warm invocations")
        found = cold(every, rounds)
        row("cold: bare process, trivial server", found["bare"])
        row("cold: same sandbox, trivial server", found["sandboxed"])
        row("      the sandbox's own cost", found["sandboxed"] - found["bare"])
        row("cold: LambdaRuntime", found["ours"], found["ours"] / found["sandboxed"], 1.15)
        times = warm(every, number)
        middle = {name: statistics.median(values) for name, values in times.items()}
        row("warm: bare process, trivial server, p50", middle["bare"])
        row("warm: same sandbox, trivial server, p50", middle["sandboxed"])
        row("      the sandbox's own cost", middle["sandboxed"] - middle["bare"])
        row("warm: LambdaRuntime, p50", middle["ours"], middle["ours"] / middle["bare"], 1.5)
        ratio = middle["ours"] / middle["sandboxed"]
        print(f"{'':47}{ratio:17.2f} x the trivial server in the same sandbox")
        row("warm: LambdaRuntime, p99", times["ours"][len(times["ours"]) * 99 // 100])
        print(f"{'memory of one of five environments (PSS)':44}{memory(folder):10.1f} MB")


def row(text: str, ms: float, ratio: float = 0.0, target: float = 0.0) -> None:
    note = f"   {ratio:.2f} x (target at most {target:g} x)" if ratio else ""
    print(f"{text:44}{ms:10.2f} ms{note}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
