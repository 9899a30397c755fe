"""Answer HTTP on the listener that was handed down; MODE says how well."""

import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

MODE = os.environ.get("MODE", "good")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        bad = MODE == "sick" or (MODE == "dying" and self.path == "/alive")
        body = f"{MODE} {os.environ.get('GREETING', '')} {os.environ.get('POD', '')}".encode()
        self.send_response(500 if bad else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        print("asked for", self.path, flush=True)


if MODE == "broken":
    sys.exit(3)
server = HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=3)
server.serve_forever()
