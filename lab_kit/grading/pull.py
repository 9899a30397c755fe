"""Pull what students have pushed: each repository of the roster into a bare one of our own.

    FOLDER/ada, ...       the last commit of each as a bare repository, and nothing else of it
    FOLDER/times.csv      when we first saw that commit: id, submitted, commit

A commit's own date is whatever its author says, so lateness goes by our clock: pull often, and
give as much grace as lies between two pulls. git asks for objects only, checks each of them, runs
no hook and checks nothing out; the grader then reads them in the sandbox.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab_kit.errors import Unavailable, UsageError
from lab_kit.grading.forms.text import one_line
from lab_kit.grading.intake.roster import HEADINGS, rows
from lab_kit.process import start_trusted

REPOSITORY = {"repository": ("repository", "repo", "url", "clone url")}
TIMES = "times.csv"
COLUMNS = ("id", "submitted", "commit")
AT_ONCE = 8
PATIENCE_S = 120.0
MOST_BLOCKS = 512 * 1024  # of 512 bytes: one file of what is fetched
SETTINGS = (
    "core.hooksPath=/dev/null", "transfer.fsckObjects=true", "fetch.recurseSubmodules=false",
    "gc.auto=0", "protocol.ext.allow=never",
)  # fmt: skip
PLAIN = re.compile(r"\w[\w.@+-]{0,99}")  # an id that can be the name of a folder
LIMITED = 'ulimit -f "$0" && exec "$@"'


@dataclass(frozen=True)
class Pulled:
    """Say what became of one student's repository; `why` is empty when it was pulled."""

    student: str
    commit: str
    new: bool
    why: str = ""


def pull(roster: Path, folder: Path, *, patience_s: float = PATIENCE_S) -> Iterator[Pulled]:
    """Pull every repository of the roster and note when each new commit was first seen.

    What cannot be pulled stays as it was. Raises UsageError for a roster that names none.
    """
    wanted = dict(repositories(roster))
    folder.mkdir(parents=True, exist_ok=True)
    seen = read(folder / TIMES)

    def one(student: str) -> Pulled:
        return fetch(student, wanted[student], folder / student, patience_s)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for pulled in pool.map(one, wanted):
            if pulled.new:
                seen[pulled.student] = (datetime.now(UTC).isoformat(timespec="seconds"),
                                        pulled.commit)  # fmt: skip
                write(folder / TIMES, seen)
            yield pulled


def repositories(roster: Path) -> Iterator[tuple[str, str]]:
    """Give each student's id and address."""
    found: set[str] = set()
    for line, row in rows(roster, {**HEADINGS, **REPOSITORY}):
        student = row.get("id") or row.get("email") or ""
        address = row.get("repository", "")
        if not address:
            continue
        if not PLAIN.fullmatch(student) or student.casefold() in found or address.startswith("-"):
            raise UsageError(
                f"{roster}, line {line}: the repository of {student!a} cannot be pulled.",
                "An id is letters, digits and . @ + -, and stands once; an address has no dash "
                "in front.",
                "mend the line, then pull again.",
            )
        found.add(student.casefold())
        yield student, address
    if not found:
        raise UsageError(
            f"{roster} names no repository.",
            "The columns `id` and `repository` say whose lies where.",
            "add a column `repository` with an address for each student.",
        )


def fetch(student: str, address: str, store: Path, patience_s: float) -> Pulled:
    """Bring one repository up to date."""
    try:
        if not store.is_dir():
            git(["init", "--bare", "--quiet", "--initial-branch=main", "--template=", store], 30)
        before = head(store)
        words = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--force"]
        git([*words, "--", address, "HEAD:refs/heads/main"], patience_s, store)
        commit = head(store)
        return Pulled(student, commit, commit != before)
    except Unavailable as trouble:
        return Pulled(student, "", False, one_line(trouble.why or trouble.what, 300))


def head(store: Path) -> str:
    """Return the commit that is there, '' when there is none."""
    return git(["for-each-ref", "--format=%(objectname)", "refs/heads/main"], 30, store).strip()


def git(words: Sequence[str | Path], patience_s: float, store: Path | None = None) -> str:
    """Run git with nothing that a repository could steer; raise Unavailable with its last words."""
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    place: list[str | Path] = [] if store is None else ["--git-dir", store]
    argv = ["sh", "-c", LIMITED, str(MOST_BLOCKS), "git", *settings, *place, *words]
    with start_trusted(argv, env=environment(os.environ)) as program:
        try:
            code = program.wait(patience_s).code
        except Unavailable:
            program.kill()
            raise Unavailable("git took too long.", f"No end within {patience_s:g} s.") from None
        said = program.output()
    if code != 0:
        lines = said.strip().splitlines() or ["It said nothing."]
        raise Unavailable(
            "git failed.", next((n for n in lines if n.startswith("fatal:")), lines[-1])
        )
    return said


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for git: who we are stays, what points elsewhere goes."""
    kept = {name: value for name, value in given.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
            "LC_ALL": "C"}  # fmt: skip


def read(place: Path) -> dict[str, tuple[str, str]]:
    """Return what was noted before: student -> (time, commit)."""
    if not place.exists():
        return {}
    with place.open(encoding="utf-8", newline="") as file:
        return {row["id"]: (row["submitted"], row["commit"]) for row in csv.DictReader(file)}


def write(place: Path, seen: Mapping[str, tuple[str, str]]) -> None:
    """Note the times anew, all or none."""
    draft = place.with_suffix(".new")
    with draft.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows((student, *noted) for student, noted in sorted(seen.items()))
    draft.replace(place)
