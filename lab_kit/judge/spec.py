"""Describe a lab and its checks to whoever asks for a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from lab_kit.errors import AuthorError


class ExerciseLike(Protocol):
    """Have a file, belong to the core or not, and know the sha256 of the file's stub."""

    @property
    def file(self) -> str: ...
    @property
    def core(self) -> bool: ...
    @property
    def stub(self) -> str: ...


class LabLike(Protocol):
    """Have a name, a title, exercises and perhaps a variant, as `lab_kit.course.LabInfo` does."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def exercises(self) -> Iterable[ExerciseLike]: ...
    @property
    def variant(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class LabSpec:
    """Name a lab and its exercises in order; each is `{"file": str, "core": bool, "stub": str}`.

    A check file belongs to the exercise of the same stem, after which more words may follow;
    check_price_rs.py is that of price.rs where there is a price.c as well.
    Without exercises every check file makes one of its own. `variant` is
    `{"file": str, "values": {...}}`: the given file of which every student may have another, and
    what stands in the one of this course.
    """

    name: str
    title: str
    exercises: Sequence[Mapping[str, Any]] = field(default=())
    variant: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, lab: LabLike) -> LabSpec:
        rows = tuple({"file": e.file, "core": e.core, "stub": e.stub} for e in lab.exercises)
        return cls(lab.name, lab.title, rows, lab.variant)

    @property
    def stubs(self) -> dict[str, str]:
        """Return the sha256 of each exercise's file as it is handed out, where it is known."""
        return {str(e["file"]): str(e["stub"]) for e in self.exercises if e.get("stub")}

    def place(self, stem: str) -> tuple[int, str, bool]:
        """Return the number, the file and the coreness of the exercise to which a check file
        belongs: that of its stem, or of the longest one in front of an underscore.
        """
        files = [str(exercise["file"]) for exercise in self.exercises]
        named = [(word, n) for n, file in enumerate(files) for word in words_of(file)]
        for word, number in sorted(named, key=lambda row: -len(row[0])):
            if f"{stem}_".startswith(f"{word}_"):
                return number, files[number], bool(self.exercises[number].get("core", True))
        if files:
            raise AuthorError(
                f"check_{stem}.py belongs to no exercise of {self.name}.",
                f"The exercises are {', '.join(files)}.",
                "call it check_X.py or check_X_more.py, X being an exercise without its ending.",
            )
        return 0, f"{stem}.py", True

    def encode(self) -> dict[str, Any]:
        rows = [dict(e) for e in self.exercises]
        variant = dict(self.variant) if self.variant else None
        return {"name": self.name, "title": self.title, "exercises": rows, "variant": variant}


@dataclass(frozen=True)
class CheckInfo:
    """Describe one check; `exercise` is the file that it judges, `place` is file:line."""

    name: str
    exercise: str
    core: bool
    promise: str
    points: float
    hints: tuple[str, ...]
    needs: tuple[str, ...]
    deadline: float
    place: str

    @classmethod
    def decode(cls, data: Mapping[str, Any]) -> CheckInfo:
        lists = {"hints": tuple(data["hints"]), "needs": tuple(data["needs"])}
        return cls(**{**data, **lists})

    def encode(self) -> dict[str, Any]:
        return asdict(self)


def stem_of(file: str) -> str:
    """Return the stem of an exercise's main file: `app/Dockerfile.prod` has `Dockerfile`."""
    return file.rstrip("/").split("/")[-1].split(".")[0]


def words_of(file: str) -> tuple[str, str]:
    """Return what check files of an exercise may be called after: `price`, and `price_rs`."""
    name = file.rstrip("/").split("/")[-1]
    return stem_of(file), name.replace(".", "_")


def select(checks: Sequence[CheckInfo], only: Sequence[str]) -> list[CheckInfo]:
    """Return the checks that `only` names, by check or by exercise, and those they need."""
    wanted = {c.name for c in checks if {c.name, c.exercise, stem_of(c.exercise)} & set(only)}
    for one in reversed(checks):
        if one.name in wanted:
            wanted.update(one.needs)
    return [c for c in checks if c.name in wanted]
