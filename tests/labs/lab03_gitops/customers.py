"""Be the customers of a service: ask it all the time, and remember what they got."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections import Counter


class Customers:
    """Ask an address again and again while the block lasts; `got` counts (status, text)."""

    def __init__(self, address: tuple[str, int], pause_s: float = 0.03) -> None:
        self._url, self._pause_s = f"http://{address[0]}:{address[1]}/", pause_s
        self.got: Counter[tuple[int, str]] = Counter()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def ask(self) -> tuple[int, str]:
        """Ask once; return the status, 0 for none, and what the release calls itself."""
        try:
            with urllib.request.urlopen(self._url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            return 0, ""

    def _ask(self) -> None:
        while not self._end.wait(self._pause_s):
            self.got[self.ask()] += 1

    def __enter__(self) -> Customers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=10)

    @property
    def failed(self) -> int:
        """Return how many got no good answer."""
        return sum(n for (status, _), n in self.got.items() if status != 200)

    @property
    def asked(self) -> int:
        return sum(self.got.values())
