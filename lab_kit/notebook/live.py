"""Hold what every live panel needs: a producer that runs only while somebody looks.

The browser beats once a second while the panel is on the page, the kernel beats back. Without a
beat for `look_s` seconds, or when the cell runs again, the producer's thread ends; with the next
beat it starts anew. Where no browser ever looks, as under nbconvert, nothing is ever started.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import traitlets

from lab_kit.errors import LabError
from lab_kit.notebook.cells import cells
from lab_kit.notebook.panel import Panel


class Live(Panel):
    """Call `produce()` about every `interval` seconds while a browser shows the panel."""

    interval = 0.1
    look_s = 10.0
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._seen = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self.actions["beat"] = lambda _: self.beat()
        cells.owns(self.stop, type(self).__name__)

    def produce(self) -> None:
        """Do one step and send what the browser should draw."""
        raise NotImplementedError

    @property
    def producing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def beat(self) -> None:
        """Take note that a browser shows this panel, and start the producer if it rests."""
        with self._lock:
            self._seen = time.monotonic()
            if not self._ended.is_set() and not self.producing:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
        self.send({"beat": 1})

    def stop(self) -> None:
        """End the producer for good; runs by itself before the cell's next run."""
        self._ended.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2.0)

    def trouble(self, error: LabError) -> None:
        self.said = str(error)

    def _work(self) -> None:
        beaten = 0.0
        while not self._ended.is_set():
            now = time.monotonic()
            with self._lock:
                if now - self._seen > self.look_s:
                    self._thread = None  # under the lock, so that a beat now starts another
                    return
            if now - beaten >= 1.0:
                beaten = now
                self.send({"beat": 1})
            try:
                self.produce()
            except LabError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
                self._fail(LabError("This panel stopped.", f"{type(error).__name__}: {error}"))
            self._ended.wait(self.interval)

    def _fail(self, error: LabError) -> None:
        self._ended.set()
        next = error.next or "run this cell again."
        self.trouble(LabError(error.what, error.why, next))
