"""Run git for the lab itself, with settings of its own whatever the home or the machine says."""

from __future__ import annotations

import os
import select
import shutil
import tempfile
import time
from pathlib import Path

from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import start_trusted

SETTINGS = {
    "core.hooksPath": os.devnull, "core.fsmonitor": "false", "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull, "core.autocrlf": "false", "core.fileMode": "false",
    "core.quotePath": "false", "core.commitGraph": "false", "core.untrackedCache": "false",
    "gc.auto": "0", "maintenance.auto": "false", "commit.gpgSign": "false",
    "protocol.allow": "never", "protocol.file.allow": "always", "safe.directory": "*",
    "user.name": "Lab", "user.email": "lab@beyond.example", "advice.detachedHead": "false",
    "submodule.recurse": "false", "credential.helper": "", "init.defaultBranch": "main",
    "pack.threads": "1",
}  # fmt: skip
VARIABLES = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_EDITOR": "true", "GIT_PAGER": "cat",
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "file", "LC_ALL": "C", "TZ": "UTC", "HOME": os.devnull,
}  # fmt: skip
OPTIONS = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
SHELL = 'exec "$@" <"/dev/fd/$IN" >"/dev/fd/$OUT"'  # bytes in and out; its words go to the log
PATIENCE = 60.0
NO_GIT = ("There is no git.", "This lab works with real repositories.", "sudo apt install git")


class Git:
    """Run git commands in one repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def __call__(self, *words: str | Path, stdin: bytes = b"") -> bytes:
        """Return what a command writes; raise UsageError with git's own words."""
        code, output, log = self.ask(*words, stdin=stdin)
        if code:
            raise UsageError(f"git {words[0]} did not work.", log.strip()[-1000:])
        return output

    def ask(self, *words: str | Path, stdin: bytes = b"") -> tuple[int, bytes, str]:
        """Return how a command ended, what it wrote and what it said."""
        if shutil.which("git") is None:
            raise Unavailable(*NO_GIT)
        where = [f"--git-dir={self.folder / '.git'}", f"--work-tree={self.folder}"]
        argv = ["sh", "-c", SHELL, "sh", "git", *OPTIONS, *where, *words]
        reader, writer = os.pipe()
        with tempfile.TemporaryFile() as source, open(reader, "rb", buffering=0) as output:
            source.write(stdin)
            source.seek(0)
            fds = (source.fileno(), writer)
            env = VARIABLES | {
                "PATH": os.environ.get("PATH", os.defpath), "IN": str(fds[0]), "OUT": str(fds[1]),
            }  # fmt: skip
            try:
                program = start_trusted(argv, env=env, cwd=self.folder, pass_fds=fds)
            finally:
                os.close(writer)
            with program:
                written = _all(output.fileno(), time.monotonic() + PATIENCE)
                ended = program.wait(PATIENCE)
                return 1 if ended.code is None else ended.code, written, program.output()


def _all(fd: int, end: float) -> bytes:
    """Read until nobody can write any more, which tells the end sooner than asking for it."""
    ready = select.poll()
    ready.register(fd, select.POLLIN)
    found = bytearray()
    while ready.poll(max(0.0, end - time.monotonic()) * 1000):
        part = os.read(fd, 1 << 20)
        if not part:
            return bytes(found)
        found += part
    raise Unavailable(f"git did not end within {PATIENCE:g} s.", "", "Run the same thing again.")
