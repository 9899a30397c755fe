"""Wait for something to become true, never longer than a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab_kit.errors import Unavailable


def wait_until(
    predicate: Callable[[], object],
    *,
    timeout: float,
    poll: float = 0.01,
    alive: Callable[[], bool] | None = None,
    what: str = "it",
) -> None:
    """Return once `predicate()` is true; raise Unavailable after `timeout` s or if it died."""
    end = time.monotonic() + timeout
    while not predicate():
        if alive is not None and not alive():
            if predicate():
                return
            raise Unavailable(f"{what} ended before it was ready.", "Its process is gone.")
        left = end - time.monotonic()
        if left <= 0:
            raise Unavailable(f"{what} was not ready within {timeout:g} s.")
        time.sleep(min(poll, left))
