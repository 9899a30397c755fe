"""Let git unpack a stranger's pack in the sandbox, and ask it for objects.

There it finds no configuration, no hooks, no references and no files but the pack. It answers over
two sockets, one for kinds and sizes and one for bytes, until this side hangs up.
"""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lab_kit.components import repository_batch as batch
from lab_kit.components.repository_git import NO_GIT
from lab_kit.components.repository_objects import NEXT, shown
from lab_kit.components.repository_stream import Timed
from lab_kit.errors import Failed, Unavailable
from lab_kit.process import Exit, Limits, Program, zygote

LIMITS = Limits(
    data_mb=384, file_mb=128, cpu_s=10, threads=16, open_files=64, scratch_mb=96, rss_mb=512
)
TMP_MB = 96
PATIENCE = 90.0  # for all of it
AT_ONCE = 128  # questions: they fit any socket, so that neither side waits for the other
NO_GIT_CODE = 97
SPENT = (128 + 9, 128 + 24)  # git was ended for its processor time, says the shell
SETTINGS = {
    "transfer.fsckObjects": "true", "core.hooksPath": "/dev/null", "core.fsmonitor": "false",
    "pack.threads": "1", "core.bigFileThreshold": "1m", "gc.auto": "0", "protocol.allow": "never",
    "core.attributesFile": "/dev/null", "core.alternateRefsCommand": "false",
}  # fmt: skip
SCRIPT = r"""
command -v git >/dev/null || exit 97
set -e
export GIT_DIR="$TMPDIR/r"
git init -q --bare --template= "$GIT_DIR" 3>&- 4>&-
git "$@" index-pack --stdin --strict <"$PACK" >/dev/null 3>&- 4>&-
git "$@" cat-file --batch-check <&3 >&3 4>&- &
exec git "$@" cat-file --batch <&4 >&4 3>&-
"""
VARIABLES = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "", "LC_ALL": "C",
}  # fmt: skip


class Unpacked:
    """Be a stranger's pack, unpacked in a process of its own until closed."""

    def __init__(self, pack: bytes) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="beyond-pack-")
        self._program: Program | None = None
        self._sockets: list[socket.socket] = []
        self._streams: list[Timed] = []
        try:
            self._start(Path(self._folder.name), pack)
        except BaseException:
            self.close()
            raise

    def heads(self, names: Sequence[str]) -> list[tuple[str, int]]:
        """Return the kinds and sizes of some objects; raise Failed."""
        found: list[tuple[str, int]] = []
        for some in _parts(names):
            self._ask(0, some)
            found += [self._told(0, name) for name in some]
        return found

    def contents(self, names: Sequence[str], kind: str, most: int) -> list[bytes]:
        """Return the bytes of objects of one kind; raise Failed."""
        found: list[bytes] = []
        for some in _parts(names):
            self._ask(1, some)
            for name in some:
                try:
                    found.append(batch.content(self._streams[1], name, kind, most))
                except (OSError, EOFError):
                    raise self._gone() from None
        return found

    def close(self) -> None:
        """End git with all that it unpacked."""
        for end in self._sockets:
            end.close()
        if self._program:
            self._program.close()
        self._folder.cleanup()

    def __enter__(self) -> Unpacked:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- parts -------------------------------------------------------------------------

    def _start(self, folder: Path, pack: bytes) -> None:
        (folder / "pack").write_bytes(pack)
        pairs = [socket.socketpair() for _ in range(2)]
        self._sockets = [ours for ours, _ in pairs]
        self._streams = [Timed(ours, time.monotonic() + PATIENCE) for ours in self._sockets]
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        env = VARIABLES | {"PACK": str(folder.resolve() / "pack")}
        try:
            self._program = zygote().program(
                ["sh", "-c", SCRIPT, "sh", *options], cwd=folder, env=env, limits=LIMITS,
                serve=[theirs for _, theirs in pairs], tmp_mb=TMP_MB, log_kb=16,
            )  # fmt: skip
        finally:
            for _, theirs in pairs:
                theirs.close()

    def _ask(self, channel: int, names: Sequence[str]) -> None:
        try:
            self._streams[channel].send(batch.request(names))
        except OSError:
            raise self._gone() from None

    def _told(self, channel: int, name: str) -> tuple[str, int]:
        try:
            return batch.head(self._streams[channel], name)
        except (OSError, EOFError):
            raise self._gone() from None

    def _gone(self) -> Exception:
        """Return why git answers no more."""
        assert self._program is not None
        try:
            ended = self._program.wait(2.0)
        except Unavailable:
            ended = self._program.kill("it did not answer")
            return Unavailable(
                f"git did not answer within {PATIENCE:g} s.", f"Then {ended.reason}."
            )
        return _why(ended, self._program.output())


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]


def _why(ended: Exit, log: str) -> Exception:
    if ended.code == NO_GIT_CODE:
        return Unavailable(*NO_GIT)
    if "did not receive expected object" in log:
        return Failed(
            "The bundle is incomplete.", _words(log),
            "Make it where the whole history is (git fetch --unshallow), with git bundle create.",
        )  # fmt: skip
    if ended.reason.startswith("it was killed: ") or ended.code in SPENT:
        why = ended.reason if ended.signal else "it used up its processor time"
        return Failed("The bundle takes too much to unpack.", f"git was ended: {why}.", NEXT)
    if ended.signal is not None or ended.code is None:
        return Unavailable("git was ended while it read the bundle.", ended.reason)
    if "ut of memory" in log or "o space left" in log or "ile too large" in log:
        return Failed("The bundle takes too much to unpack.", _words(log), NEXT)
    return Failed("Git refused the bundle.", _words(log) or f"It ended: {ended.reason}.", NEXT)


def _words(log: str) -> str:
    """Return what git said at last, which may quote the stranger."""
    lines = [shown(line.encode()) for line in re.split(r"[\r\n]+", log) if line.strip()]
    return "\n".join(line[:200] for line in lines[-4:])
