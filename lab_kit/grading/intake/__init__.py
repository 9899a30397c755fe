"""Take in what students handed in, in whatever wrapping, and make a clean copy of each work.

`collect` yields an Incoming or a Refused for each; `choose` picks one where there are several.
"""

from __future__ import annotations

from lab_kit.grading.intake.choose import choose
from lab_kit.grading.intake.collect import collect
from lab_kit.grading.intake.roster import Roster
from lab_kit.grading.intake.times import read_times

__all__ = ["Roster", "choose", "collect", "read_times"]
