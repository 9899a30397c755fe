"""Get compilers as packages of Debian and Ubuntu: installed as root, else unpacked.

Who is not root gets lists and packages with a state of their own (apt.conf(5), Dir::State), checked
against the system's keys, and unpacked without being installed (dpkg-deb -x).
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lab_kit.components.toolchain_compilers import RUST_TARGETS, TITLE
from lab_kit.components.toolchain_ways import PACKAGES, Progress, follow, room
from lab_kit.process import start_trusted

SIZES = re.compile(
    r"Need to get (?:[\d.,]+ \w+/)?([\d.,]+) (\w?)B of archives"
    r"(?:.*?After this operation, ([\d.,]+) (\w?)B of additional)?",
    re.DOTALL,
)
UNIT = {"": 1e-6, "k": 1e-3, "M": 1.0, "G": 1e3}


def usable() -> bool:
    """Say whether this system has apt and its keys."""
    return all(map(shutil.which, ("apt-get", "dpkg-deb"))) and Path("/etc/apt").is_dir()


def fetch(language: str, draft: Path, progress: Progress) -> None:
    """Install the packages as root, else unpack them into `draft`; raise Unavailable."""
    root = os.geteuid() == 0
    state = draft / "state"
    archives = state / "cache" / "archives"
    for folder in (archives / "partial", state / "lists" / "partial"):
        folder.mkdir(parents=True)
    env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "HOME": str(draft)}
    apt = ["apt-get", "-q", "-o", f"Dir::Cache={state / 'cache'}", "-o", "APT::Sandbox::User=root"]
    if not root:
        apt += ["-o", f"Dir::State={state}", "-o", "Dir::State::status=/var/lib/dpkg/status",
                "-o", "Debug::NoLocking=1"]  # fmt: skip
    packages = PACKAGES[language]
    title = TITLE[language]
    progress(f"{title}: looking for {', '.join(packages)}.")
    follow([*apt, "update"], env, language, progress, archives, 1)
    install = [*apt, "-y", "--no-install-recommends", "install"]
    told = _asked([*apt, "--assume-no", "--no-install-recommends", "install", *packages], env)
    download, disk = sizes(told)
    room(draft, download + disk)
    progress(f"{title}: about {download} MB to fetch, {disk} MB on disk (Debian packages).")
    if root:
        follow([*install, *packages], env, language, progress, archives, download)
        shutil.rmtree(draft)
        return
    follow([*install, "--download-only", *packages], env, language, progress, archives, download)
    progress(f"{title}: unpacking.")
    for package in sorted(archives.glob("*.deb")):
        unpack = ["dpkg-deb", "-x", str(package), str(draft)]
        follow(unpack, env, language, lambda line: None, draft, disk)
        package.unlink()
    shutil.rmtree(state)
    lighten(draft)


def _asked(argv: list[str], env: dict[str, str]) -> str:
    """Return what apt would do: it says so and, answered with no, ends with an error."""
    with start_trusted(argv, env=env) as program:
        program.wait(120)
        return program.output()


def sizes(told: str) -> tuple[int, int]:
    """Return MB to download and MB on disk from what apt-get says it would do."""
    found = SIZES.search(told)
    if found is None:
        return 0, 0
    download, unit, disk, unit2 = found.groups()
    return _mb(download, unit), _mb(disk or "0", unit2 or "")


def _mb(number: str, unit: str) -> int:
    return max(1, round(float(number.replace(",", "")) * UNIT[unit]))


def lighten(top: Path) -> None:
    """Remove what making WebAssembly does not need: libraries for this machine's own programs."""
    library = top / "usr" / "lib" / "rustlib"
    if any((library / target).is_dir() for target in RUST_TARGETS):
        for folder in library.iterdir():
            if folder.name not in (*RUST_TARGETS, "etc"):
                shutil.rmtree(folder)
    for name in ("doc", "man", "locale"):
        shutil.rmtree(top / "usr" / "share" / name, ignore_errors=True)


def installed_mb(language: str, program: Path) -> int:
    """Return what the installed packages of a language take in MB, by dpkg's own figures."""
    if not shutil.which("dpkg-query") or not str(program).startswith("/usr/bin/"):
        return 0
    globs = {
        "c": ("clang", "clang-[0-9]*", "lld-[0-9]*", "wasi-libc", "libclang-common-*-dev",
              "libclang1-*", "libclang-cpp*", "libclang-rt-*-wasm32", "libllvm*"),
        "rust": ("rustc", "libstd-rust-*"), "go": ("golang-*",),
    }  # fmt: skip
    argv = ["dpkg-query", "-W", "-f", "${Installed-Size} ${Status}\n", *globs[language]]
    with start_trusted(argv) as query:
        query.wait(20)
        lines = query.output().splitlines()
    return sum(int(line.split()[0]) for line in lines if line.endswith(" installed")) // 1000
