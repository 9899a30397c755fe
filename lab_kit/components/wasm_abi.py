"""Talk to a module that handles requests.

Its ABI is small: it exports `memory`, `alloc(length) -> pointer` and
`handle(pointer, length) -> pointer << 32 | length`. A module that lives longer than one request
exports `release(pointer, length)` too, for both the request and its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from lab_kit.components.wasm_traps import Unfit

if TYPE_CHECKING:
    import wasmtime

MOST_ANSWER = 16 * 1024 * 1024
Place = tuple[int, int]  # pointer, length


class Callee(Protocol):
    """Be an instance: exports to look at, and a way to call them within bounds."""

    store: wasmtime.Store

    @property
    def exports(self) -> Any: ...

    def call(self, name: str, *arguments: Any) -> Any: ...


def ask(module: Callee, request: bytes) -> bytes:
    """Answer one request; raise Unfit when the module does not keep to the ABI."""
    return take(module, handed(module, give(module, request)))


def converse(module: Callee, requests: Iterable[bytes], held: bool = False) -> list[bytes]:
    """Answer many requests in one instance, and release what each took.

    held: read the answers only when all are there, for an answer stays until it is released
    """
    release: Callable[[Place], object] = lambda place: module.call("release", *place)  # noqa: E731
    answers, places = [], []
    for request in requests:
        given = give(module, request)
        found = handed(module, given)
        release(given)
        if held:
            places.append(found)
            continue
        answers.append(take(module, found))
        release(found)
    for found in places:
        answers.append(take(module, found))
        release(found)
    return answers


def give(module: Callee, request: bytes) -> Place:
    """Write a request into the module's memory."""
    memory, length = memory_of(module), len(request)
    start = unsigned(module.call("alloc", length), "alloc")
    if start + length > memory.data_len(module.store):
        raise Unfit("alloc returned a place that lies outside the module's memory.")
    memory.write(module.store, request, start)
    return start, length


def handed(module: Callee, request: Place) -> Place:
    """Let the module handle a request that it was given; return where the answer is."""
    packed = unsigned(module.call("handle", *request), "handle", 64)
    return packed >> 32, packed & 0xFFFFFFFF


def take(module: Callee, answer: Place) -> bytes:
    """Read an answer."""
    memory, (at, length) = memory_of(module), answer
    if at + length > memory.data_len(module.store) or length > MOST_ANSWER:
        raise Unfit(f"handle returned {length} bytes at {at}, outside the module's memory.")
    return bytes(memory.read(module.store, at, at + length))


def memory_of(module: Callee) -> wasmtime.Memory:
    """Return the exported memory."""
    from wasmtime import Memory

    memory = module.exports.get("memory")
    if not isinstance(memory, Memory):
        raise Unfit("The module exports no memory called `memory`.")
    return memory


def unsigned(value: Any, name: str, bits: int = 32) -> int:
    """Return a number that a module gave as an unsigned one."""
    if not isinstance(value, int):
        raise Unfit(f"{name} does not return what the ABI says: {type(value).__name__}.")
    return value & ((1 << bits) - 1)
