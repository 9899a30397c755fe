"""Speak just enough HTTP/1.1 for the Lambda Runtime API, with bounds on everything.

The peer is code that a student wrote, so nothing here waits, trusts a length or keeps more than
`MAX_HEAD` bytes of headers and `max_body` bytes of body. Sockets are non-blocking; whoever owns a
`Connection` calls `receive` when it is readable and `flush` when it is writable.
Source: RFC 9112 (message framing, chunked coding), RFC 9110 section 10.1.1 (Expect).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

MAX_HEAD = 1_310_720  # awslambdaric may send an X-Ray cause of up to 1 MiB as one header
MAX_HEADERS = 100
MAX_LINE = 1_024  # one chunk-size line
MAX_UNREAD = 65_536  # answers that the peer asked for and does not take
READ, READ_BODY = 8_192, 262_144  # a large buffer costs more than a small request
HEADER = re.compile(r"(?:\A|(?<=\n))([!-9;-~]+):([^\r\n]*)\r\n")  # can be matched in one way only
REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    413: "Payload Too Large",
    431: "Request Header Fields Too Large",
}


class Malformed(Exception):
    """Say that the peer's bytes are no request; `status` is the answer, after which we hang up."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """Hold one request; `too_large` means that its body went over the limit and was dropped."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False


class Connection:
    """Read requests from and write responses to one peer, without ever blocking."""

    def __init__(self, sock: socket.socket, max_body: int) -> None:
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.open = True
        self._max_body = max_body
        self._in = bytearray()
        self._out = bytearray()
        self._scanned = 0
        self._head: tuple[str, str, dict[str, str]] | None = None
        self._chunks: bytearray | None = None

    @property
    def unsent(self) -> bool:
        """Say whether `flush` has something to do."""
        return bool(self._out)

    def receive(self) -> Request | None:
        """Read what is there; return a request once one is complete.

        Ends with `open` false when the peer hung up. Raises Malformed.
        """
        try:
            data = self.sock.recv(READ_BODY if self._head else READ)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self.open = False
            return None
        self._in += data
        return self.parse()

    def parse(self) -> Request | None:
        """Return the next request that has been received completely, if any."""
        if self._head is None and (not self._in or not self._parse_head()):
            return None
        assert self._head is not None
        method, path, headers = self._head
        if self._chunks is not None:
            return self._parse_chunks(method, path, headers, self._chunks)
        length = _length(headers)
        if length > self._max_body:
            self._end_request()
            return Request(method, path, headers, b"", too_large=True)
        if len(self._in) < length:
            return None
        body = bytes(self._in[:length])
        del self._in[:length]
        self._end_request()
        return Request(method, path, headers, body)

    def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a response, or what the peer takes of it at once, and queue the rest."""
        if len(self._out) > MAX_UNREAD:
            self.open = False
            return
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\n{''.join(lines)}Content-Length: {len(body)}"
        if head.count("\r\n") != len(lines) + 1 or head.count("\n") != len(lines) + 1:
            raise ValueError("a header holds a line break")
        self._put(head.encode("latin-1", "replace") + b"\r\n\r\n" + body)

    def flush(self) -> None:
        """Send as much of the queued bytes as the peer takes now."""
        if self._out:
            data, self._out = self._out, bytearray()
            self._put(data)

    def _put(self, data: bytes | bytearray) -> None:
        if self._out:
            self._out += data
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.open = False
            return
        if sent < len(data):
            self._out += memoryview(data)[sent:]

    def close(self) -> None:
        """Hang up."""
        self.open = False
        self.sock.close()

    def _end_request(self) -> None:
        self._head = self._chunks = None
        self._scanned = 0

    def _parse_head(self) -> bool:
        end = self._in.find(b"\r\n\r\n", max(0, self._scanned - 3))
        self._scanned = len(self._in)
        if max(end, self._scanned if end < 0 else 0) > MAX_HEAD:
            raise Malformed(431, f"the headers are larger than {MAX_HEAD} bytes")
        if end < 0:
            return False
        if self._in.count(b"\r\n", 0, end) > MAX_HEADERS:
            raise Malformed(431, f"there are more than {MAX_HEADERS} headers")
        first, _, rest = self._in[: end + 2].decode("latin-1").partition("\r\n")
        del self._in[: end + 4]
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Malformed(400, "the first line is not an HTTP/1.1 request")
        found = HEADER.findall(rest)
        if len(found) != rest.count("\r\n") or len(found) != rest.count("\n"):
            raise Malformed(400, "a header line is not one name, a colon and a value")
        headers = {name.lower(): value.strip() for name, value in found}
        self._head = words[0], words[1], headers
        if headers.get("transfer-encoding", "").lower() == "chunked":
            self._chunks = bytearray()
        elif "transfer-encoding" in headers:
            raise Malformed(400, "the transfer encoding is not chunked")
        if headers.get("expect", "").lower() == "100-continue":
            self._put(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _parse_chunks(
        self, method: str, path: str, headers: dict[str, str], body: bytearray
    ) -> Request | None:
        while True:
            end = self._in.find(b"\r\n", 0, MAX_LINE)
            if end < 0:
                if len(self._in) >= MAX_LINE:
                    raise Malformed(400, "a chunk-size line is too long")
                return None
            size = _chunk_size(bytes(self._in[:end]))
            if len(body) + size > self._max_body:
                self._end_request()
                return Request(method, path, headers, b"", too_large=True)
            if size == 0:
                return self._parse_trailers(method, path, headers, body, end)
            if len(self._in) < end + 2 + size + 2:
                return None
            body += self._in[end + 2 : end + 2 + size]
            if self._in[end + 2 + size : end + 4 + size] != b"\r\n":
                raise Malformed(400, "a chunk is longer than it said")
            del self._in[: end + 4 + size]

    def _parse_trailers(
        self, method: str, path: str, headers: dict[str, str], body: bytearray, end: int
    ) -> Request | None:
        if self._in[end : end + 4] == b"\r\n\r\n":
            stop = end + 4
        else:
            stop = self._in.find(b"\r\n\r\n", end) + 4
            if stop < 4:
                if len(self._in) > 8 * MAX_LINE:
                    raise Malformed(400, "the trailers are too long")
                return None
        del self._in[:stop]
        self._end_request()
        return Request(method, path, headers, bytes(body))


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed(400, "the content length is no number")
    return int(text)


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";")[0].strip()
    try:
        if not digits or len(digits) > 16 or digits[:1] in b"+-" or b"_" in digits:
            raise ValueError
        return int(digits, 16)
    except ValueError:
        raise Malformed(400, "a chunk size is no hexadecimal number") from None
