"""Say which protections hold on this machine, found by trying what each forbids."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_kit.errors import Unavailable
from lab_kit.process import surroundings
from lab_kit.process.inside.probe import WORKED
from lab_kit.process.zygote import Zygote, zygote

# Which layer is meant to hold each act back; without all of ESSENTIAL, results are practice.
HELD_BY = {
    "files": "landlock", "writing": "landlock", "file modes": "seccomp",
    "other processes": "namespaces", "network": "network", "sockets": "seccomp",
    "new processes": "seccomp", "new namespaces": "seccomp", "memory": "limits",
    "shared memory": "seccomp", "scratch quota": "mounts",
    "network of programs": "network", "files of programs": "landlock",
    "other processes of programs": "namespaces",
}  # fmt: skip
ESSENTIAL = ("files", "writing", "other processes", "network", "memory", "new processes")
OF_PROGRAMS = ("network", "files", "other processes")


@dataclass(frozen=True)
class Level:
    """Name the level (full, degraded or none) and the state of each protection.

    A state is "held", "absent (reason)" or "HOLLOW (reason)": the layer is there, yet the act
    that it should forbid worked.
    """

    name: str
    layers: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def state(layer: str, bare: str, behind: str, why: Mapping[str, str]) -> str:
    """Judge one protection from what the act did without and behind all layers."""
    if behind != WORKED:
        return "held"
    if layer in why:
        return f"absent ({why[layer]})"
    return f"HOLLOW (the {layer} layer is in place, yet the act worked)"


def measure(zygote: Zygote) -> Level:
    """Try every forbidden act in throw-away processes of this zygote."""
    found = zygote.features
    why = dict(found["why"])
    if set(HELD_BY.values()) <= set(why):  # nothing to try: a bare process would really do it
        return Level("none", {n: f"absent ({why[b]})" for n, b in HELD_BY.items()}, list(HELD_BY))
    # Not in /tmp, which a sandboxed process has for itself: the file must be one that it could see.
    place = next((p for p in ("/dev/shm", "/var/tmp") if os.access(p, os.W_OK | os.X_OK)), None)
    with (
        surroundings.listener() as port,
        tempfile.NamedTemporaryFile(prefix="beyond-", dir=place) as file,
    ):
        file.write(b"x")
        file.flush()
        aim = {"file": Path(file.name), "port": port.getsockname()[1]}
        bare = zygote.probe("student", layered=False, **aim)
        student = zygote.probe("student", layered=True, **aim)
        program = zygote.probe("program", layered=True, **aim)
    for outcome in (bare, student, program):
        if "failed" in outcome:
            raise Unavailable("The sandbox could not be tried.", outcome["failed"])
    layers = {}
    for name, layer in HELD_BY.items():
        act = name.removesuffix(" of programs")
        behind = (program if name != act else student)[act]
        layers[name] = state(layer, bare[act], behind, why)
    return Level(name_of(layers), layers, [n for n, s in layers.items() if s != "held"])


def name_of(layers: Mapping[str, str]) -> str:
    """Return full, degraded or none for a set of states."""
    if all(s == "held" for s in layers.values()):
        return "full"
    return "degraded" if all(layers[name] == "held" for name in ESSENTIAL) else "none"


_known: dict[int, Level] = {}


def level() -> Level:
    """Return the level of this process's zygote, measured once."""
    now = zygote()
    if now.pid not in _known:
        _known.clear()
        _known[now.pid] = measure(now)
    return _known[now.pid]
