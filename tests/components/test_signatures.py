"""Commit signatures, cross-checked with git and ssh-keygen."""

from __future__ import annotations

import base64
import pickle
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab_kit.components import repository_sshsig as sshsig
from lab_kit.components.repository_keys import key_blob
from lab_kit.components.repository_signatures import (
    Rejected,
    SigningKey,
    signed,
    split,
    verify,
    verify_bytes,
)
from lab_kit.errors import UsageError

ADA = SigningKey.make(b"a" * 32)
EVE = SigningKey.make(b"e" * 32)
WHO = "ada@kiosk.example"
ALLOWED = {"bob@kiosk.example": SigningKey.make(b"b" * 32).public_line(), WHO: ADA.public_line("x")}
RAW = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    b"author Ada <ada@kiosk.example> 1700000000 +0000\n"
    b"committer Ada <ada@kiosk.example> 1700000000 +0000\n\nRaise a price\n\nBody\n"
)
needs_keygen = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="cross-check only")
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="cross-check only")


def reason(raw, allowed=ALLOWED):
    with pytest.raises(Rejected) as caught:
        verify(raw, allowed)
    assert caught.value.what and caught.value.why and caught.value.next
    return caught.value.reason


def tool(*argv, cwd, stdin=b"", ok=True):
    done = subprocess.run(
        argv, cwd=cwd, input=stdin, capture_output=True, timeout=60, check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null",
             "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(cwd)},
    )  # fmt: skip
    assert not ok or done.returncode == 0, done.stderr
    return done


def test_a_signed_commit_names_its_signer():
    assert verify(signed(RAW, ADA), ALLOWED) == WHO


def test_a_key_from_a_seed_signs_alike_every_time():
    assert signed(RAW, ADA) == signed(RAW, SigningKey.make(b"a" * 32))
    assert SigningKey.make().blob != SigningKey.make().blob
    with pytest.raises(UsageError, match="32 bytes"):
        SigningKey.make(b"short")


def test_a_key_survives_its_file():
    assert SigningKey.read(ADA.private_text()).blob == ADA.blob
    with pytest.raises(UsageError, match="could not be read"):
        SigningKey.read(b"nonsense")


def test_no_signature():
    assert reason(RAW) == "unsigned"


def test_a_signature_in_the_message_does_not_count():
    assert reason(RAW + b"\ngpgsig " + ADA.sign(RAW).replace(b"\n", b"\n ")) == "unsigned"


def test_a_foreign_key():
    assert reason(signed(RAW, EVE)) == "unknown key"
    assert reason(signed(RAW, ADA), {}) == "unknown key"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"Raise", b"Lower"), (b"1700000000 +0000\nc", b"1700000001 +0000\nc"), (b"Body\n", b"Body"),
     (b"tree 4b", b"tree 4c"), (b"author", b"parent " + b"1" * 40 + b"\nauthor")],
)  # fmt: skip
def test_an_altered_commit(old, new):
    assert reason(signed(RAW, ADA).replace(old, new, 1)) == "altered"


def put(armour):
    """Give the commit this text for a signature."""
    head, message = RAW.split(b"\n\n", 1)
    body = armour.removesuffix(b"\n").replace(b"\n", b"\n ")
    return head + b"\ngpgsig " + body + b"\n\n" + message


def test_another_purpose():
    assert reason(put(ADA.sign(RAW, "file"))) == "wrong namespace"
    assert reason(put(ADA.sign(RAW, "git\0"))) == "wrong namespace"


def test_a_signature_of_another_commit():
    assert reason(put(ADA.sign(RAW + b"x"))) == "altered"


def test_the_owner_of_a_foreign_key_cannot_borrow_an_allowed_one():
    theirs = sshsig.parsed(EVE.sign(RAW))
    mixed = sshsig.Signature(ADA.blob, b"git", b"sha512", theirs.algorithm, theirs.value)
    assert reason(put(sshsig.written(mixed))) == "altered"


