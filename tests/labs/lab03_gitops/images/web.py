"""Be a release of a shop's service: its tag says how well it does."""

import os
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TAG = os.environ["IMAGE"].rpartition(":")[2]


class Web(BaseHTTPRequestHandler):
    """Answer /health always, and everything else as this release does."""

    asked = 0

    def do_GET(self):
        health = self.path == "/health"
        Web.asked += not health
        if "slow" in TAG and not health:
            time.sleep(1.6)
        now_and_then = "flaky" in TAG and Web.asked % 3 == 0
        bad = not health and ("bad" in TAG or now_and_then)
        body = TAG.encode()
        self.send_response(500 if bad else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep quiet."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Web, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=3)
server.serve_forever()
