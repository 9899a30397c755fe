"""Load a submission's file and answer calls; this code and the submission share one process.

Nothing here is a protection: a submission can change all of it. It can only spoil its own
answers, because the judge reads them as data.
"""

from __future__ import annotations

import _sitebuiltins
import builtins
import inspect
import linecache
import os
import signal
import socket
import sys
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any

from . import channel
from .output import Output

COMMON = """collections dataclasses datetime decimal functools itertools json math random re string
time traceback typing""".split()
Trace = list[list[Any]]


class Submission:
    """Hold the loaded files of one folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.modules: dict[str, ModuleType] = {}

    def load(self, file: str) -> ModuleType:
        """Run `file` once and return it as a module that its neighbours can import by name."""
        if file in self.modules:
            return self.modules[file]
        path = os.path.join(self.folder, file)
        with open(path, "rb") as handle:
            code: CodeType = compile(handle.read(), path, "exec", dont_inherit=True)
        name = os.path.splitext(os.path.basename(file))[0]
        module = ModuleType(name)
        module.__file__ = path
        sys.modules[name] = module
        try:
            exec(code, module.__dict__)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        self.modules[file] = module
        return module

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return {"value": ...} or {"error": {...}} for one call."""
        file, name = request["file"], request["function"]
        stage = "import"
        try:
            if not os.path.isfile(os.path.join(self.folder, file)):
                return _error("missing", "", f"There is no file {file}.", file)
            module = self.load(file)
            function = vars(module).get(name)
            if not callable(function):
                return self._no_function(module, file, name, function)
            args, kwargs = request["args"], request["kwargs"]
            if (why := _misfit(function, args, kwargs)) is not None:
                return self._at_definition("signature", "TypeError", why, file, function)
            stage = "raised"
            value = function(*args, **kwargs)
            stage = "not_plain"
            return {"value": channel.plain(value)}
        except channel.NotPlain as error:
            return self._at_definition("not_plain", "", str(error), file, function)
        except BaseException as error:
            return self.describe(stage, error, file)

    def _no_function(self, module: ModuleType, file: str, name: str, found: Any) -> dict[str, Any]:
        names = [k for k, v in vars(module).items() if callable(v) and not k.startswith("__")]
        text = f"{file} defines no function {name}."
        if found is not None:
            text = f"{name} in {file} is not a function but {type(found).__name__}."
        reply = _error("missing", "", text, file)
        reply["error"]["names"] = [str(n)[:80] for n in names[:50]]
        return reply

    def _at_definition(self, kind: str, type: str, text: str, file: str, f: Any) -> dict[str, Any]:
        code = getattr(inspect.unwrap(f), "__code__", None) if callable(f) else None
        line = getattr(code, "co_firstlineno", None)
        return _error(kind, type, text, file, line)

    def describe(self, kind: str, error: BaseException, file: str) -> dict[str, Any]:
        """Turn an exception into kind, words, place and the trace through the student's files."""
        trace = self.trace(error.__traceback__)
        where, line = (trace[-1][0], trace[-1][1]) if trace else (file, None)
        message = _text(error)
        if isinstance(error, SyntaxError) and kind == "import":
            inside = self.inside(error.filename or "")
            if inside is not None:
                where, line = inside, error.lineno
            message = error.msg or message
        if isinstance(error, MemoryError):
            kind, message = "memory", message or "It asked for more memory than it may use."
        if isinstance(error, SystemExit):
            kind, message = "died", f"It called exit({message})."
        reply = _error(kind, type(error).__name__, message, where, line)
        reply["error"]["trace"] = trace
        return reply

    def trace(self, tb: TracebackType | None) -> Trace:
        """List (file, line, function, source line) of the student's frames, outermost first."""
        found: Trace = []
        while tb is not None:
            self._add(found, tb.tb_frame.f_code, tb.tb_lineno)
            tb = tb.tb_next
        return found[:5] + found[-15:] if len(found) > 20 else found

    def stack(self, frame: FrameType | None) -> Trace:
        """List the student's frames of a running call, outermost first."""
        found: Trace = []
        while frame is not None:
            self._add(found, frame.f_code, frame.f_lineno)
            frame = frame.f_back
        return found[:20][::-1]

    def _add(self, found: Trace, code: CodeType, line: int) -> None:
        name = self.inside(code.co_filename)
        if name is not None and len(found) < 2000:
            source = linecache.getline(code.co_filename, line).strip()[:200]
            found.append([name, line, code.co_name[:80], source])

    def inside(self, path: str) -> str | None:
        """Return a path relative to the folder, or None if it lies elsewhere."""
        prefix = self.folder.rstrip("/") + "/"
        return path[len(prefix) :] if path.startswith(prefix) else None


def _misfit(function: Any, args: list[Any], kwargs: dict[str, Any]) -> str | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        name = getattr(function, "__name__", "the function")
        return f"{name}{signature} does not fit the call: {error}."
    return None


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except BaseException:
        return "(its text could not be made)"


def _error(
    kind: str, type: str, message: str, file: str | None = None, line: int | None = None
) -> dict[str, Any]:
    return {"error": {"kind": kind, "type": type[:80], "message": message[:2000], "file": file,
                      "line": line, "trace": []}}  # fmt: skip


class Libraries:
    """Find packages by name, each in a folder of its own, where no path entry can be searched."""

    def __init__(self, places: dict[str, str]) -> None:
        self.places = places

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if name not in self.places:
            return None
        from importlib.util import spec_from_file_location

        place = self.places[name]
        init = os.path.join(place, "__init__.py")
        return spec_from_file_location(name, init, submodule_search_locations=[place])


def serve(sock: socket.socket, folder: str, libraries: dict[str, str]) -> None:
    """Answer calls until the judge closes the channel."""
    sys.path.insert(0, folder)
    sys.meta_path.append(Libraries(libraries))
    submission, output = Submission(folder), Output()
    sys.stdout = sys.stderr = output
    while True:
        try:
            request = channel.receive(sock)
        except (EOFError, OSError, channel.BadFrame):
            os._exit(0)
        _watch_the_clock(sock, submission, output, request)
        reply = submission.answer(request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _reply(sock, request, reply, output)


def _reply(sock: socket.socket, request: Any, reply: dict[str, Any], output: Output) -> None:
    reply |= {"id": request["id"], "output": output.take()}
    try:
        frame = channel.encode(reply)
    except channel.TooLarge as error:
        reply = _error("too_large", "", f"The returned value takes {error}.", request["file"])
        frame = channel.encode(reply | {"id": request["id"], "output": ""})
    except MemoryError:
        reply = _error("memory", "MemoryError", "The returned value did not fit in memory.")
        frame = channel.encode(reply | {"id": request["id"], "output": ""})
    channel.send(sock, frame)


def _watch_the_clock(sock: socket.socket, sub: Submission, output: Output, request: Any) -> None:
    """Say at the deadline where the call was; the judge's own deadline does not depend on it."""

    def late(number: int, frame: FrameType | None) -> None:
        reply = _error("timeout", "", f"No answer within {request['timeout']:g} s.")
        trace = sub.stack(frame)
        reply["error"]["trace"] = trace
        if trace:
            reply["error"]["file"], reply["error"]["line"] = trace[-1][0], trace[-1][1]
        _reply(sock, request, reply, output)
        os._exit(0)

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, request["timeout"])


def prepare() -> None:
    """Do once in the zygote what every child would do again."""
    sys.dont_write_bytecode = True
    for name in COMMON:  # a submission's import of these then costs nothing
        __import__(name)
    for name in ("exit", "quit"):  # `python -S` leaves them out
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D"))
