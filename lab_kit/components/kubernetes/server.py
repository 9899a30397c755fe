"""Run a small Kubernetes API in this process.

    with KubernetesApi() as cluster:
        config.load_kube_config(str(cluster.kubeconfig))

It speaks what the official client, its watches and kubectl speak, on a loopback port, to whoever
has its token. What it does not serve it refuses as the real one does.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from lab_kit.components.kubernetes.api import Api
from lab_kit.components.kubernetes.audit import Audit
from lab_kit.components.kubernetes.certificates import certificate
from lab_kit.components.kubernetes.faults import Faults
from lab_kit.components.kubernetes.resources import Registry
from lab_kit.components.kubernetes.store import KEPT, Store
from lab_kit.components.kubernetes.users import ADMIN, KNOWN, User, Users
from lab_kit.components.kubernetes.watching import Streams, cut, finish
from lab_kit.errors import Unavailable

START_S = 10.0
THREAD = "kubernetes api"
NOISY = [logging.getLogger(name) for name in ("tornado.access", "tornado.general")]


class Quiet(logging.Filter):
    """Keep out of a notebook what clients do wrong, or that they hung up: they are told."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.threadName != THREAD


class KubernetesApi:
    """Be one cluster's API until closed; `kept` changes are remembered for watches to resume.

    address: gives the Service of a number its address; without it nothing listens there
    """

    def __init__(self, kept: int = KEPT, address: Callable[[int], str] | None = None) -> None:
        self.api = Api(Store(kept), Registry())
        if address:
            self.api.keeper.address = address
        self.users = Users(self.api.store)
        self.token = self.users.sign(ADMIN)
        self.faults = Faults()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self._folder = tempfile.TemporaryDirectory(prefix="beyond-cluster-")
        self._tls, self.certificate = certificate(Path(self._folder.name))
        self.kubeconfig = self._written("kubeconfig", self.token)
        self.audit = Audit(Path(self._folder.name) / "audit.log")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: Streams | None = None
        self._ready, self._done = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
        self._quiet = Quiet()
        for logger in NOISY:
            logger.addFilter(self._quiet)
        self._thread.start()
        if not self._ready.wait(START_S):
            raise Unavailable("The Kubernetes API did not start.", f"Not within {START_S:g} s.")

    def sign_in(self, name: str, *groups: str) -> Path:
        """Return the kubeconfig of a user, who may do what roles let them (and read what is
        served), no more.
        """
        token = self.users.sign(User(name, (*groups, KNOWN)))
        return self._written(f"kubeconfig-{secrets.token_hex(4)}", token)

    def cut_watches(self) -> None:
        """End every watch that is open now, as a restart of the server would."""
        if self._loop is not None and self._streams is not None:
            self._loop.call_soon_threadsafe(cut, self._streams)

    def _written(self, name: str, token: str) -> Path:
        place = Path(self._folder.name) / name
        place.touch(0o600)
        place.write_text(json.dumps(self.settings(token)))
        return place

    def settings(self, token: str) -> dict[str, object]:
        """Return a kubeconfig: where it is, and the token."""
        return {
            "apiVersion": "v1", "kind": "Config", "current-context": "lab", "preferences": {},
            "clusters": [{"name": "lab", "cluster": {
                "server": self.url, "certificate-authority-data":
                base64.b64encode(self.certificate).decode(),
            }}],
            "users": [{"name": "lab", "user": {"token": token}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab",
                                                     "namespace": "default"}}],
        }  # fmt: skip

    def close(self) -> None:
        """Stop answering and let go of everything."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join(START_S)
        for logger in NOISY:
            logger.removeFilter(self._quiet)
        self.api.close()
        self.audit.close()
        self._socket.close()
        self._folder.cleanup()

    def __enter__(self) -> KubernetesApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from tornado.httpserver import HTTPServer

        from lab_kit.components.kubernetes.exchange import Guard
        from lab_kit.components.kubernetes.web import application

        self._loop = asyncio.get_running_loop()
        self._socket.setblocking(False)
        guard = Guard(self.users, self.api.rbac, self.audit, self.faults)
        app = application(self.api, guard)
        self._streams = app.settings["streams"]
        server = HTTPServer(app, ssl_options=self._tls, max_body_size=8 * 1024 * 1024)
        server.add_sockets([self._socket])
        self._ready.set()
        await self._done.wait()
        server.stop()
        await finish(app.settings["streams"])
        await server.close_all_connections()
