"""Remember how far a learner is: saved files, verdicts, hints, guesses; one small file a lab.

Written after every `%%exercise` and every check to `.beyond/progress/<lab>.json`, so that a killed
kernel loses nothing. A file that cannot be read counts as empty.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lab_kit.notebook.where import Where
from lab_kit.notebook.workfile import write_whole

PARTS = ("saved", "checks", "hints", "guesses")


class Progress:
    """Read and write one lab's progress; every change is on disk when the method returns."""

    def __init__(self, where: Where) -> None:
        self.path = where.course.work / "progress" / f"{where.lab}.json"

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the parts `saved`, `checks`, `hints` and `guesses`, each a mapping."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = {}
        if not isinstance(found, dict):
            found = {}
        return {k: v if isinstance(v := found.get(k), dict) else {} for k in PARTS}

    def saved(self, file: str) -> None:
        self._put("saved", file, datetime.now().isoformat(timespec="seconds"))

    def checked(self, result: Mapping[str, Any]) -> None:
        """Remember one check's verdict."""
        kept = {k: result.get(k) for k in ("verdict", "exercise", "promise", "points")}
        kept["when"] = datetime.now().isoformat(timespec="seconds")
        self._put("checks", str(result.get("check")), kept)

    def hints(self, check: str) -> int:
        """Return how many hints of a check were shown so far."""
        shown = self.read()["hints"].get(check, 0)
        return shown if isinstance(shown, int) else 0

    def hinted(self, check: str, shown: int) -> None:
        self._put("hints", check, shown)

    def guess(self, key: str) -> dict[str, Any]:
        """Return what was guessed and measured under `key`; empty if nothing was."""
        found = self.read()["guesses"].get(key)
        return found if isinstance(found, dict) else {}

    def guessed(self, key: str, kept: Mapping[str, Any]) -> None:
        self._put("guesses", key, dict(kept))

    def _put(self, part: str, key: str, value: object) -> None:
        data = self.read()
        data[part][key] = value
        with contextlib.suppress(OSError):  # a full disk must not stop the lesson
            write_whole(self.path, json.dumps(data, indent=1, sort_keys=True).encode())
