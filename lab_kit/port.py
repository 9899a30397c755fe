"""Give each JupyterLab a port of its own.

Jupyter looks for a free port, lets go of it and takes it a moment later: two that start together
can meet there. So `./lab` holds a lock for its port, which lives as long as the process does.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

FIRST, MOST = 8888, 100


def reserve() -> int | None:
    """Return a free port on loopback that no other `./lab` of ours takes, None if none is found.

    The lock goes with this process, or with the program that it becomes.
    """
    folder = Path(tempfile.gettempdir()) / f"beyond-ports-{os.getuid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid() or folder.is_symlink():
            return None
        for port in range(FIRST, FIRST + MOST):
            if is_free(port) and hold(folder / str(port)):
                return port
    return None


def hold(place: Path) -> bool:
    """Lock a file for as long as this process lives; tell whether it was free."""
    number = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        return False
    os.set_inheritable(number, True)
    return True


def is_free(port: int) -> bool:
    """Tell whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
