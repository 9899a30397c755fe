"""Hold the zygote: the small process from which everything untrusted starts."""

from __future__ import annotations

import array
import atexit
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_kit.errors import Unavailable
from lab_kit.process import surroundings
from lab_kit.process.inside import syscalls
from lab_kit.process.lease import Lease
from lab_kit.process.limits import PROGRAM_LIMITS, Limits
from lab_kit.process.program import Program
from lab_kit.process.student import Student

START_TIMEOUT = 15.0
HERE = Path(__file__).parent
BOOT = "import sys; sys.path.insert(0, sys.argv[4]); from inside.serve import main; main()"
FIRST_INNER_PORT = 9001


class Zygote:
    """Start sandboxed processes; one zygote serves this process and its forks.

    It ends with the process that started it, whichever way that ends, and takes along everything
    that it started.
    """

    def __init__(self, *, force: str | None = None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        level = os.environ.get("BEYOND_LEVEL", "") if force is None else force
        argv = [surroundings.python(), "-I", "-S", "-X", "utf8", "-c", BOOT,
                str(theirs.fileno()), str(os.getpid()), level, str(HERE)]  # fmt: skip
        self._process = subprocess.Popen(
            argv,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=surroundings.bare(),
            start_new_session=True,  # Ctrl-C in the terminal is for the judge
        )
        theirs.close()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._control = ours
        self._owner = os.getpid()
        self._features: dict[str, Any] | None = None

    @property
    def pid(self) -> int:
        """Return the zygote's process id."""
        return self._process.pid

    @property
    def features(self) -> dict[str, Any]:
        """Return which layers the zygote applies (see inside.layers.Features)."""
        if self._features is None:
            with self._ask({"op": "hello"}, []) as lease:
                self._features = lease.message(time.monotonic() + START_TIMEOUT)[0]
        return self._features

    @property
    def alive(self) -> bool:
        """Say whether the zygote still answers."""
        if self._control.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._control, 0)
        return not poll.poll(0)  # the kernel hangs up once the other end is closed

    def student(
        self, folder: Path, *, limits: Limits = Limits(), read: Sequence[Path] = (),
        libraries: Mapping[str, Path] = {},
    ) -> Student:  # fmt: skip
        """Start one sandboxed process for the submission in `folder`; raise Unavailable.

        It finds Python's own library and the packages in `libraries`: name -> folder.
        """
        cwd = surroundings.folder(folder)
        ours, theirs = socket.socketpair()
        places = [*read, *libraries.values()]
        request = self._request("student", cwd, places, (), limits, limits.scratch_mb)
        request["env"] = surroundings.variables({})
        request["libraries"] = {name: os.path.realpath(at) for name, at in libraries.items()}
        try:
            lease = self._ask(request, [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Student(lease, ours)

    def program(
        self,
        argv: Sequence[str | Path],
        *,
        cwd: Path,
        read: Sequence[Path] = (),
        write: Sequence[Path] = (),
        env: Mapping[str, str] = {},
        limits: Limits = PROGRAM_LIMITS,
        fork: bool = True,
        serve: Sequence[socket.socket] = (),
        inner: int = 0,
        inner_env: Callable[[tuple[int, ...]], Mapping[str, str]] | None = None,
        tmp_mb: int = 64,
        log_kb: int = 256,
    ) -> Program:
        """Start a program under the same layers; raise Unavailable if it cannot start.

        `serve` are listening sockets handed down at fd 3 and up with LISTEN_FDS and LISTEN_PID
        (systemd's socket activation). `inner` loopback listeners are reachable by the program
        alone; their other side is `Program.listeners`, and `inner_env` names their ports to it.
        """
        words = [str(word) for word in argv]
        variables = surroundings.variables(env)
        if shutil.which(words[0], path=variables["PATH"]) is None:
            raise Unavailable(
                f"There is no program {words[0]}.", f"PATH is {variables['PATH']}.",
                "Run `./lab doctor` to see what is missing.",
            )  # fmt: skip
        own_network = bool(self.features["network"])
        listeners = [] if own_network else [surroundings.listener() for _ in range(inner)]
        ports = [s.getsockname()[1] for s in listeners]
        if own_network:
            ports = [FIRST_INNER_PORT + i for i in range(inner)]
        folders: list[Path | str] = [*read, sys.prefix, *surroundings.FOR_PROGRAMS]
        request = self._request("program", surroundings.folder(cwd), folders, write, limits, tmp_mb)
        variables |= inner_env(tuple(ports)) if inner_env else {}
        request |= {"argv": words, "env": variables, "ports": ports,
                    "fork": fork, "serve": len(serve)}  # fmt: skip
        reader, writer = os.pipe2(os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
        try:
            lease = self._ask(request, [writer, *(s.fileno() for s in serve)])
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        program = Program(lease, reader, log_kb, words[0])
        program.listeners = tuple(listeners) or program.receive_listeners(inner)
        program.ports = tuple(ports)
        return program

    def probe(self, kind: str, *, layered: bool, file: Path, port: int) -> dict[str, str]:
        """Let a throw-away process try forbidden acts; return each act's outcome."""
        request = self._request("probe", "/usr", (), (), Limits(), 1)
        request |= {"kind": kind, "layered": layered, "file": str(file), "port": port,
                    "env": {}, "fork": kind == "program"}  # fmt: skip
        with self._ask(request, []) as lease:
            outcome, _ = lease.message(time.monotonic() + START_TIMEOUT)
        return outcome

    def close(self) -> None:
        """End the zygote and everything that it started."""
        if os.getpid() == self._owner and self.alive:
            try:  # forks of ours may still hold the control socket, so that closing is not enough
                self._control.send(b'{"op":"quit"}', socket.MSG_DONTWAIT)
            except OSError:
                pass
        self._control.close()
        if os.getpid() == self._owner:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _request(
        self,
        op: str,
        cwd: str,
        read: Sequence[Path | str],
        write: Sequence[Path | str],
        limits: Limits,
        tmp_mb: int,
    ) -> dict[str, Any]:
        readable = [*surroundings.readable(), *(os.path.realpath(p) for p in (cwd, *read))]
        return {
            "op": op, "cwd": cwd, "limits": limits.as_request() | {"tmp_mb": tmp_mb},
            "read": list(dict.fromkeys(readable)),
            "write": [os.path.realpath(p) for p in write], "tmp_mb": tmp_mb, "ports": [],
            "fork": False, "serve": 0,
        }  # fmt: skip

    def _ask(self, request: dict[str, Any], fds: list[int]) -> Lease:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        rights = array.array("i", [theirs.fileno(), *fds])
        try:
            self._control.sendmsg(
                [json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            )
        except OSError as error:
            ours.close()
            raise Unavailable(
                "The sandbox could not take a new process.",
                f"Its parent process does not answer ({error.strerror}).",
                "Run the same thing again; if it stays, see `./lab doctor`.",
            ) from error
        finally:
            theirs.close()
        lease = Lease(ours)
        if request["op"] not in ("hello", "probe"):
            lease.take_pidfd(time.monotonic() + START_TIMEOUT)
        return lease


_shared: Zygote | None = None
_lock = threading.Lock()
os.register_at_fork(
    before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
)


def _new() -> Zygote:
    from lab_kit.process.plain import PlainZygote  # it builds on this module

    plain = not syscalls.LINUX or os.environ.get("BEYOND_LEVEL") == "plain"
    return PlainZygote() if plain else Zygote()


def zygote() -> Zygote:
    """Return the zygote of this process, starting it on first use or after it died."""
    global _shared
    with _lock:
        if _shared is None or not _shared.alive:
            if _shared is not None:
                _shared.close()
            _shared = _new()
            atexit.register(_shared.close)
        return _shared
