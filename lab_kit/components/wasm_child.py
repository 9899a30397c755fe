"""Be the sandboxed process in which a stranger's modules are compiled and run: channel at fd 3."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from lab_kit.components import wasm_frames
from lab_kit.components.wasm_engine import Bounds
from lab_kit.components.wasm_host import WasmHost
from lab_kit.components.wasm_traps import Trapped, Unfit
from lab_kit.errors import Unavailable

CHANNEL = 3
PATIENCE_S = 60.0


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
                modules.append(host.compile(body))
                answer = {"module": len(modules) - 1}
            else:
                data = host.handle(modules[question["module"]], body, folders=folders)
        except Unfit as unfit:
            answer = {"unfit": str(unfit)}
        except Trapped as trap:
            answer = {"reason": trap.reason, "what": trap.what, "exit": trap.exit_code}
        except Unavailable as missing:
            answer = {"missing": [missing.what, missing.why, missing.next]}
        wasm_frames.send(channel, answer, data, PATIENCE_S)
