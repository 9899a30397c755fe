"""Start a submission's process that may reach servers of ours, and nothing else.

It answers calls as any student's process does; in addition it has loopback ports of its own, whose
other side is with us. It is a program with the layers of one, so it starts slower than a student
(a new interpreter instead of a clone), and sees the packages that are installed.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab_kit.process import surroundings
from lab_kit.process.limits import Limits
from lab_kit.process.program import Program
from lab_kit.process.student import Student
from lab_kit.process.zygote import zygote

LIMITS = Limits(data_mb=512, file_mb=8, cpu_s=300, threads=32, open_files=128, rss_mb=400)
INSIDE = Path(__file__).parent / "inside"
BOOT = """\
import importlib.util as u, json, socket, sys
d = sys.argv[1]
s = u.spec_from_file_location("inside", d + "/__init__.py", submodule_search_locations=[d])
m = sys.modules["inside"] = u.module_from_spec(s); s.loader.exec_module(m)
from inside import calls
calls.prepare()
calls.serve(socket.socket(fileno=3), sys.argv[2], json.loads(sys.argv[3]))
"""
Variables = Callable[[tuple[int, ...]], Mapping[str, str]]


class Connected(Student):
    """Be such a process; `ports` are what it knows its ports by."""

    def __init__(self, program: Program, sock: socket.socket) -> None:
        super().__init__(program.lease, sock)
        self._program, self.ports = program, program.ports

    def listeners(self) -> tuple[socket.socket, ...]:
        """Hand over our sides of its ports, for whoever serves them, and closes them in the end."""
        given, self._program.listeners = self._program.listeners, ()
        return given

    def close(self) -> None:
        super().close()
        self._program.close()


def connected(
    folder: Path, *, ports: int = 1, env: Variables | None = None, read: Sequence[Path] = (),
    limits: Limits = LIMITS, libraries: Mapping[str, Path] = {},
) -> Connected:  # fmt: skip
    """Start one for the submission in `folder`; `env` gives variables, once its ports are known.

    libraries: packages that it may import though they are not installed: name -> folder
    Raises Unavailable when it cannot start.
    """
    cwd = Path(surroundings.folder(folder))
    ours, theirs = socket.socketpair()
    try:
        program = zygote().program(
            [sys.executable, "-I", "-X", "utf8", "-c", BOOT, INSIDE, cwd,
             json.dumps({name: str(place) for name, place in libraries.items()})], cwd=cwd,
            read=[*read, *libraries.values(), INSIDE], limits=limits, fork=False, serve=[theirs],
            inner=ports, inner_env=env, tmp_mb=limits.scratch_mb, log_kb=64,
        )  # fmt: skip
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Connected(program, ours)
