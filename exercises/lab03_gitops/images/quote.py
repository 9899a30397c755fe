"""Be what runs for kiosk/quote: an HTTP service of a few lines; the image's tag is its version."""

import json
import os
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer

VERSION = os.environ["IMAGE"].rpartition(":")[2]
CURRENCY = os.environ.get("CURRENCY", "EUR")
BROKEN = VERSION == "1.3"  # a release that Kiosk would rather forget


class Quote(BaseHTTPRequestHandler):
    """Answer every GET with a price, /health with a word."""

    def do_GET(self):
        bad = BROKEN and self.path != "/health"
        told = (
            {"error": "division by zero"}
            if bad
            else {"cents": 590, "currency": CURRENCY, "version": VERSION}
        )
        body = json.dumps(told).encode()
        self.send_response(500 if bad else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("127.0.0.1", 0), Quote, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=3)  # the listener that the node has opened for the pod
server.serve_forever()
