"""Understand the command line, call what does the work, and print what it says.

    0 passed    1 a check failed    2 wrong usage    3 could not judge    130 interrupted

The report goes to stdout, progress and errors to stderr. Nothing is imported before it is
needed, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from lab_kit.errors import JudgeError, LabError, Unavailable, UsageError

if TYPE_CHECKING:
    from lab_kit.course import Course

Verb = Callable[["Course", argparse.Namespace], int]
HANDS_ON = ("start", "test")
AUTHORS = ("build", "release", "test")  # they need what a copy for students does not hold
INSTRUCTORS = {
    "grade": "grading.command", "report": "grading.reporting", "pull": "grading.reporting",
    "keygen": "grading.vouching", "verify": "grading.vouching", "release": "release.command",
}  # fmt: skip
WRONG_USAGE, COULD_NOT, INTERRUPTED = 2, 3, 130
EPILOG = """\
LAB is a name such as lab01_serverless, or short: serverless, 01, 1.
A check that passes earns its points: core ones are for everybody, extensions come on top.
Without a verb, `./lab` starts JupyterLab at the first notebook.
Exit codes: 0 passed, 1 a check failed, 2 wrong usage, 3 could not judge."""


class Parser(argparse.ArgumentParser):
    """Raise UsageError, in our words, where argparse would exit with its own."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            "The command was not understood.",
            f"{message}.",
            f"run `{self.prog} --help` to see how it is written.",
        )


def parser() -> Parser:
    """Build the parser; each verb's function is looked up only when it runs."""
    from lab_kit.release.usage import describe

    top = Parser(
        prog="./lab",
        description="Beyond the API: build it, run it, have it checked.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)

    def verb(name: str, help: str, rest: str = "") -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=help, description=help, allow_abbrev=False)
        if rest:
            made.add_argument("rest", nargs="*", metavar="ARGUMENT", help=rest)
        return made

    verb("start", "open JupyterLab at the first notebook (the default)", rest="for JupyterLab")
    verb("list", "show the labs, the minutes they take, and where you stand")
    add_check(verb("check", "check your work, or one part of it"))
    from lab_kit.grading.arguments import add_verbs

    add_verbs(verb)
    hint = verb("hint", "show one more hint of a check")
    hint.add_argument("lab", metavar="LAB")
    hint.add_argument(
        "check", metavar="CHECK", help="a check, or a file: then its first check that failed"
    )
    hint.add_argument("--number", type=int, metavar="N", help="show hint N alone")
    reset = verb("reset", "put one file back as it was handed out; your version is kept")
    reset.add_argument("lab", metavar="LAB")
    reset.add_argument("file", metavar="FILE")
    verb("doctor", "say what works on this machine, and how to get what does not")
    fetch = verb("fetch", "get the compilers of lab02_wasm, with their sizes told first")
    fetch.add_argument("language", nargs="*", help="c, rust or go; else all three")
    build = verb("build", "authors: write notebooks and exercises from solutions")
    build.add_argument("--check", action="store_true", help="only compare, and name what is stale")
    describe(verb("release", "instructors: make a copy for students, without any solution"))
    verb("test", "authors: run the whole test suite", rest="for pytest")
    return top


def add_check(check: argparse.ArgumentParser) -> None:
    """Describe `check`'s arguments."""
    check.add_argument("lab", metavar="LAB")
    check.add_argument(
        "part", metavar="PART", nargs="*", help="a file such as handler.py, or a check; else all"
    )
    check.add_argument("--only", metavar="PART", action="append", help="the same as PART")
    check.add_argument("--submission", metavar="DIR", help="judge this folder, not exercises/LAB")
    check.add_argument("--seed", metavar="N", type=int, help="use the inputs of an earlier run")
    check.add_argument("--json", metavar="FILE", help="also write the report as JSON ('-': stdout)")


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit code; never show a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return guarded(words)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT
    except KeyboardInterrupt:
        return INTERRUPTED


