"""Forge repositories that no honest git would make."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import zlib

KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
WHO = b"Eve <eve@kiosk.example> 1700000000 +0000"


class Forge:
    """Be a repository that is driven by git's plumbing."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *words, stdin=b""):
        env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/dev/null",
               "GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_REPLACE_OBJECTS": "1"}  # fmt: skip
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": "Eve", f"GIT_{role}_EMAIL": "eve@kiosk.example",
                    f"GIT_{role}_DATE": "1700000000 +0000"}  # fmt: skip
        done = subprocess.run(
            ["git", *words], cwd=self.folder, input=stdin, capture_output=True, env=env,
            check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def blob(self, data=b"x\n"):
        return self.git("hash-object", "-w", "--stdin", stdin=data)

    def tree(self, *lines):
        """Make a tree of (mode, name, hash), right or wrong."""
        raw = b"".join(tree_line(*line) for line in lines)
        return self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)

    def commit(self, tree, *parents, ref="refs/heads/main", message="Change"):
        above = [word for parent in parents for word in ("-p", parent)]
        name = self.git("commit-tree", tree, *above, "-m", message)
        self.git("update-ref", ref, name)
        return name

    def bundle(self, *refs):
        place = self.folder.parent / "repo.bundle"
        self.git("bundle", "create", "-q", str(place), *(refs or ("HEAD", "main")))
        return place


def tree_line(mode, name, name_hash):
    name = name if isinstance(name, bytes) else name.encode()
    return mode.encode() + b" " + name + b"\0" + bytes.fromhex(name_hash)


def oid(kind, data):
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()


def commit(tree, *parents, message=b"Change\n"):
    lines = [b"tree " + tree.encode(), *(b"parent " + p.encode() for p in parents)]
    return b"\n".join([*lines, b"author " + WHO, b"committer " + WHO, b"", message])


def size_of(kind, size):
    """Write the head of one packed object."""
    head, size = [kind << 4 | size & 15], size >> 4
    while size:
        head[-1] |= 128
        head.append(size & 127)
        size >>= 7
    return bytes(head)


def packed(kind, data):
    return size_of(KINDS[kind], len(data)) + zlib.compress(data)


def delta(base, script):
    return size_of(7, len(script)) + bytes.fromhex(base) + zlib.compress(script)


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def pack(*parts, count=None):
    head = b"PACK" + struct.pack(">II", 2, len(parts) if count is None else count)
    body = head + b"".join(parts)
    return body + hashlib.sha1(body).digest()


def bundle(place, refs, data, *, first=b"# v2 git bundle\n"):
    """Write a bundle of (name, hash) references and a pack."""
    lines = b"".join(value.encode() + b" " + name + b"\n" for name, value in refs)
    place.write_bytes(first + lines + b"\n" + data)
    return place


def forged(place, objects, tip=None, **words):
    """Write a bundle of (kind, bytes); the last is main's commit."""
    data = pack(*(packed(*one) for one in objects))
    return bundle(place, [(b"refs/heads/main", tip or oid(*objects[-1]))], data, **words)
