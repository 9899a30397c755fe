"""Read a lab's story: the MyST notebook that its author edits.

solutions/<lab>/story.md     front matter: minutes, prerequisites, exercises, given
                             title: the first level-one heading
                             `%%exercise FILE`: an empty cell; the build puts the stub there
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lab_kit.errors import AuthorError

EXERCISE = re.compile(r"%%exercise[ \t]+(?P<file>\S+)[^\n]*")
HEADING = re.compile(r"^#[ \t]+(?P<title>\S.*?)[ \t]*#*$", re.MULTILINE)
KEPT = ("tags", "jupyter", "slideshow", "editable", "deletable")  # of a cell's metadata
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """Hold one cell that students get; `exercise` is the file that a `%%exercise` cell writes."""

    kind: str
    source: str
    metadata: dict[str, Any]
    exercise: str | None = None


@dataclass(frozen=True)
class Story:
    """Hold a lab's title, front matter and cells; the instructor's own cells are `private`.

    `told` are lines of the solution that the story says on purpose; `variant` names the given
    file of which every student may have another, or is empty.
    """

    path: Path
    title: str
    minutes: int
    prerequisites: str
    exercises: list[dict[str, Any]]
    given: list[str]
    told: list[str]
    variant: str
    cells: list[Cell] = field(repr=False)
    private: list[str] = field(repr=False)


def read_story(path: Path) -> Story:
    """Read and check a story. Raises AuthorError with file and line for what is wrong in it."""
    import jupytext  # slow to import, and only the build needs it

    try:
        text = path.read_text(encoding="utf-8")
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # YAML, encoding and MyST errors are of many kinds
        raise AuthorError(
            "A story could not be read.",
            f"{path}: {' '.join(str(error).split())}",
            "mend the story's front matter or fences there.",
        ) from None
    cells, private = [], []
    for raw in notebook.cells:
        metadata = {k: v for k, v in dict(raw.metadata).items() if k in KEPT}
        if "instructor" in metadata.get("tags", []):
            private.append(str(raw.source))
        else:
            cells.append(_cell(path, text, raw.cell_type, raw.source, metadata))
    front = _Front(path, text, dict(notebook.metadata))
    return Story(
        path,
        _title(path, cells),
        front.minutes(),
        front.prerequisites(),
        front.exercises(),
        front.given(),
        front.told(),
        front.variant(),
        cells,
        private,
    )


def _cell(path: Path, text: str, kind: str, source: str, metadata: dict[str, Any]) -> Cell:
    if kind != "code" or not source.startswith("%%exercise"):
        return Cell(kind, source, metadata)
    head, _, body = source.partition("\n")
    line = line_of(text, head)
    match = EXERCISE.fullmatch(head)
    if match is None:
        raise AuthorError(
            "A `%%exercise` cell names no file.",
            f"{path}:{line}",
            "write `%%exercise FILE`, with the name of a file beside the story.",
        )
    if body.strip():
        raise AuthorError(
            "A `%%exercise` cell in a story holds code.",
            f"{path}:{line}: the code of {match['file']} would stand in two places.",
            f"leave the cell empty under its first line; the build puts {match['file']} there.",
        )
    return Cell(kind, head, metadata, match["file"])


def _title(path: Path, cells: list[Cell]) -> str:
    for cell in cells:
        if cell.kind == "markdown" and (found := HEADING.search(FENCED.sub("", cell.source))):
            return found["title"]
    raise AuthorError(
        "A story has no title.",
        f"{path} holds no level-one heading.",
        "begin the story's text with a line like `# Serverless: pay for what you run`.",
    )


def line_of(text: str, wanted: str) -> int:
    """Return the number of the first line that reads `wanted`, or 1."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() == wanted.strip():
            return number
    return 1


class _Front:
    """Read one front matter, each wrong entry told with the line it stands on."""

    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        self.path, self.text, self.data = path, text, data

    def minutes(self) -> int:
        return self._whole("minutes", self.data.get("minutes"))

    def prerequisites(self) -> str:
        value = self.data.get("prerequisites", "")
        return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)

    def exercises(self) -> list[dict[str, Any]]:
        entries = self.data.get("exercises")
        if not isinstance(entries, list) or not entries:
            raise self._wrong("exercises", "it lists no exercises")
        result: list[dict[str, Any]] = []
        for entry in entries:
            if not isinstance(entry, dict) or not {"file", "minutes"} <= set(entry):
                raise self._wrong("exercises", f"{entry!r} has no `file` and `minutes`")
            if unknown := set(entry) - {"file", "minutes", "core"}:
                raise self._wrong("exercises", f"{min(unknown)!r} is not a key of an exercise")
            core = entry.get("core", True)
            if not isinstance(core, bool):
                raise self._wrong("exercises", f"core is {core!r}, and not true or false")
            file = self._inside("exercises", entry["file"])
            minutes = self._whole("minutes", entry["minutes"])
            result.append({"file": file, "minutes": minutes, "core": core})
        return result

    def given(self) -> list[str]:
        value = self.data.get("given", [])
        if not isinstance(value, list):
            raise self._wrong("given", "it is no list of files")
        return [self._inside("given", name) for name in value]

    def told(self) -> list[str]:
        value = self.data.get("told", [])
        if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
            raise self._wrong("told", "it is no list of lines")
        return value

    def variant(self) -> str:
        value = self.data.get("variant", "")
        if value and value not in self.given():
            raise self._wrong("variant", f"{value!r} is not one of the given files")
        return str(value)

    def _whole(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self._wrong(key, f"minutes is {value!r}, and not a whole number above 0")
        return value

    def _inside(self, key: str, name: object) -> str:
        path = PurePosixPath(str(name))
        if path.is_absolute() or not path.parts or any(p.startswith(".") for p in path.parts):
            raise self._wrong(key, f"{str(name)!r} is no file beside the story")
        return path.as_posix()

    def _wrong(self, key: str, why: str) -> AuthorError:
        line = next(
            (n for n, t in enumerate(self.text.split("\n"), 1) if t.startswith(f"{key}:")),
            1,
        )
        return AuthorError(
            "A story's front matter is wrong.",
            f"{self.path}:{line}: {why}.",
            f"mend `{key}` there.",
        )
