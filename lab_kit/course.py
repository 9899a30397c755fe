"""Find the course and what it holds, from its folders alone: there is no second catalogue.

A lab's title is its notebook's H1; minutes, points and the order of exercises are the
story's front matter, which the build carries into the notebook's metadata.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lab_kit.errors import UsageError

MARKER = "course.toml"
LAB_NAME = re.compile(r"lab\d{2}_[a-z]+")


@dataclass(frozen=True)
class Exercise:
    """Name one exercise: its main file, its minutes, whether it belongs to the core, and the
    sha256 of the file as it is handed out.
    """

    file: str
    minutes: int = 0
    core: bool = True
    stub: str = ""


def digest(text: object) -> str:
    """Return the sha256 of a stub's text, '' when there is none."""
    return hashlib.sha256(text.encode()).hexdigest() if isinstance(text, str) else ""


def variant_of(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the file of which every student may have another, and the values in this one."""
    try:
        file = data["variant"]
        return {"file": str(file), "values": json.loads(data["stubs"][file])}
    except (KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True)
class LabInfo:
    """Describe a lab as its built notebook does; `version` changes whenever the build does."""

    name: str
    title: str
    minutes: int = 0
    prerequisites: str = ""
    exercises: tuple[Exercise, ...] = field(default=())
    version: str = ""
    variant: dict[str, Any] | None = None

    @classmethod
    def from_metadata(cls, name: str, data: dict[str, object]) -> LabInfo:
        raw = data.get("exercises")
        stubs = data.get("stubs")
        exercises = tuple(
            Exercise(
                str(e["file"]), int(e.get("minutes", 0)), bool(e.get("core", True)),
                digest(stubs.get(e["file"]) if isinstance(stubs, dict) else None),
            )
            for e in (raw if isinstance(raw, list) else [])
        )  # fmt: skip
        minutes = data.get("minutes")
        return cls(
            name,
            str(data.get("title", name)),
            minutes if isinstance(minutes, int) else 0,
            str(data.get("prerequisites", "")),
            exercises,
            str(data.get("seal", "")),
            variant_of(data),
        )


@dataclass(frozen=True)
class Course:
    """Point at the folders of one course checkout."""

    root: Path

    @classmethod
    def find(cls, *starts: Path) -> Course:
        """Return the course of `BEYOND_ROOT`, else of the nearest ancestor of `starts` or of the
        working directory that holds the marker file.

        Raises UsageError that names both ways when there is none.
        """
        forced = os.environ.get("BEYOND_ROOT")
        if forced:
            if (Path(forced) / MARKER).is_file():
                return cls(Path(forced).resolve())
            raise UsageError(
                "No course was found at BEYOND_ROOT.",
                f"BEYOND_ROOT is {forced}, which holds no {MARKER}.",
                "point BEYOND_ROOT at the folder of your clone, or unset it.",
            )
        for start in (*starts, Path.cwd()):
            for folder in (start.resolve(), *start.resolve().parents):
                if (folder / MARKER).is_file():
                    return cls(folder)
        looked = ", ".join(str(s) for s in (*starts, Path.cwd()))
        raise UsageError(
            "No course was found.",
            f"Neither {looked} nor a folder above holds {MARKER}, and BEYOND_ROOT is not set.",
            "open the notebook inside your clone, or set BEYOND_ROOT to the clone's folder.",
        )

    @cached_property
    def settings(self) -> dict[str, object]:
        return tomllib.loads((self.root / MARKER).read_text(encoding="utf-8"))

    @property
    def work(self) -> Path:
        """Return the folder for what the course writes at run time; never committed."""
        return self.root / ".beyond"

    def labs(self) -> list[str]:
        """Return the names of all labs, in order."""
        found = (p.stem for p in (self.root / "notebooks").glob("lab*.ipynb"))
        return sorted(name for name in found if LAB_NAME.fullmatch(name))

    def resolve(self, text: str) -> str:
        """Return the lab that `text` names: `lab01_serverless`, `serverless`, `01` or `1`."""
        wanted = text.strip().rstrip("/").removeprefix("exercises/").removeprefix("notebooks/")
        wanted = wanted.removesuffix(".ipynb")
        for name in self.labs():
            number, _, word = name.removeprefix("lab").partition("_")
            if wanted in (name, word, number, f"lab{number}", str(int(number))):
                return name
        labs = ", ".join(self.labs()) or "none is built"
        raise UsageError(
            f"There is no lab called {text!r}.",
            f"The labs are: {labs}.",
            "run `./lab list` and use a name or a number from it.",
        )

    def info(self, lab: str) -> LabInfo:
        """Read a lab's title, minutes and exercises from its built notebook."""
        data = json.loads((self.root / "notebooks" / f"{lab}.ipynb").read_text(encoding="utf-8"))
        return LabInfo.from_metadata(lab, data.get("metadata", {}).get("beyond", {}))

    def demand_sources(self, verb: str) -> None:
        """Raise UsageError where this is a copy for students, which holds nothing to build from."""
        if not (self.root / "solutions").is_dir():
            raise UsageError(
                f"`./lab {verb}` is for authors, and this is a copy for students.",
                f"{self.root} holds no solutions/.",
                "run it in the course's own repository; `./lab --help` shows what works here.",
            )

    def exercises(self, lab: str) -> Path:
        return self.root / "exercises" / lab

    def solutions(self, lab: str) -> Path:
        return self.root / "solutions" / lab

    def checks(self, lab: str) -> Path:
        return self.root / "tests" / "labs" / lab
