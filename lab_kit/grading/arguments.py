"""Describe the instructor's verbs and their options to the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable

FORMS = {
    "json": "everything, for programs",
    "csv": "a table; see --format",
    "junit": "JUnit XML",
    "ctrf": "a CTRF report",
    "gradescope": "results.json, of one student",
    "gitlab": "GitLab's code quality report",
    "html": "the gradebook: a page, or a folder with a page for each student too",
    "feedback": "pages to hand back, in a folder: nothing hidden, nobody else",
    "changes": "who has another result than before, and why",
}  # each to a file or, for '-', to stdout
Add = Callable[..., argparse.ArgumentParser]


def add_verbs(verb: Add) -> None:
    """Add every verb of an instructor."""
    add_grade(verb("grade", "instructors: judge what a class handed in, and keep the grades"))
    add_report(verb("report", "instructors: write down the grades that are kept, in any form"))
    pull = verb("pull", "instructors: fetch the repositories of a roster, to be graded")
    pull.add_argument("roster", metavar="ROSTER", help="a CSV with columns id and repository")
    pull.add_argument("folder", metavar="FOLDER", help="where they are kept between pulls")
    keygen = verb("keygen", "instructors: make a key that signs results")
    keygen.add_argument("file", metavar="FILE", help="the private key; FILE.pub is for everybody")
    check = verb("verify", "anybody: find what was changed in signed results")
    check.add_argument("results", metavar="RESULTS", help="what `grade --signed` wrote")
    check.add_argument("--key", metavar="FILE", required=True, help="the public key")
    check.add_argument("--store", metavar="FILE", help="hold them against these grades, too")


def add_grade(grade: argparse.ArgumentParser) -> None:
    """Describe `grade`'s arguments."""
    grade.add_argument(
        "submissions", metavar="SUBMISSION", nargs="+",
        help="a folder, a folder of folders, an archive, a git repository or a notebook",
    )  # fmt: skip
    add = grade.add_argument
    add("--times", metavar="CSV", help="when each was handed in; file dates are never used")
    add("--checks", metavar="DIR", help="private checks, laid over the released ones")
    add("--secret", metavar="FILE", help="of a release with variants; it makes all fresh inputs")
    add("--jobs", metavar="N", type=int, help="how many submissions to judge at once")
    add("--cluster", metavar="ADDRESS", help="judge on the workers of this Dask scheduler")
    add("--pick", choices=("last", "first"), default="last", help="which of several counts")
    add(
        "--require-isolation", choices=("full", "degraded", "any"), default="full",
        help="judge nothing below this level",
    )  # fmt: skip
    add_forms(grade)


def add_report(report: argparse.ArgumentParser) -> None:
    """Describe `report`'s arguments."""
    add_forms(report)


def add_forms(verb: argparse.ArgumentParser) -> None:
    """Describe what both take: the store, and the forms to write."""
    add = verb.add_argument
    add("--store", metavar="FILE", help="where grades are kept; what is there is not judged again")
    add("--lab", metavar="LAB", action="append", default=[], help="only this; may be repeated")
    add("--roster", metavar="CSV", help="who is who: folder, id, name, email")
    add("--late", metavar="TOML", help="what lateness costs; the raw score is kept beside it")
    add("--format", choices=("plain", "canvas", "moodle"), default="plain", help="of --csv")
    for form, help in FORMS.items():
        add(f"--{form}", metavar="DIR" if form == "feedback" else "FILE", help=f"write {help}")
    add("--github", action="store_true", help="annotations, and a job summary")
    add("--sign", metavar="KEY", help="the private key for --signed")
    add("--signed", metavar="FILE", help="write signed results, a line of JSON each")
