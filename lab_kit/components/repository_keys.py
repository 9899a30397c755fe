"""Make SSH keys and check what they signed, with the `cryptography` package alone."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from lab_kit.components import repository_sshsig as sshsig
from lab_kit.components.repository_sshsig import Fields, Rejected, Signature, malformed
from lab_kit.errors import UsageError

ED25519, RSA = b"ssh-ed25519", b"ssh-rsa"
Curve = tuple[ec.EllipticCurve, hashes.HashAlgorithm]
CURVES: dict[bytes, Curve] = {
    b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
RSA_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512(),
}  # fmt: skip
RSA_BITS = range(2048, 8193)  # below is unsafe, above is slow
MOST_LINE = 4096


class SigningKey:
    """Sign as one person, so that a lab needs neither ssh-keygen nor an agent."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def make(cls, seed: bytes | None = None) -> SigningKey:
        """Make a new key, or always the same one from a seed of 32 bytes."""
        if seed is None:
            return cls(Ed25519PrivateKey.generate())
        if len(seed) != 32:
            raise UsageError("A key's seed has 32 bytes.", f"Got {len(seed)}.")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def read(cls, text: bytes) -> SigningKey:
        """Read an unencrypted private key file of OpenSSH's, as learners have."""
        try:
            private = serialization.load_ssh_private_key(text, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise UsageError(
                "The private key could not be read.", "Expected OpenSSH's own form, no passphrase.",
                "Make one: ssh-keygen -t ed25519 -N '' -f key",
            ) from None  # fmt: skip
        if not isinstance(private, Ed25519PrivateKey):
            raise UsageError("The private key is of another kind.", "Only ed25519 signs here.")
        return cls(private)

    @property
    def blob(self) -> bytes:
        """Return the public key as signatures carry it."""
        raw = self._private.public_key().public_bytes_raw()
        return sshsig.string(ED25519) + sshsig.string(raw)

    def public_line(self, comment: str = "") -> str:
        """Return the public key as one line, as in a .pub file."""
        line = f"{ED25519.decode()} {base64.b64encode(self.blob).decode()}"
        return f"{line} {comment}" if comment else line

    def private_text(self) -> bytes:
        """Return the private key file, for git and ssh-keygen to sign with."""
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )  # fmt: skip

    def sign(self, message: bytes, namespace: str = "git") -> bytes:
        """Return the armoured signature of a message for one purpose."""
        purpose, hash_name = namespace.encode(), b"sha512"
        value = self._private.sign(sshsig.to_sign(message, purpose, hash_name))
        return sshsig.written(Signature(self.blob, purpose, hash_name, ED25519, value))


def key_blob(line: str) -> bytes:
    """Read a public key's line; raise Rejected, for a learner may have written it."""
    words = line[:MOST_LINE].split()
    if len(words) < 2 or len(line) > MOST_LINE or not line.isprintable():
        raise _no_key("Expected one line: the kind, a space and the key in base64.")
    blob = sshsig.decoded(words[1].encode("utf-8", "replace"))
    if Fields(blob).string() != words[0].encode("utf-8", "replace"):
        raise _no_key(f"It says {words[0][:40]}, and its base64 is of another kind.")
    return blob


def check(signature: Signature, message: bytes) -> None:
    """Check that the signature's own key signed the message; raise Rejected.

    Ask first whether that key is allowed: no other key's bytes should come this far.
    """
    fields = Fields(signature.key)
    kind = fields.string()
    signed = sshsig.to_sign(message, signature.namespace, signature.hash_name)
    try:
        if kind == ED25519:
            _check_ed25519(fields, signature, signed)
        elif kind == RSA:
            _check_rsa(fields, signature, signed)
        elif kind.startswith(b"ecdsa-sha2-"):
            _check_ecdsa(fields, signature, signed, kind)
        else:
            raise _unsupported("Its key is neither ed25519, ecdsa nor rsa.")
    except InvalidSignature:
        raise Rejected(
            "The signature does not fit.", "What it signed was changed afterwards.",
            "Sign it again: git commit --amend -S", reason="altered",
        ) from None  # fmt: skip
    except (ValueError, UnsupportedAlgorithm):
        raise _no_key("Its numbers are no key.") from None


def _check_ed25519(fields: Fields, signature: Signature, signed: bytes) -> None:
    raw = fields.string()
    fields.end()
    if signature.algorithm != ED25519 or len(raw) != 32 or len(signature.value) != 64:
        raise malformed("An ed25519 key has 32 bytes, and its signature 64.")
    Ed25519PublicKey.from_public_bytes(raw).verify(signature.value, signed)


def _check_rsa(fields: Fields, signature: Signature, signed: bytes) -> None:
    exponent, modulus = fields.positive(), fields.positive()
    fields.end()
    if signature.algorithm not in RSA_HASHES:
        raise _unsupported("An RSA key signs as rsa-sha2-256 or rsa-sha2-512.")
    if modulus.bit_length() not in RSA_BITS or exponent.bit_length() > 33:
        raise _unsupported("An RSA key has 2048 to 8192 bits.")
    if len(signature.value) != (modulus.bit_length() + 7) // 8:
        raise malformed("An RSA signature is as long as its key.")
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    key.verify(signature.value, signed, padding.PKCS1v15(), RSA_HASHES[signature.algorithm])


def _check_ecdsa(fields: Fields, signature: Signature, signed: bytes, kind: bytes) -> None:
    name, point = fields.string(), fields.string()
    fields.end()
    if name not in CURVES or kind != b"ecdsa-sha2-" + name or signature.algorithm != kind:
        raise _unsupported("An ecdsa key is on nistp256, nistp384 or nistp521.")
    curve, digest = CURVES[name]
    numbers = Fields(signature.value)
    r, s = numbers.positive(), numbers.positive()
    numbers.end()
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))


def _unsupported(why: str) -> Rejected:
    return Rejected(
        "The signature is of a kind that is not read here.", why,
        "Use an ed25519 key: ssh-keygen -t ed25519", reason="unsupported",
    )  # fmt: skip


def _no_key(why: str) -> Rejected:
    return Rejected(
        "A public key could not be read.", why, "Copy the whole line of the .pub file.",
        reason="malformed",
    )  # fmt: skip