def guarded(words: list[str]) -> int:
    """Run the verb; turn every error into what, why and next."""
    try:
        code = run(words)
        sys.stdout.flush()
        return code
    except UsageError as error:
        complain(error)
        return WRONG_USAGE
    except LabError as error:
        complain(error)
        return COULD_NOT
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - the last line before a student sees a traceback
        complain(unexpected(error))
        return COULD_NOT


def run(words: list[str]) -> int:
    """Parse the words, find the course, and call the verb."""
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words = ["start", *words]
    args = understand(words)
    from lab_kit.course import Course

    course = Course.find()
    if args.verb in AUTHORS:
        course.demand_sources(args.verb)
    return choose(args.verb)(course, args)


def understand(words: list[str]) -> argparse.Namespace:
    """Parse the words; what follows `start` and `test` is handed on as it is."""
    if words[0] in HANDS_ON and not {"-h", "--help"} & set(words[1:2]):
        return argparse.Namespace(verb=words[0], rest=words[1:])
    args, rest = parser().parse_known_args(words)
    if rest and args.verb == "check" and not any(word.startswith("-") for word in rest):
        args.part += rest  # argparse takes no more of them after an option
    elif rest:
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    return args


def choose(name: str) -> Verb:
    """Return the function of a verb, importing what it needs."""
    own: dict[str, Verb] = {
        "start": start, "doctor": doctor, "fetch": fetch, "build": build, "test": test,
    }  # fmt: skip
    if name in own:
        return own[name]
    if name in INSTRUCTORS:
        module, function = f"lab_kit.{INSTRUCTORS[name]}", name
    else:
        module, function = "lab_kit.verbs", f"{name}_lab" if name != "list" else "list_labs"
    found: Verb = getattr(import_module(module), function)
    return found


def start(course: Course, args: argparse.Namespace) -> int:
    """Open JupyterLab."""
    from lab_kit.start import start as open_lab

    return open_lab(course, args.rest)


def doctor(course: Course, args: argparse.Namespace) -> int:
    """Examine this machine."""
    from lab_kit.doctor import doctor as examine

    return examine(course)


def fetch(course: Course, args: argparse.Namespace) -> int:
    """Get compilers, telling their sizes first; return 3 where one cannot be had."""
    from lab_kit.components.toolchain import LANGUAGES, Toolchain

    missing = 0
    for toolchain in [Toolchain(language) for language in args.language or LANGUAGES]:
        try:
            toolchain.fetch(lambda line: print(line, flush=True))
            assert toolchain.compiler
            print(f"{toolchain.title}: {toolchain.compiler.name}, {toolchain.size_mb} MB")
        except Unavailable as problem:
            print(problem, file=sys.stderr)
            missing = 3
    return missing


def build(course: Course, args: argparse.Namespace) -> int:
    """Write or compare what is built."""
    from lab_kit.authoring.build import build as write

    return write(course, check=args.check)


def test(course: Course, args: argparse.Namespace) -> int:
    """Run the test suite."""
    from lab_kit.selftest import run as run_tests

    return run_tests(course, args.rest)


def complain(error: LabError) -> None:
    """Print an error to stderr, safe for any terminal."""
    text = str(error).encode(sys.stderr.encoding or "utf-8", "backslashreplace")
    print(text.decode(sys.stderr.encoding or "utf-8"), file=sys.stderr)


def unexpected(error: Exception) -> JudgeError:
    """Return the message for an error that nobody foresaw."""
    kept = keep_traceback(error)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return JudgeError(
        "Something of ours broke; it is not your work.",
        said,
        f"tell your instructor, with the file {kept}." if kept else "tell your instructor.",
    )


def keep_traceback(error: Exception) -> str:
    """Write the traceback where whoever mends it finds it; return the path, '' if it failed."""
    import traceback

    from lab_kit.course import Course

    with suppress(LabError, OSError):
        path = Course.find().work / "last-error.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return str(path)
    return ""
