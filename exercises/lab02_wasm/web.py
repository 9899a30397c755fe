"""Put an HTTP front before functions: PUT deploys one, POST calls it. Given; read it once.

PUT  /functions/NAME   a module        204, or 400 when it is none
POST /functions/NAME   a request       200 and the answer, 404 for an unknown name,
                                       422 and the reason when the module traps
"""

from __future__ import annotations

import os
import re
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wasmtime import Trap, WasmtimeError

ROUTE = re.compile(r"/functions/([a-z0-9-]{1,40})")
LONGEST = 16 * 1024 * 1024


def run(make) -> None:
    """Serve what `make` makes, where this is a program: on a socket handed down, or on a port.

    In a notebook nobody asked for a port, and nothing happens.
    """
    if os.environ.get("LISTEN_FDS"):
        serve(make(), socket.socket(fileno=3))
    elif len(sys.argv) == 2 and sys.argv[1].isdecimal():
        serve(make(), socket.create_server(("127.0.0.1", int(sys.argv[1]))))


def serve(functions, listener: socket.socket) -> None:
    """Answer until the process ends."""
    server = Server(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket, server.functions = listener, functions
    listener.listen(128)
    server.serve_forever()


class Server(ThreadingHTTPServer):
    """Answer each connection in a thread of its own."""

    daemon_threads = True


class Handler(BaseHTTPRequestHandler):
    """Answer the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        self.answered(self.deploy)

    def do_POST(self) -> None:
        self.answered(self.call)

    def deploy(self, name: str, body: bytes) -> tuple[int, bytes]:
        try:
            self.server.functions.deploy(name, body)
        except WasmtimeError as error:
            return 400, str(error).encode()
        return 204, b""

    def call(self, name: str, body: bytes) -> tuple[int, bytes]:
        try:
            return 200, self.server.functions.call(name, body)
        except KeyError:
            return 404, f"There is no function {name}.".encode()
        except (Trap, WasmtimeError) as error:
            return 422, str(error).encode()

    def answered(self, act) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), LONGEST))
        route = ROUTE.fullmatch(self.path)
        try:
            status, answer = act(route[1], body) if route else (404, b"There is no such path.")
        except NotImplementedError as todo:
            status, answer = 501, str(todo).encode()
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            status, answer = 500, f"{type(error).__name__}: {error}".encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing about requests that went well."""
