"""Put every layer that this machine has around the present process, in the one order that works."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from . import landlock, limits, namespaces, seccomp, syscalls

TMP = "/tmp"


@dataclass(frozen=True)
class Features:
    """Say which layers the zygote found to work, by trying them in throw-away children."""

    namespaces: bool = False  # own users and processes
    mounts: bool = False  # own view of the files, with scratch in memory
    network: bool = False  # a fresh network namespace for each program
    landlock: int = 0  # the ABI, 0 for none
    seccomp: bool = False
    limits: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for the judge."""
        return asdict(self)

    def flags(self, program: bool) -> int:
        """Return the clone flags of a student or of a program."""
        if not self.namespaces:
            return 0
        flags = syscalls.NEWUSER | syscalls.NEWPID | (syscalls.NEWNS if self.mounts else 0)
        if program:
            flags |= syscalls.NEWIPC | (syscalls.NEWNET if self.network else 0)
        return flags


def enter(request: dict[str, Any], features: Features, uid: int, gid: int) -> None:
    """Apply the layers of one request to this freshly cloned process.

    Mounts come first (Landlock forbids them), capabilities go before the filter (which forbids
    nothing that a capability would still allow), seccomp is last.
    """
    read, write = request["read"], request["write"]
    if features.namespaces:
        namespaces.map_user(uid, gid)
    if features.mounts:
        namespaces.private_view([*read, request["cwd"]], write, TMP, request["tmp_mb"])
        write = [*write, TMP]
    else:
        write = [*write, *request["scratch"]]
    os.chdir(request["cwd"])
    if features.limits:
        student = request["op"] == "student"
        limits.apply(request["limits"], own_count=features.namespaces, bound_address=student)
    if features.landlock:
        # A socket handed down belongs to the host's network: it must not be connected anew.
        alone = request["op"] == "program" and features.network and not request["serve"]
        connect = None if alone else request["ports"]
        landlock.confine(read, [*write, "/dev/null"], connect=connect, cap=features.landlock)
    if features.namespaces or features.landlock or features.seccomp:
        syscalls.drop_capabilities()  # those of a real root too, who may have no namespaces
    if features.seccomp:
        seccomp.install(filter_for(request, features))


def filter_for(request: dict[str, Any], features: Features) -> bytes:
    """Choose the filter: what other layers already hold need not be refused again."""
    program = request["op"] == "program"
    ruled = features.landlock >= 4
    return seccomp.program(
        fork=request["fork"],
        run=program,
        tcp=program and (features.network or ruled or bool(request["ports"])),
        connect=program and (ruled or bool(request["ports"]) or not request["serve"]),
        signals=program or features.namespaces or features.landlock >= 6,
        metadata=program and features.mounts,
        shared=bool(request["limits"].get("reserves")),
    )


def prebuild(features: Features) -> None:
    """Build the filters that most children use before any child exists."""
    for op in ("student", "program"):
        usual: dict[str, Any] = {
            "op": op,
            "ports": [],
            "serve": 0,
            "fork": op == "program",
            "limits": {},
        }
        filter_for(usual, features)
