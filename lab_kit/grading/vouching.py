"""Do what `./lab keygen` and `./lab verify` say."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lab_kit.course import Course
from lab_kit.grading import ledger
from lab_kit.grading.command import print_safely
from lab_kit.grading.signing import generate, public_key, public_place


def keygen(course: Course, args: argparse.Namespace) -> int:
    """Make a key pair."""
    place = Path(args.file)
    fingerprint = generate(place)
    lines = [
        f"{place} signs: keep it, and show it to nobody.",
        f"{public_place(place)} verifies: give it to whoever wants to check.",
        f"Fingerprint {fingerprint}",
    ]
    print_safely(sys.stdout, lines)
    return 0


def verify(course: Course, args: argparse.Namespace) -> int:
    """Say what does not hold in signed results; return 0 when all of it does, 1 when not."""
    key = public_key(Path(args.key))
    held = wrong = 0
    with ledger.standing(Path(args.store) if args.store else None) as stands:
        for found in ledger.examine(Path(args.results), key, stands):
            if not found.fault:
                held += 1
                continue
            wrong += 1
            whose = f" {found.student}, {found.lab}:" if found.student or found.lab else ""
            print_safely(sys.stdout, [f"✗ line {found.line}:{whose} {found.fault}"])
    said = "All of it holds." if not wrong else f"{wrong} did not."
    print_safely(sys.stdout, [f"{held} results hold. {said}"])
    return 1 if wrong else 0
