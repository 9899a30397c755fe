"""Judge submissions of one lab, again and again, with its checks kept warm.

with LabJudge(checks, lab=LabSpec("lab01_serverless", "Serverless")) as judge:
    report = judge.judge(folder)
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_kit.errors import JudgeError, LabError, UsageError
from lab_kit.judge import report as reports
from lab_kit.judge import variants
from lab_kit.judge.grading import Grading
from lab_kit.judge.names import meant, unknown
from lab_kit.judge.report import Report, Result
from lab_kit.judge.sealed import runtime_folder, sealed
from lab_kit.judge.seeds import practice_seed
from lab_kit.judge.spec import CheckInfo, LabSpec, select
from lab_kit.judge.warm import Warm

OnResult = Callable[[Result], None]
ASIDE = {"__pycache__", "wrong", "right"}


class LabJudge:
    """Give verdicts on submissions of one lab; safe to share between threads.

    The warm process starts on first use, is replaced when a check file changes, and leaves
    by itself after `idle_s` seconds without a request. `deadline_s` bounds one submission.
    """

    def __init__(
        self, checks: Path, *, lab: LabSpec, idle_s: float = 60.0, deadline_s: float = 900.0
    ) -> None:
        self.folder = checks.resolve()
        self.lab = lab
        self.idle_s = idle_s
        self.deadline_s = deadline_s
        self._warm: Warm | None = None
        self._seen: object = None
        self._version = ""
        self._verdicts: dict[str, str] = {}
        self._runtime: Path | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> LabJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the warm process and remove what this judge wrote; a later call starts anew."""
        with self._lock:
            warm, self._warm = self._warm, None
            runtime, self._runtime = self._runtime, None
        if warm:
            warm.close()
        if runtime:
            shutil.rmtree(runtime, ignore_errors=True)

    def list_checks(self) -> list[CheckInfo]:
        """Return the lab's checks in order."""
        return list(self._ready().checks)

    def hints(self, check: str) -> list[str]:
        """Return all hints of a check; UsageError when there is no such check."""
        return list(self.hinted(check).hints)

    def hinted(self, name: str, verdicts: Mapping[str, str] | None = None) -> CheckInfo:
        """Return the check that a wish for a hint means: the one of this name, or of an
        exercise the first that failed, by `verdicts` or, without them, by the last `judge`.
        """
        known = self._verdicts if verdicts is None else verdicts
        return meant(name, self.lab, self.list_checks(), known)

    def judge(
        self,
        folder: Path,
        *,
        only: str | Sequence[str] | None = None,
        seed: int | None = None,
        variant: Mapping[str, Any] | None = None,
        on_result: OnResult | None = None,
    ) -> Report:
        """Judge the files in `folder` and return the report.

        `only` names checks or exercises; what they need is judged too. `variant` holds the
        student's own values; without it those of this course. Raises UsageError for an unknown
        name or a missing folder; every other trouble is in the report.
        """
        chosen_seed = practice_seed() if seed is None else seed
        wanted = [only] if isinstance(only, str) else list(only or [])
        try:
            with sealed(folder, self._runtime_folder()) as (copy, scratch, digest):
                values = self._lay_variant(copy, variant)
                checks = self._chosen(self._ready().checks, wanted)
                grading = Grading(
                    copy, scratch, chosen_seed, checks, self.deadline_s, on_result, values
                )
                grading.run(self._ready)
                return self._report(grading, digest)
        except UsageError:
            raise
        except LabError as error:
            return self._failure(chosen_seed, error)

    # -- parts -------------------------------------------------------------------------

    def _lay_variant(self, copy: Path, own: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Put the judge's values where the work may read them; return them."""
        lab = self.lab.variant
        if lab is None:
            return None
        values = lab["values"] if own is None else own
        variants.put(copy, str(lab["file"]), values)
        return values

    def _chosen(self, checks: Sequence[CheckInfo], wanted: list[str]) -> list[CheckInfo]:
        for name in wanted:
            if not select(checks, [name]):
                raise unknown(name, self.lab, checks)
        return select(checks, wanted) if wanted else list(checks)

    def _ready(self) -> Warm:
        """Return a living warm process that has loaded the check files as they are now."""
        with self._lock:
            seen = fingerprint(self.folder)
            if self._warm and (seen != self._seen or not self._warm.alive):
                self._warm.close()
                self._warm = None
            if self._warm is None:
                self._version = version(self.folder)
                self._warm = Warm(self.folder, self.lab, self.idle_s)
                self._seen = seen
            return self._warm

    def _runtime_folder(self) -> Path:
        with self._lock:
            if self._runtime is None:
                self._runtime = runtime_folder()
            return self._runtime

    def _head(self, seed: int, digest: str, level: str, layers: dict[str, str]) -> Report:
        return Report(
            schema=reports.SCHEMA,
            lab=self.lab.name,
            title=self.lab.title,
            seed=seed,
            level=level,
            layers=layers,
            submission=digest,
            checks_version=self._version,
        )

    def _report(self, grading: Grading, digest: str) -> Report:
        report = self._head(grading.seed, digest, grading.level, grading.layers)
        report["results"] = grading.results
        self._verdicts |= grading.verdicts()
        report["points"] = reports.add_points(grading.results)
        return report

    def _failure(self, seed: int, error: LabError) -> Report:
        report = self._head(seed, "", "", {})
        report["error"] = reports.message(error)
        return report


def check_files(folder: Path) -> list[Path]:
    """Return the files on which a lab's verdicts depend."""
    if not folder.is_dir():
        raise JudgeError(
            "The checks of this lab are missing.",
            f"There is no folder {folder}.",
            "get them back with `git checkout` or ask your instructor.",
        )
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if not ASIDE & set(inside) and path.is_file():
            found.append(path)
    return found


def fingerprint(folder: Path) -> list[tuple[Any, ...]]:
    """Return what changes whenever a check file does, read from the folder alone."""
    files = ((path, path.stat()) for path in check_files(folder))
    return [(str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino) for path, stat in files]


def version(folder: Path) -> str:
    """Return the sha256 over the check files' names and contents."""
    digest = hashlib.sha256()
    for path in check_files(folder):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
