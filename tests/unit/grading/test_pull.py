"""Pull what students have pushed, with git itself and hostile repositories."""

from __future__ import annotations

import csv
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_kit.errors import UsageError
from lab_kit.grading.pull import pull


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def push(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that commits a file in a student's repository."""

    def act(student: str, text: str = "x = 1\n", date: str = "2001-01-01T00:00:00Z") -> Path:
        place = tmp_path / "hub" / student
        if not place.exists():
            place.mkdir(parents=True)
            git(place, "init", "-q", "-b", "work")
        (place / "handler.py").write_text(text)
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", "work", "--date", date)
        return place

    return act


@pytest.fixture
def roster(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes a roster of ids and addresses."""

    def write(**addresses: object) -> Path:
        place = tmp_path / "roster.csv"
        lines = [f"{student},{address}" for student, address in addresses.items()]
        place.write_text("\n".join(["id,repository", *lines]))
        return place

    return write


def times(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "times.csv").open() as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_every_repository_is_pulled_bare_and_dated_by_our_clock(
    push: Callable[..., Path], roster: Callable[..., Path], tmp_path: Path
) -> None:
    hub = {name: push(name) for name in ("ada", "bo")}
    folder = tmp_path / "pulled"
    told = list(pull(roster(**hub), folder))
    assert [(one.student, one.new, one.why) for one in told] == [
        ("ada", True, ""),
        ("bo", True, ""),
    ]
    assert git(folder / "ada", "show", "main:handler.py") == "x = 1"
    assert not (folder / "ada" / "handler.py").exists()
    assert times(folder)["ada"]["commit"] == git(hub["ada"], "rev-parse", "HEAD")
    assert times(folder)["ada"]["submitted"] > "2026"


def test_time_of_a_commit_that_was_seen_before_stays(
    push: Callable[..., Path], roster: Callable[..., Path], tmp_path: Path
) -> None:
    hub = {name: push(name) for name in ("ada", "bo")}
    folder = tmp_path / "pulled"
    list(pull(roster(**hub), folder))
    seen = (folder / "times.csv").read_text().replace("20", "19", 1)
    (folder / "times.csv").write_text(seen)
    before = times(folder)
    push("bo", "x = 2\n")
    told = list(pull(roster(**hub), folder))
    assert [one.new for one in told] == [False, True]
    assert times(folder)["ada"] == before["ada"]
    assert times(folder)["bo"] != before["bo"]
    assert git(folder / "bo", "show", "main:handler.py") == "x = 2"
    assert git(folder / "bo", "rev-list", "--count", "main") == "1"


def test_history_that_was_rewritten_is_followed(
    push: Callable[..., Path], roster: Callable[..., Path], tmp_path: Path
) -> None:
    place, folder = push("ada"), tmp_path / "pulled"
    list(pull(roster(ada=place), folder))
    git(place, "commit", "-q", "--amend", "-m", "other", "--date", "2002-02-02T00:00:00Z")
    assert [one.new for one in pull(roster(ada=place), folder)] == [True]


def test_one_that_is_gone_stops_nobody_and_keeps_what_was_there(
    push: Callable[..., Path], roster: Callable[..., Path], tmp_path: Path
) -> None:
    hub, folder = {name: push(name) for name in ("ada", "bo")}, tmp_path / "pulled"
    list(pull(roster(**hub), folder))
    told = list(pull(roster(ada=tmp_path / "nowhere", bo=hub["bo"]), folder))
    assert "nowhere" in told[0].why and not told[1].why
    assert git(folder / "ada", "show", "main:handler.py") == "x = 1"
    assert set(times(folder)) == {"ada", "bo"}


def test_no_hook_runs_and_nothing_is_checked_out(
    push: Callable[..., Path], roster: Callable[..., Path], tmp_path: Path
) -> None:
    place, ran = push("ada"), tmp_path / "ran"
    (place / ".gitattributes").write_text("* filter=evil\n")
    push("ada", "x = 3\n")
    git(place, "config", "filter.evil.smudge", f"touch {ran}")
    git(place, "config", "core.fsmonitor", f"touch {ran}")
    git(place, "config", "uploadpack.packObjectsHook", f"touch {ran}; cat")
    for name in ("post-checkout", "reference-transaction", "post-update"):
        (place / ".git" / "hooks" / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (place / ".git" / "hooks" / name).chmod(0o755)
    assert [one.why for one in pull(roster(ada=place), tmp_path / "pulled")] == [""]
    assert not ran.exists()
    assert not list((tmp_path / "pulled" / "ada").rglob("hooks/*"))


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the address of a server that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(server.accept()[0]), daemon=True)
        thread.start()
        yield f"git://127.0.0.1:{server.getsockname()[1]}/ada"
        thread.join(5)
        for one in held:
            one.close()


def test_server_that_says_nothing_is_given_up(
    silent: str, roster: Callable[..., Path], tmp_path: Path
) -> None:
    told = list(pull(roster(ada=silent), tmp_path / "pulled", patience_s=1.0))
    assert told[0].why == "No end within 1 s."


def test_a_program_is_no_address(roster: Callable[..., Path], tmp_path: Path) -> None:
    told = list(pull(roster(ada=f"ext::touch {tmp_path}/ran"), tmp_path / "pulled"))
    assert "transport 'ext' not allowed" in told[0].why
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("../ada,/x", "cannot be pulled"),
        ("ada,--upload-pack=x", "cannot be pulled"),
        ("ada,/x\nADA,/y", "line 3"),
        ("ada,", "names no repository"),
    ],
)
def test_roster_that_would_mislead_is_refused(rows: str, said: str, tmp_path: Path) -> None:
    place = tmp_path / "roster.csv"
    place.write_text(f"id,repository\n{rows}\n")
    with pytest.raises(UsageError, match=said):
        list(pull(place, tmp_path / "pulled"))
    assert not (tmp_path / "pulled").exists()