def test_two_signatures():
    one = signed(RAW, ADA)
    lines = put(ADA.sign(RAW)).split(b"\n\n")[0].split(b"gpgsig ")[1]
    two = one.replace(b"\n\nRaise", b"\ngpgsig " + lines + b"\n\nRaise", 1)
    assert reason(two) == "malformed"
    assert reason(one.replace(b"gpgsig ", b"gpgsig-sha256 ", 1)) == "malformed"


ARMOUR = ADA.sign(RAW)
BLOB = sshsig.unarmoured(ARMOUR)


@pytest.mark.parametrize(
    "armour",
    [
        b"", b"x", sshsig.BEGIN, sshsig.BEGIN + b"\n" + sshsig.END,
        sshsig.BEGIN + b"\n\n" + sshsig.END, ARMOUR.replace(b"SSH SIG", b"PGP SIG"),
        ARMOUR.replace(sshsig.END, b""), ARMOUR[:100], ARMOUR.replace(b"\n", b"\r\n"),
        ARMOUR + b"trailing\n", b"leading\n" + ARMOUR, ARMOUR.replace(b"U1NI", b"U1N "),
        ARMOUR.replace(b"U1NI", b"\xff\xfe\xfd\xfc"), b"A" * 20_000,
        sshsig.armoured(BLOB + b"\0"), sshsig.armoured(BLOB[:-1]), sshsig.armoured(b"SSHSIG"),
        sshsig.armoured(BLOB.replace(b"SSHSIG", b"SSHSIH")),
        sshsig.armoured(BLOB.replace(b"\0\0\0\1", b"\0\0\0\2", 1)),
        sshsig.armoured(BLOB.replace(b"sha512", b"sha384")),
        sshsig.armoured(BLOB[:10] + b"\xff\xff\xff\xff" + BLOB[14:]),
    ],
)  # fmt: skip
def test_malformed_and_truncated_armour(armour):
    assert reason(put(armour)) == "malformed"


def test_a_reserved_field_must_be_empty():
    at = BLOB.index(b"git") + 3
    assert reason(put(sshsig.armoured(BLOB[:at] + b"\0\0\0\1x" + BLOB[at + 4 :]))) == "malformed"


def test_every_truncation_is_refused():
    for size in range(len(ARMOUR) - 1):
        with pytest.raises(Rejected):
            verify_bytes(RAW, ARMOUR[:size], ALLOWED, "git")


def mutate(draw, data, low=0, high=255):
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at, byte = draw(st.integers(0, len(changed) - 1)), draw(st.integers(low, high))
        kind = draw(st.sampled_from(["set", "insert", "delete", "flip", "copy"]))
        if kind == "set":
            changed[at] = byte
        elif kind == "insert":
            changed.insert(at, byte)
        elif kind == "delete":
            del changed[at : at + draw(st.integers(1, 30))]
        elif kind == "flip":
            changed[at] ^= 1 << byte % 8
        else:
            changed[at:at] = changed[at : at + draw(st.integers(1, 30))]
        changed = changed or bytearray(b"x")
    return bytes(changed)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_mutation_of_a_signature_verifies_or_breaks_anything(data):
    where = data.draw(st.sampled_from(["armour", "blob", "commit"]))
    if where == "commit":
        raw = mutate(data.draw, signed(RAW, ADA))
        if raw == signed(RAW, ADA):
            return
    else:
        armour = ARMOUR.removesuffix(b"\n")
        if where == "armour":
            changed = mutate(data.draw, armour)
        else:
            changed = sshsig.armoured(mutate(data.draw, BLOB)).removesuffix(b"\n")
        if changed.removesuffix(b"\n") == armour:
            return
        raw = put(changed)
    with pytest.raises(Rejected):
        verify(raw, ALLOWED)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["armour", "commit", "key"]))
def test_no_bytes_raise_anything_but_the_one_error(junk, where):
    acts = {
        "armour": lambda: verify_bytes(RAW, sshsig.armoured(blob), ALLOWED, "git"),
        "commit": lambda: verify(junk, ALLOWED),
        "key": lambda: key_blob("ssh-ed25519 " + base64.b64encode(junk).decode()),
    }
    blob = b"SSHSIG\0\0\0\1" + junk
    with pytest.raises(Rejected):
        acts[where]()


