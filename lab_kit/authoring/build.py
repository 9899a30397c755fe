"""Build what students open from what authors write, or say what is stale.

`solutions/<lab>/` is the source; `notebooks/<lab>.ipynb` and `exercises/<lab>/` are built from it.
Nobody's work is overwritten: a file that differs from what the last build wrote stops the build.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab_kit.authoring.product import make, seal
from lab_kit.course import LAB_NAME, Course
from lab_kit.errors import AuthorError

BUILT = ("notebooks", "exercises")


def build(course: Course, check: bool = False) -> int:
    """Write all notebooks and stubs, or with `check` only compare; return the exit code.

    Raises AuthorError for a wrong source, and before anything is written for files in the built
    folders that are unexpected or were changed by hand.
    """
    wanted: dict[str, bytes] = {}
    for lab in sources(course):
        wanted |= make(course.solutions(lab), lab)
    stale = sorted(name for name, data in wanted.items() if _read(course.root / name) != data)
    extra = sorted(set(_present(course.root)) - set(wanted))
    if check:
        return _compare(stale, extra)
    _refuse_foreign(course.root, stale, extra)
    for name in stale:
        _write(course.root / name, wanted[name])
        print(f"wrote {name}")
    for name in extra:
        (course.root / name).unlink()
        print(f"removed {name}, which has no source any more")
    if not stale and not extra:
        print("Everything is up to date.")
    return 0


def sources(course: Course) -> list[str]:
    """Return the names of all labs that have a story, in order."""
    folder = course.root / "solutions"
    names = sorted(p.parent.name for p in folder.glob("*/story.md"))
    for name in names:
        if not LAB_NAME.fullmatch(name):
            raise AuthorError(
                "A folder in solutions/ has no lab's name.",
                f"solutions/{name} is not of the form lab01_word.",
                "rename the folder: `lab`, two digits, an underscore and one lower-case word.",
            )
    return names


def _compare(stale: list[str], extra: list[str]) -> int:
    for name in stale:
        lab = Path(name).parts[1].removesuffix(".ipynb")
        print(f"{name} is not what solutions/{lab} gives.", file=sys.stderr)
    for name in extra:
        print(f"{name} is unexpected: no source gives it.", file=sys.stderr)
    if stale or extra:
        print("  Next: edit solutions/ only, then run `./lab build`.", file=sys.stderr)
        return 1
    print("notebooks/ and exercises/ are what solutions/ gives.")
    return 0


def _refuse_foreign(root: Path, stale: list[str], extra: list[str]) -> None:
    ours = _last_build(root)
    present = [name for name in stale if (root / name).exists()]
    if changed := [n for n in present if not ours.get(n)]:
        raise AuthorError(
            "A built file was changed by hand, so nothing was built.",
            "\n".join(f"{name} is not what the last build wrote." for name in changed),
            "move what you want to keep into solutions/, delete the file, and build again.",
        )
    if unknown := [name for name in extra if not ours.get(name)]:
        raise AuthorError(
            "An unexpected file is in a built folder, so nothing was built.",
            "\n".join(f"{name} was not written by a build." for name in unknown),
            "move it elsewhere (for a lab: to solutions/), or delete it, and build again.",
        )


def _last_build(root: Path) -> dict[str, bool]:
    """Map each file of the last build to whether it is still as that build wrote it."""
    state: dict[str, bool] = {}
    for path in (root / "notebooks").glob("lab*.ipynb"):
        notebook = _json(path)
        about = notebook.get("metadata", {}).get("beyond", {})
        state[f"notebooks/{path.name}"] = bool(about) and about.get("seal") == seal(notebook)
        for name, text in about.get("stubs", {}).items():
            file = f"exercises/{path.stem}/{name}"
            state[file] = _read(root / file) == str(text).encode()
    return state


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("metadata"), dict) else {}


def _present(root: Path) -> Iterator[str]:
    for top in BUILT:
        for folder, folders, files in os.walk(root / top):
            folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
            for file in files:
                if not file.startswith("."):
                    yield (Path(folder) / file).relative_to(root).as_posix()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
