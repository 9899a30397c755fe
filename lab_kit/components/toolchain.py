"""Make WebAssembly from C, Rust and Go, with compilers that are found or fetched.

    c = toolchain("c")
    if not c.found:
        c.fetch(print)
    wasm = c.compile(Path("pricing.c"), exports=("alloc", "handle"))

What comes out is a reactor for WASI preview 1 that exports `memory`, `exports` and `_initialize`
where its language needs that. A compiler runs in the sandbox; what it gave is kept by content.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import lab_kit
from lab_kit.components import toolchain_build, toolchain_fetch, toolchain_store
from lab_kit.components.toolchain_compilers import SUFFIX, TITLE, Compiler, find, native
from lab_kit.components.toolchain_errors import (
    UNEXPORTED,
    NotCompiled,
    refused,
    refused_whole,
    too_much,
    unexported,
)
from lab_kit.components.toolchain_ways import advice
from lab_kit.errors import Unavailable, UsageError

__all__ = ["LANGUAGES", "NotCompiled", "Toolchain", "toolchain"]

LANGUAGES = tuple(SUFFIX)
HOME = Path(lab_kit.__file__).parents[1] / ".beyond"  # of the checkout that we are in
MOST_SOURCE = 256 * 1024
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
EXPORT = re.compile(r"[A-Za-z_]\w{0,99}")
TOO_MUCH = ("it used more", "it used up", "it started more", "its files")
Source = Path | Mapping[str, bytes]


class Toolchain:
    """Be the compiler of one language: "c", "rust" or "go".

    home: a folder of ours, where compilers are fetched to and outputs are kept
    """

    def __init__(self, language: str, home: Path = HOME) -> None:
        if language not in LANGUAGES:
            raise UsageError(
                f"There is no toolchain for {language!r}.",
                "",
                f"Say one of {', '.join(LANGUAGES)}.",
            )
        self.language, self.title = language, TITLE[language]
        self.home = home.absolute()
        self._folder = self.home / "toolchains" / language
        self._compiler: Compiler | None = None

    @property
    def compiler(self) -> Compiler | None:
        """Return the compiler to use, None where there is none yet."""
        if self._compiler is None:
            self._compiler = find(self.language, self._folder)
        return self._compiler

    @property
    def found(self) -> bool:
        """Say whether there is a compiler."""
        return self.compiler is not None

    @property
    def size_mb(self) -> int:
        """Return what the compiler takes on disk, in MB; 0 where there is none."""
        return toolchain_fetch.size_mb(self.compiler, self._folder) if self.compiler else 0

    @property
    def advice(self) -> str:
        """Return how a person gets the compiler."""
        return advice(self.language)

    def fetch(self, progress: Callable[[str], None] = lambda line: None) -> None:
        """Get a compiler if there is none, by the lightest way; tell sizes and progress in lines.

        Raises Unavailable, with how to get one, where there is no way.
        """
        if not self.found:
            toolchain_fetch.fetch(self.language, self._folder, progress)
            if not self.found:
                raise Unavailable(
                    f"What was fetched for {self.title} does not run here.", "",
                    advice(self.language),
                )  # fmt: skip
        if self.compiler and self.compiler.seed and not self._seed(self.compiler).is_dir():
            progress(f"{self.title}: compiling its standard library once.")
            toolchain_build.filled(self.compiler, self._seed(self.compiler))

    def compile(self, source: Source, *, exports: Sequence[str] = ()) -> Path:
        """Compile a file, or files by name, and return the path of the module.

        Raises NotCompiled with file and line, or Unavailable where there is no compiler.
        """
        if not all(EXPORT.fullmatch(name) for name in exports):
            raise UsageError("An export's name is letters, digits and _.", f"Got {exports!r}.")
        compiler = self.compiler
        if compiler is None:
            raise Unavailable(
                f"There is no compiler here that makes WebAssembly from {self.title}.", "",
                advice(self.language),
            )  # fmt: skip
        return self._make(compiler, read(source, SUFFIX[self.language]), exports, ".wasm")

    def native(self, source: Source) -> Path:
        """Compile C to a program of this machine, to compare with; never run it but sandboxed."""
        compiler = native(self._folder) if self.language == "c" else None
        if compiler is None:
            raise Unavailable(
                f"There is no compiler here that makes programs from {self.title}.", "",
                "Install one for C, such as `sudo apt install gcc`.",
            )  # fmt: skip
        return self._make(compiler, read(source, SUFFIX["c"]), (), "")

    # -- parts -------------------------------------------------------------------------

    def _seed(self, compiler: Compiler) -> Path:
        word = re.sub(r"\W+", "-", f"{compiler.name} {compiler.command[0]}")[-150:]
        return self.home / "cache" / "compilers" / word.strip("-")

    def _make(
        self, compiler: Compiler, files: dict[str, bytes], exports: Sequence[str], suffix: str
    ) -> Path:
        folder = self.home / "cache" / "compiled"
        name = toolchain_store.named(compiler, files, exports) + suffix
        if path := toolchain_store.kept(folder, name):
            return path
        seed = toolchain_build.filled(compiler, self._seed(compiler))
        built = toolchain_build.build(compiler, files, exports, seed=seed)
        file = next(name for name in files if name.endswith(SUFFIX[self.language]))
        if built.output is None:
            raise self._fault(compiler, seed, built, files, file)
        missing = [n for n in exports if n not in toolchain_store.exports_of(built.output)]
        if missing:
            raise unexported(self.language, file, missing)
        return toolchain_store.keep(folder, name, built.output, 0o644 if suffix else 0o755)

    def _fault(
        self, compiler: Compiler, seed: Path | None, built: toolchain_build.Built,
        files: Mapping[str, bytes], file: str,
    ) -> Exception:  # fmt: skip
        """Return whose fault it is that there is no output: the source's, or the machine's."""
        if any(word in built.exit.reason for word in TOO_MUCH):
            return too_much(self.language, file, built.exit.reason)
        if fault := refused(built.words, files):
            return fault
        if names := UNEXPORTED.findall(built.words):
            return unexported(self.language, file, names)
        if built.exit.code is not None and toolchain_build.works(compiler, seed):
            return refused_whole(built.words, file)
        return Unavailable(
            f"{file} could not be compiled here.", f"{compiler.name}: {built.exit.reason}.",
            "Try again when the machine does less; `./lab doctor` says what is there.",
        )  # fmt: skip


def toolchain(language: str, home: Path = HOME) -> Toolchain:
    """Return the toolchain for "c", "rust" or "go"."""
    return Toolchain(language, home)


def read(source: Source, suffix: str) -> dict[str, bytes]:
    """Return the sources' bytes by name; raise NotCompiled for what is no plain, short file."""
    files = {source.name: _bytes(source)} if isinstance(source, Path) else dict(source)
    for name, data in files.items():
        if not NAME.fullmatch(name):
            raise NotCompiled("A source has a name that no compiler gets.", repr(name)[:120],
                              "Use letters, digits, _ and -.")  # fmt: skip
        if len(data) > MOST_SOURCE:
            raise NotCompiled(
                f"{name} is too long.", f"More than {MOST_SOURCE // 1024} KB are not compiled.",
                "Keep it short.", file=name,
            )  # fmt: skip
    if not any(name.endswith(suffix) for name in files):
        raise NotCompiled(f"There is no file {suffix} to compile.", ", ".join(files)[:120],
                          f"Give the source a name that ends in {suffix}.")  # fmt: skip
    return files


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise NotCompiled(f"{path.name} is no plain file.", "", "Write the source there.",
                              file=path.name)  # fmt: skip
        with path.open("rb") as file:
            return file.read(MOST_SOURCE + 1)
    except OSError as error:
        raise NotCompiled(f"{path.name} could not be read.", str(error.strerror),
                          f"Write {path.name} first.", file=path.name) from None  # fmt: skip