@pytest.mark.parametrize(
    "line",
    ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa " + "A" * 5000, "é ü",
     ADA.public_line().replace("ssh-ed25519", "ssh-rsa")],
)  # fmt: skip
def test_a_key_line_that_is_none(line):
    with pytest.raises(Rejected):
        key_blob(line)
    with pytest.raises(UsageError, match="of eve"):
        verify(signed(RAW, ADA), {"eve": line})


def test_a_refusal_survives_pickling():
    with pytest.raises(Rejected) as caught:
        verify(RAW, ALLOWED)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.reason, str(again)) == ("unsigned", str(caught.value))


@needs_git
@needs_keygen
def test_git_accepts_what_we_sign_and_refuses_what_was_altered(tmp_path):
    tool("git", "init", "-q", ".", cwd=tmp_path)
    (tmp_path / "allowed").write_text(f"{WHO} {ADA.public_line()}\n")
    tree = tool("git", "hash-object", "-t", "tree", "-w", "--stdin", cwd=tmp_path).stdout.strip()
    raw = RAW.replace(b"4b825dc642cb6eb9a060e54bf8d69288fbee4904", tree)
    for body, ok in ((signed(raw, ADA), True), (signed(raw, ADA).replace(b"Raise", b"Lower"), 0),
                     (signed(raw, EVE), False)):  # fmt: skip
        name = tool("git", "hash-object", "-t", "commit", "-w", "--stdin", cwd=tmp_path, stdin=body)
        done = tool(
            "git", "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=allowed",
            "verify-commit", name.stdout.decode().strip(), cwd=tmp_path, ok=False,
        )  # fmt: skip
        assert (done.returncode == 0) == bool(ok), done.stderr


KINDS = [["ed25519"], ["ecdsa", "-b", "256"], ["ecdsa", "-b", "384"], ["ecdsa", "-b", "521"],
         ["rsa", "-b", "2048"]]  # fmt: skip


@needs_git
@needs_keygen
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "".join(kind))
def test_what_git_signs_verifies(tmp_path, kind):
    tool("ssh-keygen", "-q", "-t", *kind, "-N", "", "-f", "key", "-C", "c", cwd=tmp_path)
    tool("git", "init", "-q", ".", cwd=tmp_path)
    tool("git", "-c", "gpg.format=ssh", "-c", f"user.signingkey={tmp_path}/key",
         "-c", "user.name=A", "-c", f"user.email={WHO}", "commit", "-q", "-S", "--allow-empty",
         "-m", "One", cwd=tmp_path)  # fmt: skip
    raw = tool("git", "cat-file", "commit", "HEAD", cwd=tmp_path).stdout
    allowed = {WHO: (tmp_path / "key.pub").read_text().strip()}
    assert verify(raw, allowed) == WHO
    assert reason(raw.replace(b"One", b"Two"), allowed) == "altered"
    assert reason(raw, ALLOWED) == "unknown key"
    payload, armour = split(raw)
    assert sshsig.written(sshsig.parsed(armour)).strip() == armour.strip()
    blob = sshsig.unarmoured(armour)
    for at in range(0, len(blob), 5):
        changed = sshsig.armoured(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])
        with pytest.raises(Rejected):
            verify_bytes(payload, changed, allowed, "git")


@needs_keygen
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
def test_ssh_keygen_and_we_read_each_other(tmp_path, hash_name):
    (tmp_path / "allowed").write_text(f"{WHO} {ADA.public_line()}\n")
    (tmp_path / "ours.sig").write_bytes(ADA.sign(b"text", "file"))
    tool("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", WHO, "-n", "file", "-s", "ours.sig",
         cwd=tmp_path, stdin=b"text")  # fmt: skip
    (tmp_path / "key").write_bytes(ADA.private_text())
    (tmp_path / "key").chmod(0o600)
    theirs = tool("ssh-keygen", "-Y", "sign", "-f", "key", "-n", "file", "-O",
                  f"hashalg={hash_name}", cwd=tmp_path, stdin=b"text").stdout  # fmt: skip
    assert verify_bytes(b"text", theirs, ALLOWED, "file") == WHO
    assert hash_name == "sha256" or theirs == ADA.sign(b"text", "file")
