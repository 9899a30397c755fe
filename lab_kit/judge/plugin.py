"""Teach pytest what a check is: collect `@check` functions, hand them the submission, and
turn what they raise into a verdict.

    nothing raised            passed
    Failed                    failed      the work does not keep the promise
    Blocked                   blocked     a check that this one needs did not pass
    anything else             not_judged  a component is missing, or it is our own bug
"""

from __future__ import annotations

import copy
import random
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from lab_kit.errors import AuthorError, Blocked, Failed, JudgeError, LabError, Unavailable
from lab_kit.judge.check import MARK, Check
from lab_kit.judge.report import BUILDS_ON, Result, Verdict, result
from lab_kit.judge.seeds import fresh_for
from lab_kit.judge.spec import CheckInfo, LabSpec
from lab_kit.judge.submission import Submission

TIRED_S = 2.0  # so long may calls have taken in one process: its limits are for one check
FOR_CALLS = 0.75  # of a check's deadline: the rest is for the check itself, and for ending


@dataclass
class Run:
    """Hold what one submission's run knows: its folder, its seed, the verdicts so far."""

    folder: Path
    seed: int
    verdicts: dict[str, str]
    tell: Callable[[dict[str, Any]], None]
    raised: list[BaseException] = field(default_factory=list)
    work: Submission = field(init=False)
    variant: dict[str, Any] | None = None


class Checks:
    """Be the plugin: one object a pytest session."""

    def __init__(self, lab: LabSpec, park: Callable[[Checks], None]) -> None:
        self.lab = lab
        self.park = park
        self.items: dict[str, pytest.Item] = {}
        self.infos: dict[str, CheckInfo] = {}
        self.broken: list[str] = []
        self.run: Run | None = None

    # -- collection --------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(
        self, collector: pytest.Module, name: str, obj: object
    ) -> list[pytest.Item]:
        mark = getattr(obj, MARK, None)
        if not isinstance(mark, Check) or mark.name != name:
            return []
        return [pytest.Function.from_parent(collector, name=name)]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(str(report.longrepr))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.items and not self.broken:
            self.broken.append(f"No check lies in {session.path}.")
        if not self.broken:
            self.arrange(session.items)
            self.park(self)
        return True

    def arrange(self, items: list[pytest.Item]) -> None:
        """Put the checks in the lab's order and refuse names that mislead."""
        rows = []
        for item in items:
            stem = item.path.stem.removeprefix("check_")
            number, file, core = self.lab.place(stem)
            rows.append((number, file, core, item))
        for _, file, core, item in sorted(rows, key=lambda row: row[:2]):
            info = describe(item, file, core)
            if info.name in self.items:
                said = f"{info.place} and {self.infos[info.name].place}"
                raise AuthorError(f"Two checks are called {info.name}.", said, "rename one.")
            unknown = [need for need in info.needs if need not in self.items]
            if unknown:
                raise AuthorError(
                    f"{info.name} needs {unknown[0]}, which is not an earlier check.",
                    f"It is said at {info.place}.",
                    "name a check that comes before it.",
                )
            self.items[info.name], self.infos[info.name] = item, info
            assert item.location  # found out once here, not in every fork

    # -- one submission ----------------------------------------------------------------

    def judge(self, run: Run, names: list[str]) -> None:
        """Run the named checks in order and tell each result as it comes."""
        self.run = run
        with Submission(run.folder, self.lab.name, self.lab.stubs) as run.work:
            self.judge_each(run, [self.items[name] for name in names])

    def judge_each(self, run: Run, chosen: list[pytest.Item]) -> None:
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            run.tell({"event": "check", "check": item.name})
            run.raised.clear()
            began = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            spent = (time.perf_counter() - began) * 1000
            row = self.verdict(item.name, run.raised, spent)
            run.verdicts[item.name] = row["verdict"]
            run.tell({"event": "result", "result": row})

    def verdict(self, name: str, raised: list[BaseException], ms: float) -> Result:
        """Turn what setup, call and teardown raised, in that order, into a result."""
        info = self.infos[name]
        if not raised:
            return result(info, "passed", None, ms)
        error = raised[0]
        if isinstance(error, LabError):
            return result(info, verdict_of(error), error, ms)
        return result(info, "not_judged", our_fault(error), ms)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        need, verdict = self.obstacle(item.name)
        if verdict == "not_judged":
            raise Unavailable(
                f"This builds on {need}, which could not be judged.",
                "",
                "see there; nothing is wrong with your work.",
            )
        if need:
            raise Blocked(f"{BUILDS_ON}{need}.", "", f"make {need} pass first.")

    def obstacle(self, name: str) -> tuple[str, str]:
        """Return the check that keeps this one from being judged, with its verdict, or ''."""
        assert self.run is not None
        for need in self.infos[name].needs:
            verdict = self.run.verdicts.get(need, "not_judged")
            if verdict == "blocked":
                return self.obstacle(need)
            if verdict != "passed":
                return need, verdict
        return "", ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """Keep what was raised; pytest's own report would render a traceback nobody reads."""
        if call.excinfo is not None and self.run is not None:
            self.run.raised.append(call.excinfo.value)
        outcome: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        when = cast(Literal["setup", "call", "teardown"], call.when)
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, when)

    @pytest.fixture
    def submission(self, request: pytest.FixtureRequest) -> Iterator[Submission]:
        """Give the student's work; the next check goes on with its process while all is well."""
        assert self.run is not None
        self.run.work.grant(FOR_CALLS * self.infos[request.node.name].deadline)
        yield self.run.work
        if self.run.raised or self.run.work.busy_s > TIRED_S:
            self.run.work.close()

    @pytest.fixture
    def fresh(self, request: pytest.FixtureRequest) -> random.Random:
        """Give the check's own random source: the same for the same seed and check."""
        assert self.run is not None
        return fresh_for(self.run.seed, request.node.name)

    @pytest.fixture
    def variant(self) -> dict[str, Any]:
        """Give the values of this student's variant as the judge knows them."""
        assert self.run is not None
        if self.run.variant is None:
            said = "Its story names no `variant` file, or that file holds no JSON."
            raise AuthorError(f"{self.lab.name} has no variant.", said, "mend the front matter.")
        return copy.deepcopy(self.run.variant)


def describe(item: pytest.Item, file: str, core: bool) -> CheckInfo:
    """Return what is known of a collected check."""
    mark: Check = getattr(item.obj, MARK)  # type: ignore[attr-defined]
    line = (item.reportinfo()[1] or 0) + 1
    return CheckInfo(
        mark.name,
        file,
        core,
        mark.promise,
        mark.points,
        mark.hints,
        mark.needs,
        mark.deadline,
        f"{item.path}:{line}",
    )


def verdict_of(error: LabError) -> Verdict:
    """Return the verdict that an error of ours stands for."""
    if isinstance(error, Failed):
        return "failed"
    return "blocked" if isinstance(error, Blocked) else "not_judged"


def our_fault(error: BaseException) -> JudgeError:
    """Return the message for a check that itself broke: it blames nobody."""
    if isinstance(error, pytest.skip.Exception):
        return JudgeError("This was not judged.", str(error), "")
    places = traceback.extract_tb(error.__traceback__)
    own = [p for p in places if "check_" in p.filename or "conftest" in p.filename]
    last = (own or places)[-1:]
    where = f" at {last[0].filename}:{last[0].lineno}" if last else ""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return JudgeError(
        "The check itself broke, so your work was not judged.",
        f"{said}{where}",
        "tell your instructor; nothing is wrong with your work.",
    )
