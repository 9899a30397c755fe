"""Run a compiler in the sandbox: it reads what a stranger wrote.

It sees its own files and the sources, has no network, works in scratch memory, and hands its
output over as bytes on a socket, so that no folder of ours is open to it. The caches of Go and zig
are filled once, from a source of ours; each run gets links to them, or a copy, in its scratch.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lab_kit.components.toolchain_compilers import SUFFIX, Compiler
from lab_kit.errors import Unavailable
from lab_kit.process import Exit, Limits, zygote

LIMITS = Limits(
    data_mb=2048, file_mb=64, cpu_s=20, threads=64, open_files=512, scratch_mb=256, rss_mb=500
)
SLOWER = replace(LIMITS, cpu_s=60)  # Go compiles each package of its library that is not yet there
FIRST = replace(LIMITS, cpu_s=600, open_files=4096)  # zig compiles all of its libc at once
PATIENCE = 3  # times the processor time, for a machine that does other things too
MOST_OUTPUT = 32 * 1024 * 1024
# The words of the command follow; @OUT@ in them stands for a file in the scratch folder.
DRIVER = """\
export GOCACHE="$TMPDIR/cache" ZIG_GLOBAL_CACHE_DIR="$TMPDIR/cache" \
ZIG_LOCAL_CACHE_DIR="$TMPDIR/local" GOTMPDIR="$TMPDIR"
seed=$1 how=$2 keep=$3
shift 3
case $how in
    links) cp -rs "$seed" "$TMPDIR/cache" ;;
    copies) cp -R "$seed" "$TMPDIR/cache" ;;
    fill) export GOCACHE="$keep" ZIG_GLOBAL_CACHE_DIR="$keep" ;;
esac
for word do
    shift
    [ "$word" != @OUT@ ] || word=$TMPDIR/out
    set -- "$@" "$word"
done
"$@" && exec cat "$TMPDIR/out" >&3
"""
GO_PACKAGES = (
    "bytes", "encoding/binary", "encoding/json", "errors", "fmt", "io", "math", "math/rand", "os",
    "slices", "sort", "strconv", "strings", "time", "unsafe",
)  # fmt: skip
SAMPLES = {
    "c": """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
void *alloc(unsigned n) { return malloc(n); }
int main(void) { return printf("%f", 1.0); }
""",
    "rust": '#[no_mangle]\npub extern "C" fn alloc() -> usize { format!("{}", 1).len() }\n',
    "go": "package main\n"
    + "".join(f'import _ "{name}"\n' for name in GO_PACKAGES)
    + "func main() {}\n",
}


@dataclass(frozen=True)
class Built:
    """Hold what a compiler gave, None if it gave nothing, and what it said."""

    output: bytes | None
    words: str
    exit: Exit


def build(
    compiler: Compiler,
    files: Mapping[str, bytes],
    exports: Sequence[str],
    *,
    seed: Path | None = None,
    fill: bool = False,
) -> Built:
    """Compile; with `fill` the compiler may write its cache into `seed`: for a source of ours."""
    how = "fill" if fill else compiler.seed if seed else ""
    limits = FIRST if fill else SLOWER if compiler.language == "go" else LIMITS
    if how == "links" and sys.platform != "linux":
        how = "copies"
    with tempfile.TemporaryDirectory(prefix="beyond-source-") as folder:
        place = Path(folder)
        for name, data in files.items():
            (place / name).write_bytes(data)
        argv = ["/bin/sh", "-c", DRIVER, "compile", str(seed or ""), how, str(seed or "")]
        argv += compiler.words(list(files), exports)
        ours, theirs = socket.socketpair()
        with ours:
            try:
                program = zygote().program(
                    argv, cwd=place, read=[*compiler.read, *([seed] if seed else [])],
                    write=[seed] if fill and seed else [], env=compiler.env, tmp_mb=256,
                    limits=limits, serve=[theirs],
                )  # fmt: skip
            finally:
                theirs.close()
            with program:
                output = _receive(ours, time.monotonic() + limits.cpu_s * PATIENCE)
                if output is None:
                    program.kill("it was stopped")
                ended = program.wait(10)
                whole = output if ended.code == 0 and output else None
                return Built(whole, program.output(), ended)


def _receive(sock: socket.socket, end: float) -> bytes | None:
    """Return all that comes before the other side closes; None if it is too much or too late."""
    found = bytearray()
    while len(found) <= MOST_OUTPUT:
        sock.settimeout(max(0.001, end - time.monotonic()))
        try:
            part = sock.recv(1 << 20)
        except TimeoutError:
            return None
        except OSError:
            return bytes(found)
        if not part:
            return bytes(found)
        found += part
    return None


def works(compiler: Compiler, seed: Path | None) -> bool:
    """Say whether it compiles a source of ours."""
    return build(compiler, sample(compiler.language), (), seed=seed).output is not None


def sample(language: str) -> dict[str, bytes]:
    """Return a source of ours."""
    return {f"sample{SUFFIX[language]}": SAMPLES[language].encode()}


def filled(compiler: Compiler, folder: Path) -> Path | None:
    """Return the compiler's filled cache, filling it the first time; None if it has none."""
    if not compiler.seed:
        return None
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="filling-", dir=folder.parent))
    try:
        exports = ("alloc",) if compiler.export else ()
        built = build(compiler, sample(compiler.language), exports, seed=draft, fill=True)
        if built.output is None:
            raise Unavailable(
                f"{compiler.name} does not work here.",
                f"On a source of ours {built.exit.reason}.\n{built.words.strip()[-400:]}",
                "Run `./lab doctor` to see what this machine allows.",
            )
        try:
            draft.rename(folder)
        except OSError:  # another process was first
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
