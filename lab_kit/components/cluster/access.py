"""Read where a cluster is and who we are in it from a kubeconfig, and ask its API in plain JSON.

Only what a kubeconfig can carry by itself is read. One that wants a program to be run for a token
is refused: those lead to clusters of a cloud, which no lab should reach by accident.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import urllib3
import yaml

from lab_kit.errors import Unavailable

Object = dict[str, Any]
PATIENCE = urllib3.Timeout(connect=5.0, read=20.0)
CA, CERTIFICATE, KEY = "certificate-authority", "client-certificate", "client-key"
SERVER = {"server", CA, f"{CA}-data", "disable-compression", "extensions"}
USER = {"token", CERTIFICATE, f"{CERTIFICATE}-data", KEY, f"{KEY}-data", "extensions"}
ONE_CONTEXT = "kubectl config view --raw --minify --flatten --context=NAME > lab.kubeconfig"


class Refused(Unavailable):
    """Carry the code that the cluster refused with."""

    code = 0


class Access:
    """Be one user of one cluster."""

    def __init__(self, server: Object, user: Object, folder: Path) -> None:
        self.server, self._headers = server, {"Accept": "application/json"}
        if token := user.get("token"):
            self._headers["Authorization"] = f"Bearer {token}"
        self._http = urllib3.PoolManager(
            maxsize=4, retries=False, timeout=PATIENCE,
            ca_certs=kept(server, CA, folder),
            cert_file=kept(user, CERTIFICATE, folder),
            key_file=kept(user, KEY, folder),
        )  # fmt: skip

    def ask(self, method: str, path: str, body: Object | None = None) -> Object:
        """Return the answer; raise Refused, or Unavailable when nobody answers."""
        url = self.server["server"].rstrip("/") + path
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": "application/json"} if data else {})
        try:
            answer = self._http.request(method, url, body=data, headers=headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise Unavailable(f"No cluster answers at {url}.", f"{problem}"[:300]) from None
        told = read(answer.data)
        if answer.status >= 300:
            why = f"{answer.status}: {told.get('message') or told.get('text')}"
            refusal = Refused(f"The cluster refused {method} {path}.", why)
            refusal.code = answer.status
            raise refusal
        return told

    def close(self) -> None:
        self._http.clear()


def read(data: bytes) -> Object:
    """Return an answer's object; other text as {"text": ...}."""
    try:
        told = json.loads(data)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"text": data[:4096].decode("utf-8", "replace")}


def access(kubeconfig: Path, folder: Path) -> Access:
    """Return who the only context of a kubeconfig makes us; raise Unavailable.

    With several contexts, the current one is whichever was used last: nothing to rely on where a
    lab writes. Keys that are written into the file are kept in `folder`.
    """
    try:
        known = yaml.safe_load(kubeconfig.read_text())
        called = {part: {row["name"]: row for row in known[part]}
                  for part in ("contexts", "clusters", "users")}  # fmt: skip
        if len(called["contexts"]) != 1:
            raise Unavailable(
                f"{kubeconfig} has {len(called['contexts'])} contexts.",
                "A lab writes only where it is told to: it takes a file with one context.",
                f"Make one: {ONE_CONTEXT}",
            )
        [context] = (row["context"] for row in called["contexts"].values())
        server = called["clusters"][context["cluster"]]["cluster"]
        user = called["users"][context["user"]]["user"] or {}
        plain(kubeconfig, server, user)
        server, user = (relative(part, kubeconfig.parent) for part in (server, user))
        return Access(server, user, folder)
    except (OSError, KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError) as problem:
        raise Unavailable(
            f"{kubeconfig} is no kubeconfig that can be used.", f"{problem!r}"[:200],
            f"Make one: {ONE_CONTEXT}",
        ) from None  # fmt: skip


def plain(kubeconfig: Path, server: Object, user: Object) -> None:
    """Raise Unavailable for what is not read here: half of a kubeconfig would be another one."""
    strange = sorted({*server} - SERVER | {*user} - USER)
    if strange or not server["server"].startswith("https://"):
        raise Unavailable(
            f"{kubeconfig} asks for more than a lab does to reach a cluster.",
            f"It has {', '.join(strange)}." if strange else f"{server['server']} is not https.",
            "Write one with an https address, its certificate authority, and a token"
            " (`kubectl create token NAME`) or a client certificate.",
        )


def relative(part: Object, folder: Path) -> Object:
    """Return a part whose files are where they are from the kubeconfig's own folder."""
    files = (CA, CERTIFICATE, KEY)
    return {key: str(folder / value) if key in files else value for key, value in part.items()}


def kept(part: Object, name: str, folder: Path) -> str | None:
    """Return the file of a certificate or a key, written if it came within the kubeconfig."""
    data = part.get(f"{name}-data")
    if data is None:
        return part.get(name)
    file = folder / f"{name}.pem"
    file.touch(mode=0o600)
    file.write_bytes(b64decode(data))
    return str(file)


def written(file: Path, server: Object, token: str, namespace: str = "default") -> Path:
    """Write a kubeconfig with one context: a token, for one cluster."""
    server = dict(server)
    if path := server.pop(CA, None):
        server[f"{CA}-data"] = b64encode(Path(path).read_bytes()).decode()
    context = {"cluster": "lab", "user": "lab", "namespace": namespace}
    file.touch(mode=0o600)
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "lab", "preferences": {},
        "clusters": [{"name": "lab", "cluster": server}],
        "users": [{"name": "lab", "user": {"token": token}}],
        "contexts": [{"name": "lab", "context": context}],
    }))  # fmt: skip
    return file
