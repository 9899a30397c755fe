"""Be the sandboxed process in which strangers' policies are evaluated: channel at fd 3."""

from __future__ import annotations

import ctypes
import importlib
import json
import re
import signal
import socket
from functools import lru_cache
from typing import Any

from lab_kit.components import wasm_frames

CHANNEL = 3
KEPT = 16  # sets of policies that stay parsed
SPENT = int(getattr(signal, "SIGPROF", 27))  # the exit code of who took too long
LONGEST = 500  # characters of one message
RULES = ("deny", "warn")
PLACE = re.compile(r"--> (.+):(\d+):\d+\n")


class Fault(Exception):
    """Carry what is wrong with a policy, and where."""


def _words(error: Exception, what: str) -> Fault:
    """Return the engine's error as file, line and words, without its stack."""
    text = str(error).split("\nStack backtrace")[0]
    place = PLACE.search(text)
    said = text.rpartition("error: ")[2].strip()[:LONGEST]
    return Fault(what, f"{place[1]}, line {place[2]}: {said}" if place else said)


@lru_cache(KEPT)
def _engine(policies: str) -> tuple[Any, list[str]]:
    """Return an engine and its packages; a file that is no Rego v1 is tried as v0."""
    engine = importlib.import_module("regorus").Engine()
    packages = set()
    for name, text in json.loads(policies).items():
        try:
            engine.set_rego_v0(False)
            packages.add(engine.add_policy(name, text))
        except Exception as error:
            try:
                engine.set_rego_v0(True)
                packages.add(engine.add_policy(name, text))
            except Exception:
                raise _words(error, "A policy could not be read.") from None
    return engine, sorted(packages)


def _message(value: Any) -> str:
    """Return a message as text, of whatever a rule gave."""
    if isinstance(value, dict) and "msg" in value:
        value = value["msg"]
    return (value if isinstance(value, str) else json.dumps(value))[:LONGEST]


def _found(engine: Any, package: str, rule: str) -> list[str]:
    """Return the messages of one rule; none if there is no such rule."""
    try:
        told = json.loads(engine.eval_query_as_json(f"{package}.{rule}"))
    except Exception as error:
        raise _words(error, f"{package.removeprefix('data.')}.{rule} failed.") from None
    results = told.get("result") or []
    value = results[0]["expressions"][0]["value"] if results else []
    if not isinstance(value, list):
        raise Fault(f"{package.removeprefix('data.')}.{rule} is no set of messages.",
                    f"Write `{rule} contains msg if {{ ... }}`.")  # fmt: skip
    return sorted(_message(one) for one in value)


def _check(question: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    engine, packages = _engine(json.dumps(question["policies"]))
    found = []
    for index, given in enumerate(question["inputs"]):
        engine.set_input_json(json.dumps(given))
        for package in packages:
            for rule in RULES:
                short = package.removeprefix("data.")
                found += [(rule, short, m, index) for m in _found(engine, package, rule)]
    return found


def _answer(body: bytes, most: int) -> bytes:
    try:
        answer = json.dumps({"found": _check(json.loads(body))}).encode()
        if len(answer) <= most:
            return answer
        fault = ("The policies say too much.", f"Their messages may have {most >> 20} MB.")
    except Fault as error:
        fault = error.args
    except Exception as error:
        fault = ("A policy could not be evaluated.", str(_words(error, "").args[1]))
    return json.dumps({"fault": fault}).encode()


def main(seconds: float, most: int) -> None:
    """Serve until the other side closes the channel; end when an answer takes too long.

    The timer's handler is C's own _exit: one of Python's would wait for the engine, and the default
    is ignored by the first process of a namespace.
    """
    libc = ctypes.CDLL(None)
    libc.signal.argtypes, libc.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    libc.signal(SPENT, ctypes.cast(libc._exit, ctypes.c_void_p))
    channel = socket.socket(fileno=CHANNEL)
    while True:
        try:
            _, body = wasm_frames.receive(channel)
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_PROF, seconds)
        answer = _answer(body, most)
        signal.setitimer(signal.ITIMER_PROF, 0)
        wasm_frames.send(channel, {}, answer, 60.0)
