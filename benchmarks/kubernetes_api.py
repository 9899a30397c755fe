"""Time the Kubernetes API through the official client, beside a bare handler on the same server.

    .venv/bin/python benchmarks/kubernetes_api.py [OBJECTS, 1000]

The bare handler is tornado behind the same TLS, in a process of its own like the API's, and answers
each request with the same object: what any server in Python costs this client. Needs what
`./lab test` installs (the official client).
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kubernetes import client, config, watch

READY_MS, MEMORY_MB, GET, CREATE, EVENTS, WATCHERS = 500, 90, 1.5, 3.0, 1000, 10
ONE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"},
       "data": {"a": "b" * 100}}  # fmt: skip


def serve(kind: str) -> None:
    """Be the server's process: tell the kubeconfig, end with our input."""
    began = time.perf_counter()
    if kind == "api":
        from lab_kit.components.kubernetes import KubernetesApi

        with KubernetesApi() as cluster:
            tell(cluster.kubeconfig.read_text(), began)
        return
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.web import Application, RequestHandler

    from lab_kit.components.kubernetes.certificates import certificate

    class Bare(RequestHandler):
        def get(self) -> None:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(ONE))

        def post(self) -> None:
            json.loads(self.request.body)
            self.set_status(201)
            self.get()

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            tls, public = certificate(Path(folder))
            sockets = bind_sockets(0, "127.0.0.1")
            HTTPServer(Application([(".*", Bare)]), ssl_options=tls).add_sockets(sockets)
            import base64

            where = f"https://127.0.0.1:{sockets[0].getsockname()[1]}"
            ca = base64.b64encode(public).decode()
            cluster = {"server": where, "certificate-authority-data": ca}
            told = {
                "current-context": "x",
                "users": [{"name": "x", "user": {"token": "x"}}],
                "clusters": [{"name": "x", "cluster": cluster}],
                "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            }
            await asyncio.to_thread(tell, json.dumps(told), began)

    asyncio.run(run())


def tell(settings: str, began: float) -> None:
    print(json.dumps([settings, (time.perf_counter() - began) * 1000]), flush=True)
    sys.stdin.read()


def pss_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(w.split()[1]) for w in text.splitlines() if w.startswith("Pss:")) / 1024


class Arm:
    """Be one server and the official client for it."""

    def __init__(self, kind: str) -> None:
        words = [sys.executable, __file__, "--serve", kind]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        assert self.process.stdout
        settings, self.ready_ms = json.loads(self.process.stdout.readline())
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "kubeconfig"
        self.file.write_text(settings)
        self.core = client.CoreV1Api(config.new_client_from_config(str(self.file)))

    def get(self, n: int) -> None:
        self.core.read_namespaced_config_map("x", "default")

    def create(self, n: int) -> None:
        meta = {"name": f"cm{n}"}
        self.core.create_namespaced_config_map("default", {**ONE, "metadata": meta})

    def close(self) -> None:
        self.process.communicate("")
        self.folder.cleanup()


def p50_ms(act: Callable[[int], None], numbers: range) -> float:
    times = []
    for n in numbers:
        began = time.perf_counter()
        act(n)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def events_a_second(arm: Arm, changes: int) -> float:
    """Return how many watch events a second reach all watchers together."""
    version = arm.core.list_namespaced_config_map("default").metadata.resource_version
    counts = [0] * WATCHERS

    def listen(number: int) -> None:
        own = client.CoreV1Api(config.new_client_from_config(str(arm.file)))
        for _ in watch.Watch().stream(
            own.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=60
        ):
            counts[number] += 1
            if counts[number] >= changes:
                return

    crowd = [threading.Thread(target=listen, args=(n,)) for n in range(WATCHERS)]
    began = time.perf_counter()
    for one in crowd:
        one.start()
    for n in range(changes):
        arm.core.patch_namespaced_config_map("x", "default", {"data": {"n": str(n)}})
    for one in crowd:
        one.join()
    return sum(counts) / (time.perf_counter() - began)


def main(count: int) -> int:
    """Print the table; return 1 when a target is missed."""
    ours, bare = Arm("api"), Arm("bare")
    ours.core.create_namespaced_config_map("default", ONE)
    rows = {"create": [0.0, 0.0], "get": [0.0, 0.0]}
    for column, arm in enumerate((ours, bare)):
        rows["create"][column] = p50_ms(arm.create, range(count))
        rows["get"][column] = p50_ms(arm.get, range(count))
    memory = pss_mb(ours.process.pid)
    rate = events_a_second(ours, 200)
    print(f"{'':24}{'ours':>10}{'bare':>10}{'ratio':>8}{'at most':>9}")
    missed = 0
    for (name, (one, other)), most in zip(rows.items(), (CREATE, GET), strict=True):
        print(f"{name + ', p50 ms':24}{one:10.2f}{other:10.2f}{one / other:7.2f}x{most:8.1f}x")
        missed += one / other > most
    print(f"{'ready, ms':24}{ours.ready_ms:10.0f}{bare.ready_ms:10.0f}{'':8}{READY_MS:9}")
    print(f"{f'memory, {count} objects, MB':24}{memory:10.1f}{pss_mb(bare.process.pid):10.1f}{'':8}"
          f"{MEMORY_MB:9}")  # fmt: skip
    print(f"watch events a second to {WATCHERS} watchers: {rate:.0f} (at least {EVENTS})")
    ours.close()
    bare.close()
    return int(missed or ours.ready_ms > READY_MS or memory > MEMORY_MB or rate < EVENTS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
