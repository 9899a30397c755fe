"""Judge a class: what is in the store already is kept, the rest goes to the workers.

with Store(path) as store, Grader(course, store) as grader:
    for step in grader.run(incomings):
        ...  # show progress
    grades = store.grades(grader.number)
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lab_kit.course import Course
from lab_kit.errors import AuthorError, UsageError
from lab_kit.grading.crew import Crew, Task
from lab_kit.grading.edition import fix
from lab_kit.grading.forms.places import quoted
from lab_kit.grading.isolation import demand, rank, too_weak
from lab_kit.grading.model import Incoming, Refused
from lab_kit.grading.place import environment
from lab_kit.grading.store import Key, Store, judged, secret_id
from lab_kit.judge.report import message
from lab_kit.judge.sealed import runtime_folder
from lab_kit.judge.seeds import graded_seed
from lab_kit.judge.variants import derive
from lab_kit.process import level

if TYPE_CHECKING:
    from lab_kit.grading.cluster import Cluster

DEADLINE_S = 900.0
LANES = 3  # for each core: one works, the others may be held by endless loops

Outcome = Literal["judged", "not_judged", "kept", "refused"]


@dataclass(frozen=True)
class Step:
    """Say what became of one submission."""

    student: str
    lab: str
    outcome: Outcome


class Grader:
    """Grade for one course into one store; `jobs` submissions are judged at once here, or as many
    as there is room for on the workers of `cluster`, a Dask scheduler's address.

    Raises Unavailable, before anything is judged, when this machine isolates less than
    `require` says. `secret` is that of a release with variants, and makes the seeds as well;
    without it the store's own makes them, and all have the course's variant. `number` is the
    run's number in the store; `counts` how often each outcome came.
    """

    def __init__(
        self,
        course: Course,
        store: Store,
        *,
        labs: Sequence[str] | None = None,
        jobs: int | None = None,
        checks: Path | None = None,
        require: str = "full",
        secret: bytes | None = None,
        deadline_s: float = DEADLINE_S,
        cluster: str | None = None,
    ) -> None:
        if jobs is not None and jobs < 1:
            raise UsageError(f"{jobs} jobs judge nothing.", "", "ask for at least 1 with --jobs.")
        self.store = store
        self.require = require
        self.asked, self.jobs = jobs, jobs or cores() * LANES
        self.deadline_s = deadline_s
        self.level = demand(require, level().name)
        self.environment = environment(self.level)
        self.cluster = cluster
        self.given = secret is not None
        self.secret = store.secret() if secret is None else secret
        self.secret_id = secret_id(self.secret)
        self.counts: Counter[Outcome] = Counter()
        self.number = 0
        self.folder = runtime_folder()
        try:
            editions = fix(course, labs or course.labs(), checks, self.folder)
        except BaseException:
            self.close()
            raise
        self.editions = {edition.lab.name: edition for edition in editions}

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the copy of the checks."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, handed_in: Iterable[Incoming | Refused]) -> Iterator[Step]:
        """Judge what is not judged yet and say so one by one; nothing is held in memory."""
        self.number = self.store.begin()
        self.counts.clear()
        source = iter(handed_in)
        more = True
        with self._crew() as crew:
            while more or crew.busy:
                if more and crew.free:
                    item = next(source, None)
                    more = item is not None
                    if item is not None and (step := self._take(item, crew)):
                        yield step
                eager = more and crew.free
                for task, report in crew.wait(0 if eager else None) if crew.busy else ():
                    yield self._accept(task.work, report)

    @property
    def exit_code(self) -> int:
        """Return 0 when all is judged, 3 when something is not."""
        return 3 if self.counts["not_judged"] or self.counts["refused"] else 0

    @property
    def hidden(self) -> dict[str, tuple[str, ...]]:
        """Return the names of each lab's hidden checks."""
        return {name: edition.hidden for name, edition in self.editions.items()}

    # -- parts -------------------------------------------------------------------------

    def _crew(self) -> Crew | Cluster:
        labs = {name: edition.encode() for name, edition in self.editions.items()}
        if self.cluster:
            from lab_kit.grading.cluster import Cluster

            return Cluster(
                self.cluster,
                labs,
                environment=self.environment,
                deadline_s=self.deadline_s,
                most=self.asked,
            )
        processes = min(cores(), self.jobs)
        return Crew(
            labs,
            processes=processes,
            lanes=-(-self.jobs // processes),
            deadline_s=self.deadline_s,
        )

    def _take(self, item: Incoming | Refused, crew: Crew | Cluster) -> Step | None:
        """Give an item to the workers, or settle it at once."""
        if isinstance(item, Incoming) and item.lab not in self.editions:
            item = unknown(item, self.editions)
        if isinstance(item, Refused):
            self.store.refuse(item, self.number)
            return self._step(item, "refused")
        found = self.store.find(self._key(item))
        if found is not None:
            self.store.keep(found, item, self.number)
            return self._step(item, "kept")
        # Not of the checks' version: with mended checks the same inputs come again. Of the work,
        # so that what feedback told of the inputs does not help the next try.
        seed = graded_seed(self.secret, item.student, f"{item.lab} {item.digest}")
        try:
            crew.give(Task(item, seed, self._variant(item)))
        except AuthorError as error:
            return self._accept(item, {"error": message(error)})
        return None

    def _variant(self, item: Incoming) -> dict[str, Any] | None:
        """Return the student's own values, which only a secret that was given can make, or else
        those of the course.
        """
        known = self.editions[item.lab].lab.variant
        if not self.given or known is None:
            return dict(known["values"]) if known else None
        return derive(self.editions[item.lab].folder, self.secret, item.student, item.lab)

    def _accept(self, work: Incoming, report: dict[str, Any]) -> Step:
        """Keep a report; one from weaker isolation than was asked for does not count."""
        held = str(report.get("level", ""))
        if "error" not in report and rank(held) < rank(self.require):
            report = {"error": message(too_weak(self.require, held))}
        edition = self.editions[work.lab]
        known = {"environment": self.environment, "lab_version": edition.lab_version}
        said = {**report, **known, "hidden": list(edition.hidden)}
        for row in said.get("results", []):
            row["hidden"] = row["check"] in edition.hidden
        code = quoted(said, work.lab, work.folder)
        self.store.add(self._key(work), said, work, self.number, code)
        return self._step(work, "judged" if judged(said) else "not_judged")

    def _step(self, item: Incoming | Refused, outcome: Outcome) -> Step:
        self.counts[outcome] += 1
        return Step(item.student, item.lab, outcome)

    def _key(self, work: Incoming) -> Key:
        checks = self.editions[work.lab].checks_version
        return Key(work.lab, work.student, work.digest, checks, self.environment, self.secret_id)


def unknown(work: Incoming, labs: Iterable[str]) -> Refused:
    """Return the refusal of work on a lab that is not graded."""
    return Refused(
        work.student,
        work.lab,
        work.source,
        "This is work on another lab.",
        f"It is said to be {work.lab}; graded are {', '.join(labs)}.",
        "name its lab with --lab, or leave it out.",
    )


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
