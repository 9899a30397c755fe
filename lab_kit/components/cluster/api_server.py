"""Be a real kube-apiserver with its etcd, on this machine alone and only for a `with` block.

Its programs are those that envtest uses; they need no rights and leave nothing behind. One
certificate, made for this run, is what all of them show and trust. Where kube-controller-manager
is beside them it collects what is deleted; it runs no Deployments, which is the lab's own part.
"""

from __future__ import annotations

import json
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lab_kit.components.cluster.access import Access, Refused, access, written
from lab_kit.components.cluster.features import minor, offered
from lab_kit.components.cluster.found import Cluster
from lab_kit.components.kubernetes.certificates import certificate
from lab_kit.errors import Unavailable
from lab_kit.process import Trusted, start_trusted, wait_until

START_S = 60.0
TRIES = 2  # a port that was free may be taken by the time that it is used
LAST_LINES = 12
HOUSEKEEPING = "namespace,garbagecollector"
OWN = {"watch-410", "quiet", "whole", "audit"}
AUDIT = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},  # what it asks itself
        {"level": "Metadata", "resources": [{"group": "", "resources": [
            "secrets", "serviceaccounts/token"]}]},  # who asked, and not for what
        {"level": "Request"},
    ],
}  # fmt: skip


@contextmanager
def api_server(programs: Path) -> Iterator[Cluster]:
    """Run etcd and kube-apiserver from a folder; raise Unavailable with their last words."""
    with ExitStack() as held:
        for left in reversed(range(TRIES)):
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="beyond-api-")))
            try:
                server = held.enter_context(ApiServer(programs, folder))
                break
            except Unavailable as problem:
                if not left or "address already in use" not in problem.why:
                    raise
        more = OWN | ({"gc"} if server.collects else set())
        yield Cluster("kube-apiserver", server.version, server.kubeconfig, server.features | more,
                      server.admin, compact=server.compact, audit=server.audit)  # fmt: skip


class ApiServer:
    """Hold the programs of one API server, all of it in one folder."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.audit = programs, folder, folder / "audit.jsonl"
        self.version, self.features = "", set[str]()
        self.collects = (programs / "kube-controller-manager").exists()
        _, public = certificate(folder)
        self._pem, self._ca = folder / "server.pem", folder / "ca.pem"
        self._ca.write_bytes(public)
        self._etcd, self._own = ports(2)
        token, server = secrets.token_urlsafe(32), f"https://127.0.0.1:{self._own}"
        place = {"server": server, "certificate-authority": str(self._ca)}
        self.kubeconfig = written(folder / "kubeconfig", place, token)
        (folder / "tokens.csv").touch(mode=0o600)
        (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        (folder / "audit.yaml").write_text(json.dumps(AUDIT))
        self.admin = access(self.kubeconfig, folder)
        self._held = ExitStack()

    def __enter__(self) -> ApiServer:
        with ExitStack() as held:
            held.callback(self.admin.close)
            etcd = held.enter_context(self._start("etcd", self._store()))
            server = held.enter_context(self._start("kube-apiserver", self._server()))
            self._wait([etcd, server])
            self.version, self.features = offered(self.admin)
            if self.collects:
                held.enter_context(self._start("kube-controller-manager", self._manager()))
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def compact(self) -> None:
        """Have etcd forget what was before now: that is what makes a real watch too old."""
        now = self.admin.ask("GET", "/api/v1/namespaces?limit=1")["metadata"]["resourceVersion"]
        place = {"server": f"https://127.0.0.1:{self._etcd}",
                 "certificate-authority": str(self._ca)}  # fmt: skip
        pem = str(self._pem)
        etcd = Access(place, {"client-certificate": pem, "client-key": pem}, self.folder)
        etcd.ask("POST", "/v3/kv/compaction", {"revision": now, "physical": True})
        etcd.close()

    # -- parts -------------------------------------------------------------------------

    def _start(self, name: str, words: dict[str, object]) -> Trusted:
        flags = [f"--{word}={value}" for word, value in words.items()]
        return start_trusted(
            [self.programs / name, *flags], env={"HOME": str(self.folder)}, cwd=self.folder
        )

    def _store(self) -> dict[str, object]:
        here, pem, ca = f"https://127.0.0.1:{self._etcd}", self._pem, self._ca
        return {
            "data-dir": self.folder / "etcd", "listen-client-urls": here,
            "advertise-client-urls": here, "listen-peer-urls": "https://127.0.0.1:0",
            "cert-file": pem, "key-file": pem, "trusted-ca-file": ca, "client-cert-auth": "true",
            "peer-cert-file": pem, "peer-key-file": pem, "peer-trusted-ca-file": ca,
            "peer-client-cert-auth": "true",
        }  # fmt: skip

    def _server(self) -> dict[str, object]:
        """Return the server's flags.

        No ServiceAccount admission, as there is nobody who makes each namespace's account; no
        watch cache, as that would go on telling what etcd forgot.
        """
        pem = self._pem
        return {
            "etcd-servers": f"https://127.0.0.1:{self._etcd}", "etcd-cafile": self._ca,
            "etcd-certfile": pem, "etcd-keyfile": pem, "watch-cache": "false",
            "bind-address": "127.0.0.1", "secure-port": self._own, "tls-cert-file": pem,
            "tls-private-key-file": pem, "endpoint-reconciler-type": "none",
            "service-cluster-ip-range": "10.96.0.0/16", "anonymous-auth": "false",
            "token-auth-file": self.folder / "tokens.csv", "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-signing-key-file": pem, "service-account-key-file": pem,
            "disable-admission-plugins": "ServiceAccount", "profiling": "false",
            "audit-policy-file": self.folder / "audit.yaml", "audit-log-path": self.audit,
            "audit-log-maxsize": 50, "audit-log-maxbackup": 1,
        }  # fmt: skip

    def _manager(self) -> dict[str, object]:
        """Return the flags of what collects: it listens nowhere, old ones only if told so."""
        old = {"port": 0} if minor(self.version) < 24 else {}
        return old | {"kubeconfig": self.kubeconfig, "controllers": HOUSEKEEPING,
                      "leader-elect": "false", "secure-port": 0, "profiling": "false"}  # fmt: skip

    def _wait(self, programs: list[Trusted]) -> None:
        """Wait until all that the server promises is ready."""
        began = time.monotonic()
        try:
            wait_until(self._ready, timeout=START_S, poll=0.1, what="The API server",
                       alive=lambda: all(one.alive for one in programs))  # fmt: skip
        except Unavailable as problem:
            ended = [one for one in programs if not one.alive] or programs
            raise Unavailable(
                f"The real API server did not start within {time.monotonic() - began:.0f} s.",
                f"{problem.what}\n" + "\n".join(last_words(one) for one in ended),
                "Unset BEYOND_CLUSTER to use the embedded one.",
            ) from None

    def _ready(self) -> bool:
        try:
            self.admin.ask("GET", "/readyz")
            self.admin.ask("GET", "/api/v1/namespaces/default")
        except (Refused, Unavailable):
            return False
        return True


def ports(count: int) -> list[int]:
    """Return ports on loopback that are free now."""
    with ExitStack() as held:
        made = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in made]


def last_words(program: Trusted) -> str:
    """Return the end of what a program printed, under its name and how it ended."""
    ended = program.poll()
    state = ended.reason if ended else "it still runs"
    lines = [line[:300] for line in program.output().splitlines() if line.strip()]
    return "\n".join([f"{Path(program.name).name} ({state}):", *lines[-LAST_LINES:]])
