"""Write grades in the forms that were asked for on the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lab_kit.errors import JudgeError, UsageError
from lab_kit.grading import late
from lab_kit.grading.arguments import FORMS
from lab_kit.grading.model import Grade
from lab_kit.grading.store import Change

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDERS = ("feedback",)
MAYBE_FOLDERS = ("html",)


class Desk:
    """Know which forms are asked for; what could not be written at the end is refused at once."""

    def __init__(self, args: argparse.Namespace) -> None:
        wanted = {form: getattr(args, form) for form in (*FORMS, "signed")}
        self.targets: dict[str, str] = {form: target for form, target in wanted.items() if target}
        self.github = bool(args.github)
        self.style = args.format
        self.policies = late.read(Path(args.late)) if args.late else late.Policies()
        self.people = people(args.roster)
        self.key = signing_key(args.sign, bool(args.signed))
        for form, target in self.targets.items():
            examine(form, target)

    @property
    def quiet(self) -> bool:
        """Tell whether stdout belongs to a form."""
        return self.github or "-" in self.targets.values()

    def foresee(self, students: Collection[str]) -> None:
        """Refuse now what could not be written of this class at the end."""
        if "gradescope" in self.targets and len(students) != 1:
            from lab_kit.grading.forms.gradescope import of_several

            raise of_several(len(students))

    def write(
        self,
        grades: Callable[[], Iterable[Grade]],
        changes: Callable[[], Iterable[Change]],
    ) -> None:
        """Write every form; each callable gives the same whenever it is called."""
        for form, target in self.targets.items():
            if form == "changes":
                from lab_kit.grading import changed

                changed.write(changes(), place(target))
            elif form in FOLDERS + MAYBE_FOLDERS:
                self.write_pages(form, grades(), target)
            else:
                self.write_form(form, grades(), target)
        if self.github:
            write_github(grades())

    def write_form(self, form: str, grades: Iterable[Grade], target: str) -> None:
        """Write one form to a file, or to stdout for '-'."""
        from lab_kit.grading import ledger, listing
        from lab_kit.grading.forms import csv_form, ctrf, gitlab, gradescope, junit

        to = place(target)
        if form == "csv":
            csv_form.write(grades, to, style=self.style, people=self.people, policies=self.policies)
        elif form == "gradescope":
            gradescope.write(grades, to, policies=self.policies)
        elif form == "signed":
            assert self.key is not None
            ledger.write(grades, to, self.key)
        else:
            plain = {"json": listing, "junit": junit, "ctrf": ctrf, "gitlab": gitlab}
            plain[form].write(grades, to)

    def write_pages(self, form: str, grades: Iterable[Grade], target: str) -> None:
        """Write the instructor's gradebook, a page for a name that ends in .html and else a
        folder, or the pages to hand back.
        """
        from lab_kit.grading.forms import html
        from lab_kit.grading.forms.places import code_of

        rule = self.policies
        if form == "feedback":
            html.write_feedback(grades, Path(target), policies=rule, code=code_of)
        elif target == "-" or target.endswith(".html"):
            html.write(grades, place(target), policies=rule, people=self.people)
        else:
            site = Path(target)
            html.write_site(grades, site, policies=rule, people=self.people, code=code_of)


def place(target: str) -> Path | TextIO:
    """Return where a form goes."""
    return sys.stdout if target == "-" else Path(target)


def people(roster: str | None) -> dict[str, dict[str, str]]:
    """Return what the roster knows of each student."""
    if not roster:
        return {}
    from lab_kit.grading.intake.roster import known_people

    return known_people(Path(roster))


def signing_key(place: str | None, wanted: bool) -> Ed25519PrivateKey | None:
    """Read the key for signed results; UsageError when one is named without the other."""
    if bool(place) != wanted:
        raise UsageError(
            "Signed results need a key and a file.",
            "--sign names the private key, --signed the file.",
            "name both; `./lab keygen course.key` makes a key.",
        )
    if not place:
        return None
    from lab_kit.grading.signing import private_key

    return private_key(Path(place))


def write_github(grades: Iterable[Grade]) -> None:
    """Write annotations to stdout, and the job's summary where GitHub says."""
    from lab_kit.grading.forms import github

    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        github.write(grades, sys.stdout)
        return
    try:
        with open(page, "a", encoding="utf-8") as summary:
            github.write(grades, sys.stdout, summary)
    except OSError as error:
        raise JudgeError(
            f"The job's summary could not be written to {page}.",
            str(error),
            "unset GITHUB_STEP_SUMMARY, or let it name a file that is yours.",
        ) from error


def examine(form: str, target: str) -> None:
    """Raise UsageError for a form that could not be written there."""
    folder = form in FOLDERS or (form in MAYBE_FOLDERS and not target.endswith(".html"))
    if target == "-" and form not in FOLDERS:
        return
    path = Path(target)
    there = path if path.exists() else path.parent
    if (path.exists() and path.is_dir() != folder) or not os.access(there, os.W_OK):
        kind = "a folder" if folder else "a file"
        raise UsageError(
            f"--{form} cannot be written to {target}.",
            f"It wants {kind}, in a place that exists and where you may write.",
            f"name {kind}" + ("." if form in FOLDERS else ", or '-' for the terminal."),
        )
