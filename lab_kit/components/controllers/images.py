"""Say what an image's name stands for: a program of ours, or a container that is only played.

Nothing is pulled from anywhere. What no lab gives a program for is simulated, and a word in the
tag says how: `missing` cannot be pulled, `crash` ends at once with an error, `slow` takes three
seconds to be ready, `fails` and `succeeds` end after a while, as a Job's container does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """Run a program in the sandbox; it finds its listener as file descriptor 3 (LISTEN_FDS), and
    the image's name in IMAGE.

    argv: its words;  folder: where it stands, which it may read
    """

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulated:
    """Play a container: ready after some seconds, and over after some, if `exit_code` says so."""

    ready_s: float = 0.2
    exit_code: int | None = None
    over_s: float = 0.5
    pulls: bool = True


Image = Program | Simulated
PLAYED = {
    "missing": Simulated(pulls=False), "crash": Simulated(ready_s=99.0, exit_code=1, over_s=0.1),
    "slow": Simulated(ready_s=3.0), "fails": Simulated(exit_code=1),
    "succeeds": Simulated(exit_code=0),
}  # fmt: skip


class Images:
    """Find what runs for an image; `known` maps patterns such as `kiosk/quote:1.*`."""

    def __init__(self, known: Mapping[str, Image] | None = None) -> None:
        self.known = dict(known or {})

    def find(self, name: str, ends: bool = False) -> Image:
        """Return what runs for an image; `ends` says that its pod is to come to an end."""
        for pattern, image in self.known.items():
            if fnmatchcase(name, pattern):
                return image
        words = set(re.split(r"[^a-z]+", name.rpartition("/")[2].partition(":")[2]))
        played = next((PLAYED[word] for word in PLAYED if word in words), None)
        return played or (Simulated(exit_code=0) if ends else Simulated())
