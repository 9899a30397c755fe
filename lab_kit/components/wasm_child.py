"""Be the sandboxed process in which a stranger's modules are compiled and run: channel at fd 3."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from lab_kit.components import wasm_abi, wasm_frames
from lab_kit.components.wasm_engine import Bounds
from lab_kit.components.wasm_host import Instance, WasmHost
from lab_kit.components.wasm_traps import Trapped, Unfit
from lab_kit.errors import Unavailable

CHANNEL = 3
PATIENCE_S = 60.0
Answer = tuple[dict[str, Any], bytes]


def handle(made: Instance, question: dict[str, Any], body: bytes) -> Answer:
    """Answer one request."""
    return {}, made.handle(body)


def converse(made: Instance, question: dict[str, Any], body: bytes) -> Answer:
    """Answer many; tell the memory's size after a tenth of them, and at the end."""
    requests = wasm_frames.parts(body)
    first = len(requests) // 10
    answers = wasm_abi.converse(made, requests[:first], question["held"])
    early = made.memory_bytes
    answers += wasm_abi.converse(made, requests[first:], question["held"])
    return {"early": early, "late": made.memory_bytes}, wasm_frames.joined(answers)


def call(made: Instance, question: dict[str, Any], body: bytes) -> Answer:
    """Call one export with numbers, after writing some bytes to its memory."""
    if body:
        wasm_abi.memory_of(made).write(made.store, body, question["at"])
    value = made.call(question["name"], *question["arguments"])
    return {"value": value if isinstance(value, int | float) else None}, b""


OPERATIONS = {"handle": handle, "converse": converse, "call": call}


def main(settings: str) -> None:
    """Serve until the other side closes the channel."""
    told = json.loads(settings)
    channel = socket.socket(fileno=CHANNEL)
    folders = {name: Path(place) for name, place in told["folders"].items()}
    modules: list[Any] = []
    host: WasmHost | None = None
    while True:
        try:
            question, body = wasm_frames.receive(channel)
        except (EOFError, OSError):
            return
        answer: dict[str, Any] = {}
        data = b""
        try:
            host = host or WasmHost(Bounds(**told["bounds"]))
            if question["op"] == "load":
                modules.append(host.compile(body.decode() if question["text"] else body))
                answer = {"module": len(modules) - 1}
            else:
                module = modules[question["module"]]
                with host.instance(module, folders=folders) as made:
                    answer, data = OPERATIONS[question["op"]](made, question, body)
        except Unfit as unfit:
            answer = {"unfit": str(unfit)}
        except Trapped as trap:
            answer = {"reason": trap.reason, "what": trap.what, "exit": trap.exit_code}
        except Unavailable as missing:
            answer = {"missing": [missing.what, missing.why, missing.next]}
        wasm_frames.send(channel, answer, data, PATIENCE_S)
