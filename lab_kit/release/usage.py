"""Describe the arguments of `./lab release`; imports nothing, so that `--help` answers at once."""

from __future__ import annotations

import argparse


def describe(release: argparse.ArgumentParser) -> None:
    """Add the arguments to the verb's parser."""
    add = release.add_argument
    add("dest", metavar="DEST", help="a folder that is new or empty")
    add("--lab", metavar="LAB", action="append", default=[], help="only this; may be repeated")
    add("--checks", metavar="DIR", help="private checks: see that nothing of them is in the copy")
    add("--variant", metavar="STUDENT", help="with problems of this student's own")
    add("--variants", metavar="ROSTER", help="a copy for each student of a CSV, in DEST/STUDENT")
    add("--secret", metavar="FILE", help="what makes the variants; written if there is none")
    add("--git", action="store_true", help="make the copy a git repository of one commit")
