"""Know who asks: each token is one user's, for a while or for good.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass

from lab_kit.components.kubernetes.store import Store

MASTERS, KNOWN = "system:masters", "system:authenticated"
MOST = 10_000


@dataclass(frozen=True)
class User:
    """Name who asks, and the groups that they are in."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def may_all(self) -> bool:
        """Say whether nothing is refused to them, whatever roles say."""
        return MASTERS in self.groups


ADMIN = User("kubernetes-admin", (MASTERS, KNOWN))


@dataclass(frozen=True)
class Signed:
    """Hold whose a token is, until when, and the service account that it stands or falls with."""

    user: User
    until: float
    account: tuple[str, str, str] | None = None  # namespace, name, uid


class Users:
    """Hold the tokens' digests; a token itself is told once and not kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._signed: dict[bytes, Signed] = {}

    def sign(self, user: User, seconds: float = float("inf")) -> str:
        """Return a new token of a user."""
        return self._keep(Signed(user, time.monotonic() + seconds))

    def sign_account(self, namespace: str, name: str, uid: str, seconds: float) -> str:
        """Return a new token of a service account: it ends with the account."""
        user = User(f"system:serviceaccount:{namespace}:{name}", (
            "system:serviceaccounts", f"system:serviceaccounts:{namespace}", KNOWN,
        ))  # fmt: skip
        return self._keep(Signed(user, time.monotonic() + seconds, (namespace, name, uid)))

    def of(self, header: str) -> User | None:
        """Return who sends this Authorization header, None for nobody that is known."""
        how, _, token = header.partition(" ")
        if how != "Bearer" or not token:
            return None
        # Looked up by its digest: how long that takes tells nothing of the tokens that there are.
        found = self._signed.get(digest(token))
        if found is None or found.until < time.monotonic():
            return None
        if found.account:
            namespace, name, uid = found.account
            account = self._store.get("serviceaccounts", namespace, name)
            if account is None or account["metadata"]["uid"] != uid:
                return None
        return found.user

    def _keep(self, signed: Signed) -> str:
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            if len(self._signed) >= MOST:
                self._signed = {d: s for d, s in self._signed.items() if s.until > now}
            self._signed[digest(token)] = signed
        return token


def digest(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
