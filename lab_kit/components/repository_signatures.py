"""Sign commits with SSH keys, and say whose signature a commit carries.

    raw = signed(raw, key)                                   # bytes of a commit object
    who = verify(raw, {"ada@kiosk.example": "ssh-ed25519 AAAA..."})

A commit is signed as git does: the header `gpgsig` holds the signature of all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab_kit.components import repository_keys as keys
from lab_kit.components import repository_sshsig as sshsig
from lab_kit.components.repository_keys import SigningKey
from lab_kit.components.repository_sshsig import Rejected, malformed
from lab_kit.errors import UsageError

HEADER = b"gpgsig"
NAMESPACE = "git"

__all__ = ["Rejected", "SigningKey", "signed", "verify", "verify_bytes"]


def signed(raw: bytes, key: SigningKey) -> bytes:
    """Return the commit with its signature, which gives it another hash."""
    head, blank, message = raw.partition(b"\n\n")
    if not blank or _is_signed(head):
        raise UsageError("The commit cannot be signed.", "It is no commit, or is signed already.")
    lines = key.sign(raw, NAMESPACE).removesuffix(b"\n").replace(b"\n", b"\n ")
    return head + b"\n" + HEADER + b" " + lines + b"\n\n" + message


def verify(raw: bytes, allowed: Mapping[str, str]) -> str:
    """Return which principal signed a commit; raise Rejected that says why none did.

    allowed: principal (an e-mail address) -> the line of a public key
    """
    payload, armour = split(raw)
    return verify_bytes(payload, armour, allowed, NAMESPACE)


def verify_bytes(
    message: bytes, armour: bytes, allowed: Mapping[str, str], namespace: str
) -> str:  # fmt: skip
    """Return which principal signed these bytes for this purpose; raise Rejected."""
    signature = sshsig.parsed(armour)
    principal = _principal(signature.key, allowed)
    if signature.namespace != namespace.encode():
        other = signature.namespace[:40].decode("ascii", "replace")
        raise Rejected(
            "The signature is for another purpose.", f"Expected {namespace}, got {other!r}.",
            "Let git sign it: git commit -S", reason="wrong namespace",
        )  # fmt: skip
    keys.check(signature, message)
    return principal


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Return what was signed and its signature; raise Rejected if there is none, or two."""
    head, blank, message = raw.partition(b"\n\n")
    kept: list[bytes] = []
    found: list[list[bytes]] = []
    inside = False
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        if inside and not name and line:
            found[-1].append(value)
            continue
        inside = name == HEADER
        if inside:
            found.append([value])
        elif name.startswith(HEADER):
            raise malformed("It has a signature of another object format.")
        else:
            kept.append(line)
    if not found:
        raise Rejected(
            "The commit is not signed.", "It has no gpgsig header.", sshsig.SIGN, reason="unsigned"
        )
    if len(found) > 1 or not blank:
        raise malformed(f"The commit has {len(found)} signatures, or no end of its headers.")
    return b"\n".join(kept) + blank + message, b"\n".join(found[0])


def _is_signed(head: bytes) -> bool:
    return any(line.startswith(HEADER) for line in head.split(b"\n"))


def _principal(key: bytes, allowed: Mapping[str, str]) -> str:
    for principal, line in allowed.items():
        try:
            blob = keys.key_blob(line)
        except Rejected as error:
            raise UsageError(f"The key of {principal} could not be read.", error.why) from None
        if blob == key:
            return principal
    raise Rejected(
        "The signature's key is not known.", f"It is none of {len(allowed)} allowed keys.",
        "Sign with the key that you registered, or register this one.", reason="unknown key",
    )  # fmt: skip
