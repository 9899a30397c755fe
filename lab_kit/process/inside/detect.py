"""Find out which layers work here by applying them in throw-away children."""

from __future__ import annotations

import os
from collections.abc import Callable

from . import landlock, layers, limits, namespaces, seccomp, syscalls

NAMES = ("namespaces", "mounts", "network", "seccomp", "landlock", "limits")
ALONE = syscalls.NEWUSER | syscalls.NEWPID
EVERYTHING = ALONE | syscalls.NEWNS | syscalls.NEWIPC | syscalls.NEWNET
LEFT_OUT = "left out by BEYOND_LEVEL"
SMALL = {"data_mb": 512, "file_mb": 8, "cpu_s": 20, "threads": 32, "open_files": 64}


def fork(flags: int) -> tuple[int, int]:
    """Fork, with namespaces if `flags` name some; return (pid, pidfd)."""
    if syscalls.LINUX:
        return syscalls.spawn(flags)
    pid = os.fork()
    return (0, -1) if pid == 0 else (pid, os.pidfd_open(pid))


def works(flags: int, act: Callable[[], object]) -> str:
    """Return "" if `act` succeeds in a throw-away child, else the reason."""
    reader, writer = os.pipe()
    try:
        pid, pidfd = fork(flags)
    except OSError as error:
        os.close(reader)
        os.close(writer)
        return f"{error.filename}: {error.strerror}"
    if pid == 0:
        try:
            act()
            os.write(writer, b"ok")
        except BaseException as error:
            os.write(writer, f"{type(error).__name__}: {error}"[:200].encode())
        finally:
            os._exit(0)
    os.close(writer)
    text = os.read(reader, 400).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    os.close(pidfd)
    return "" if text == "ok" else text or "it died"


def features(force: str) -> tuple[layers.Features, dict[str, str]]:
    """Try the layers from the strongest down; return what works and why the rest does not.

    `force` leaves layers out on purpose: "none", "degraded" (no namespaces), or words such as
    "no-mounts no-landlock" or "landlock-3" (pretend to have that version).
    """
    if not syscalls.LINUX:
        return layers.Features(limits=False), dict.fromkeys(NAMES, "not on this system")
    words = force.split()
    out = {word.removeprefix("no-") for word in words}
    out |= set(NAMES) if "none" in words else set(NAMES[:3]) if "degraded" in words else set()
    cap = next((int(w.removeprefix("landlock-")) for w in words if "landlock-" in w), 99)
    user = (os.getuid(), os.getgid())
    if "namespaces" not in out:
        _own_network(*user)
    why: dict[str, str] = {}
    if out or works(EVERYTHING, lambda: _everything(*user)):  # usually one trial is enough
        why = {} if "namespaces" in out else _namespaces(*user)
        why["seccomp"] = works(0, lambda: seccomp.install(seccomp.strictest()))
        why["landlock"] = works(0, lambda: landlock.confine(["/usr"], [], cap=cap))
        why["limits"] = works(0, lambda: limits.apply(SMALL))
    why |= dict.fromkeys(out & set(NAMES), LEFT_OUT)
    if why.get("namespaces"):
        why = {"mounts": why["namespaces"], "network": why["namespaces"]} | why
    held = {name: not why.get(name) for name in NAMES if name != "landlock"}
    version = 0 if why.get("landlock") else landlock.abi(cap)
    return layers.Features(landlock=version, **held), {k: v for k, v in why.items() if v}


def _everything(uid: int, gid: int) -> None:
    _network()
    _mounts(uid, gid)
    syscalls.drop_capabilities()
    limits.apply(SMALL)
    landlock.confine(["/usr"], [])
    seccomp.install(seccomp.strictest())


def _network() -> None:
    namespaces.loopback_up()
    namespaces.listen([9001])


def _mounts(uid: int, gid: int) -> None:
    namespaces.map_user(uid, gid)
    namespaces.private_view([], [], layers.TMP, 1)


def _users(uid: int, gid: int) -> None:
    namespaces.map_user(uid, gid)
    syscalls.drop_capabilities()


def _namespaces(uid: int, gid: int) -> dict[str, str]:
    why = {"namespaces": works(ALONE, lambda: _users(uid, gid))}
    why["mounts"] = why["namespaces"] or works(ALONE | syscalls.NEWNS, lambda: _mounts(uid, gid))
    more = ALONE | syscalls.NEWIPC | syscalls.NEWNET
    why["network"] = why["namespaces"] or works(more, _network)
    return why


def _own_network(uid: int, gid: int) -> None:
    """Give the zygote, and with it every student, a network without any interface."""
    wanted = syscalls.NEWUSER | syscalls.NEWNET | syscalls.NEWIPC | syscalls.NEWUTS

    def trial() -> None:
        syscalls.call("unshare", wanted)
        namespaces.map_user(uid, gid)

    if not works(0, trial):
        trial()
