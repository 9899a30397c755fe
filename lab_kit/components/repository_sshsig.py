"""Read and write SSH's signature format (PROTOCOL.sshsig of OpenSSH) byte by byte.

Strict, so that one signature has one form: lengths are exact, base64 is canonical, and nothing
follows the last field.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from lab_kit.errors import Failed

MAGIC = b"SSHSIG"
BEGIN, END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
WIDTH = 70  # ssh-keygen's
MOST_WIDTH = 128
MOST_ARMOUR = 16 * 1024  # RSA with 16384 bits fits
HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
SIGN = "Sign it: git config gpg.format ssh, set user.signingkey, then git commit -S."


class Rejected(Failed):
    """Say why a signature does not count, in one word for the code and in full for the reader.

    reason: unsigned, malformed, unsupported, unknown key, wrong namespace or altered
    """

    def __init__(self, what: str, why: str = "", next: str = "", *, reason: str = "") -> None:
        super().__init__(what, why, next)
        self.reason = reason

    def __reduce__(self) -> tuple[type[Rejected], tuple[str, str, str], dict[str, object]]:  # type: ignore[override]
        return type(self), (self.what, self.why, self.next), dict(self.__dict__)


def malformed(why: str) -> Rejected:
    """Return the refusal of bytes that are no signature."""
    return Rejected("The signature could not be read.", why, SIGN, reason="malformed")


@dataclass(frozen=True)
class Signature:
    """Hold the fields of one signature; `key` and `value` are SSH's own encodings."""

    key: bytes
    namespace: bytes
    hash_name: bytes
    algorithm: bytes
    value: bytes


class Fields:
    """Take SSH's fields off a byte string, never past its end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        """Take a number of four bytes."""
        return int(struct.unpack(">I", self._take(4))[0])

    def string(self) -> bytes:
        """Take a length and so many bytes."""
        return self._take(self.number())

    def positive(self) -> int:
        """Take a positive number in its only form: no needless zero, no sign."""
        data = self.string()
        if not data or data[0] & 0x80 or (data[0] == 0 and (len(data) < 2 or data[1] < 0x80)):
            raise malformed("A number in it is not in its shortest form.")
        return int.from_bytes(data, "big")

    def end(self) -> None:
        """Refuse anything that follows."""
        if self._at != len(self._data):
            raise malformed(f"{len(self._data) - self._at} bytes follow its last field.")

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            left = len(self._data) - self._at
            raise malformed(f"It is cut off: a field of {size} bytes, and {left} are left.")
        self._at += size
        return self._data[self._at - size : self._at]


def string(data: bytes) -> bytes:
    """Write bytes the way that SSH does, so that their end is known."""
    return struct.pack(">I", len(data)) + data


def decoded(text: bytes) -> bytes:
    """Decode base64 in its only form, so that no changed letter means the same."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("It is not base64.") from None
    if base64.b64encode(data) != text:
        raise malformed("Its base64 is not in its only form.")
    return data


def unarmoured(armour: bytes) -> bytes:
    """Return the bytes between the BEGIN and END lines."""
    if len(armour) > MOST_ARMOUR:
        raise malformed(f"It has {len(armour)} bytes, and {MOST_ARMOUR} are the most.")
    lines = armour.removesuffix(b"\n").split(b"\n")
    if lines[0] != BEGIN:
        raise malformed(f"Its first line is not {BEGIN.decode()}.")
    if len(lines) < 3 or lines[-1] != END:
        raise malformed(f"It is cut off: its last line is not {END.decode()}.")
    body, last = lines[1:-2], lines[-2]
    width = len(body[0]) if body else MOST_WIDTH
    if width > MOST_WIDTH or not 0 < len(last) <= width or any(len(b) != width for b in body):
        raise malformed("Its lines are not of one length.")
    return decoded(b"".join([*body, last]))


def armoured(blob: bytes) -> bytes:
    """Wrap a signature the way that ssh-keygen does, for git reads no other form."""
    text = base64.b64encode(blob)
    lines = [text[at : at + WIDTH] for at in range(0, len(text), WIDTH)]
    return b"\n".join([BEGIN, *lines, END]) + b"\n"


def parsed(armour: bytes) -> Signature:
    """Read a signature's fields; raise Rejected for anything else."""
    blob = unarmoured(armour)
    if blob[: len(MAGIC)] != MAGIC:
        raise malformed("It does not begin with SSHSIG.")
    fields = Fields(blob[len(MAGIC) :])
    if (version := fields.number()) != 1:
        raise malformed(f"It is of version {version}, and only 1 is known.")
    key, namespace, reserved = fields.string(), fields.string(), fields.string()
    hash_name, inner = fields.string(), fields.string()
    fields.end()
    if reserved:
        raise malformed("Its reserved field is not empty.")
    if hash_name not in HASHES:
        raise malformed("Its hash is neither sha256 nor sha512.")
    parts = Fields(inner)
    algorithm, value = parts.string(), parts.string()
    parts.end()
    return Signature(key, namespace, hash_name, algorithm, value)


def written(signature: Signature) -> bytes:
    """Write a signature in its armour, so that git and ssh-keygen read it."""
    inner = string(signature.algorithm) + string(signature.value)
    fields = (signature.key, signature.namespace, b"", signature.hash_name, inner)
    return armoured(MAGIC + struct.pack(">I", 1) + b"".join(map(string, fields)))


def to_sign(message: bytes, namespace: bytes, hash_name: bytes) -> bytes:
    """Return what the key really signs: the message's hash, bound to its purpose."""
    digest = HASHES[hash_name](message).digest()
    return MAGIC + b"".join(map(string, (namespace, b"", hash_name, digest)))
