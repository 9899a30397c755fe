"""Run the command line: `python -m lab_kit`."""

from __future__ import annotations

import sys

from lab_kit.cli import main

if __name__ == "__main__":
    sys.exit(main())
