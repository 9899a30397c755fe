"""Write a run's grades in the forms that were asked for on the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lab_kit.errors import JudgeError, UsageError
from lab_kit.grading.model import Grade, Incoming, Refused

FORMS = ("json", "junit", "csv", "gradescope", "html")
Hidden = Mapping[str, tuple[str, ...]]
Work = Iterable[Incoming | Refused]


class Desk:
    """Know which forms are asked for; what could not be written at the end is refused at once."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.targets = {name: getattr(args, name) for name in FORMS if getattr(args, name)}
        self.github = bool(args.github)
        for name, target in self.targets.items():
            examine(name, target)

    @property
    def quiet(self) -> bool:
        """Tell whether stdout belongs to a form."""
        return self.github or "-" in self.targets.values()

    def write(self, grades: Callable[[], Iterable[Grade]], work: Work, hidden: Hidden) -> None:
        """Write every form; `grades` gives the same grades whenever it is called."""
        for name, target in self.targets.items():
            if name == "html":
                write_pages(grades(), target, work)
            else:
                write_form(name, grades(), target, hidden)
        if self.github:
            write_github(grades(), hidden)


def write_form(name: str, grades: Iterable[Grade], target: str, hidden: Hidden) -> None:
    """Write one form to a file, or to stdout for '-'."""
    from lab_kit.grading import listing
    from lab_kit.grading.forms import csv_form, gradescope, junit
    from lab_kit.grading.forms.target import opened

    place = sys.stdout if target == "-" else Path(target)
    if name == "json":
        with opened(place) as stream:
            listing.write(grades, stream)
    elif name == "csv":
        csv_form.write(grades, place)
    elif name == "junit":
        junit.write(grades, place, hidden=hidden)
    else:
        gradescope.write(grades, place, hidden=hidden)


def write_pages(grades: Iterable[Grade], target: str, work: Work) -> None:
    """Write the gradebook: a page for a name that ends in .html, else a folder with a page for
    each student as well.
    """
    from lab_kit.grading.forms import html
    from lab_kit.grading.forms.places import code_in

    if target == "-" or target.endswith(".html"):
        html.write(grades, sys.stdout if target == "-" else Path(target))
        return
    folders = {(w.student, w.lab): w.folder for w in work if isinstance(w, Incoming)}

    def code(grade: Grade) -> Callable[[str], str | None] | None:
        folder = folders.get((grade.student, grade.lab))
        return code_in(folder) if folder else None

    html.write_site(grades, Path(target), code=code)


def write_github(grades: Iterable[Grade], hidden: Hidden) -> None:
    """Write annotations to stdout, and the job's summary where GitHub says."""
    from lab_kit.grading.forms import github

    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        github.write(grades, sys.stdout, hidden=hidden)
        return
    try:
        with open(place, "a", encoding="utf-8") as page:
            github.write(grades, sys.stdout, page, hidden=hidden)
    except OSError as error:
        raise JudgeError(
            f"The job's summary could not be written to {place}.",
            str(error),
            "unset GITHUB_STEP_SUMMARY, or let it name a file that is yours.",
        ) from error


def examine(name: str, target: str) -> None:
    """Raise UsageError for a form that could not be written there."""
    if target == "-":
        return
    path = Path(target)
    pages = name == "html" and not target.endswith(".html")
    there = path if path.exists() else path.parent
    if (path.exists() and path.is_dir() != pages) or not os.access(there, os.W_OK):
        kind = "a folder" if pages else "a file"
        raise UsageError(
            f"--{name} cannot be written to {target}.",
            f"It wants {kind}, in a place that exists and where you may write.",
            f"name {kind}, or '-' for the terminal.",
        )
