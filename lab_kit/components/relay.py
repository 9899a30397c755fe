"""Carry bytes from a sandbox's own listener to a service of ours on the host's loopback.

One thread serves every listener that was added; it runs only while there is one. What a peer
does not read is not read from the other side either, so memory stays bounded.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

CHUNK = 65_536
MAX_PAIRS = 64  # open connections of one listener
PATIENCE_S = 5.0
Address = tuple[str, int]
Target = Address | Callable[[], Address | None]  # a function is asked anew for each connection


@dataclass(eq=False)
class _Side:
    sock: socket.socket
    listener: socket.socket
    other: _Side | None = None
    pending: bytearray = field(default_factory=bytearray)  # to be written to `sock`
    reading: bool = True  # until the peer says that it has no more
    connected: bool = True


class Relay:
    """Connect each listener's clients to its target; a context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._targets: dict[socket.socket, Target] = {}
        self._removed: list[tuple[tuple[socket.socket, ...], threading.Event]] = []
        self._added: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self._closed = False
        self._wake: tuple[socket.socket, socket.socket] | None = None

    def add(self, listeners: Sequence[socket.socket], targets: Sequence[Target]) -> None:
        """Serve each listener from now on; the relay closes it in the end."""
        if not listeners:
            return
        with self._lock:
            if self._closed:
                for listener in listeners:
                    listener.close()
                return
            for listener, target in zip(listeners, targets, strict=True):
                listener.setblocking(False)
                self._targets[listener] = target
                self._added.append(listener)
            if self._thread is None:
                self._wake = socket.socketpair()
                self._thread = threading.Thread(target=self._serve, name="relay", daemon=True)
                self._thread.start()
        self._nudge()

    def remove(self, listeners: Sequence[socket.socket]) -> None:
        """Stop serving these listeners, close them and hang up their connections.

        When it returns that is done: their file descriptors may be others' by then.
        """
        done = threading.Event()
        with self._lock:
            thread = self._thread
            if not listeners or self._closed or thread is None:
                return
            self._removed.append((tuple(listeners), done))
        self._nudge()
        if thread is not threading.current_thread():
            done.wait(PATIENCE_S)

    def close(self) -> None:
        """Hang up everything and end the thread."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._nudge()
        if thread is not None:
            thread.join()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _nudge(self) -> None:
        if self._wake is not None:
            with contextlib.suppress(OSError):
                self._wake[0].send(b".")

    def _serve(self) -> None:
        assert self._wake is not None
        selector = selectors.DefaultSelector()
        self._wake[1].setblocking(False)
        selector.register(self._wake[1], selectors.EVENT_READ, None)
        sides: set[_Side] = set()
        while self._update(selector, sides):
            for key, events in selector.select():
                if key.data is None:
                    with contextlib.suppress(OSError):
                        self._wake[1].recv(CHUNK)
                elif not isinstance(key.data, _Side):
                    self._accept(selector, sides, key.data)
                elif key.data in sides:
                    _move(selector, sides, key.data, events)
        for side in list(sides):
            _hang_up(selector, sides, side)
        for listener in self._targets:
            listener.close()
        selector.close()
        for end in self._wake:
            end.close()

    def _update(self, selector: selectors.BaseSelector, sides: set[_Side]) -> bool:
        with self._lock:
            for listener in self._added:
                selector.register(listener, selectors.EVENT_READ, listener)
            removed, self._added, self._removed = self._removed, [], []
            for listeners, done in removed:
                for listener in listeners:
                    if self._targets.pop(listener, None) is None:
                        continue
                    for side in [side for side in sides if side.listener is listener]:
                        _hang_up(selector, sides, side)
                    selector.unregister(listener)
                    listener.close()
                done.set()
            return not self._closed

    def _accept(
        self, selector: selectors.BaseSelector, sides: set[_Side], listener: socket.socket
    ) -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        target = self._targets[listener]
        try:
            address = target() if callable(target) else target
        except Exception:  # noqa: BLE001 - whoever is served here pays for it, and nobody else
            address = None
        if address is None or sum(s.listener is listener for s in sides) >= 2 * MAX_PAIRS:
            client.close()
            return
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        for sock in (client, server):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near, far = _Side(client, listener), _Side(server, listener, connected=False)
        near.other, far.other = far, near
        with contextlib.suppress(BlockingIOError):
            try:
                server.connect(address)
            except BlockingIOError:
                raise
            except OSError:
                client.close()
                server.close()
                return
        sides.update((near, far))
        for side in (near, far):
            selector.register(side.sock, _interest(side), side)


def _interest(side: _Side) -> int:
    assert side.other is not None
    read = side.reading and side.connected and len(side.other.pending) < CHUNK
    write = bool(side.pending) or not side.connected
    return (selectors.EVENT_READ if read else 0) | (selectors.EVENT_WRITE if write else 0)


def _move(selector: selectors.BaseSelector, sides: set[_Side], side: _Side, events: int) -> None:
    other = side.other
    assert other is not None
    try:
        if events & selectors.EVENT_WRITE:
            side.connected = True
            if side.pending:
                del side.pending[: side.sock.send(side.pending)]
            if not side.pending and not other.reading:
                side.sock.shutdown(socket.SHUT_WR)
        if events & selectors.EVENT_READ:
            data = side.sock.recv(CHUNK)
            other.pending += data
            if not data:
                side.reading = False
                if not other.pending and other.connected:
                    other.sock.shutdown(socket.SHUT_WR)
    except BlockingIOError:
        return None
    except OSError:
        return _hang_up(selector, sides, side)
    if not (side.reading or other.reading or side.pending or other.pending):
        return _hang_up(selector, sides, side)
    for one in (side, other):
        _listen(selector, one)
    return None


def _listen(selector: selectors.BaseSelector, side: _Side) -> None:
    """Watch a socket for what can be done with it now; one that has nothing to do is left out."""
    wanted = _interest(side)
    known = side.sock in selector.get_map()
    if wanted and known:
        selector.modify(side.sock, wanted, side)
    elif wanted:
        selector.register(side.sock, wanted, side)
    elif known:
        selector.unregister(side.sock)


def _hang_up(selector: selectors.BaseSelector, sides: set[_Side], side: _Side) -> None:
    for one in (side, side.other):
        if one is not None and one in sides:
            sides.discard(one)
            if one.sock in selector.get_map():
                selector.unregister(one.sock)
            one.sock.close()
