"""Gather what must not reach a student: each text a canary, to be searched for in the copy.

    between solution markers      every line, and the region as a whole
    files of the solution alone   every line
    cells tagged `instructor`     every line
    wrong and right answers       every line: they are solutions, but for a mistake
    private checks                every line, and the names of the hidden ones

A line that says little (`else:`, an import) proves nothing wherever it is found, so it is no
canary; nor is one that the stub shows, or that a story lists under `told`: lines of the solution
that students read elsewhere, on purpose.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_kit.authoring.build import sources
from lab_kit.authoring.markers import has_markers, regions, stub
from lab_kit.authoring.story import Story, read_story
from lab_kit.course import Course
from lab_kit.errors import AuthorError
from lab_kit.release.blocks import blocks, checks_in, collapsed, parts

ENOUGH = 16  # letters and digits, those of Python's own words left out
HEADER = re.compile(r"(def|class|except|for|while|if|elif|with|from|import|async|@)\b")
ENOUGH_IN_HEADER = 24  # such lines are alike by nature
WHOLE = 8
OWN = {*keyword.kwlist, *dir(builtins), "self", "annotations", "__future__"}


@dataclass(frozen=True)
class Canary:
    """Hold one text, its white space collapsed, and where it stands in the sources."""

    text: str
    place: str


def gather(course: Course, overlay: Path | None) -> list[Canary]:
    """Return the canaries of all labs and of the private checks, each text once."""
    found: dict[str, str] = {}
    for canary in (*everything(course), *(private(course, overlay) if overlay else ())):
        found.setdefault(canary.text, canary.place)
    return [Canary(text, place) for text, place in found.items()]


def everything(course: Course) -> Iterator[Canary]:
    """Give the canaries of what authors write."""
    stories = {lab: read_story(course.solutions(lab) / "story.md") for lab in sources(course)}
    told = {collapsed(line) for story in stories.values() for line in story.told}
    for lab, story in stories.items():
        known = told | shown(course.solutions(lab), story)
        for part in (solutions, instructors, answers):
            yield from (one for one in part(course, lab, story) if one.text not in known)


def solutions(course: Course, lab: str, story: Story) -> Iterator[Canary]:
    """Give what stands between markers, and all of the files that nobody is given."""
    for path, text in texts(course.solutions(lab)):
        name = path.relative_to(course.solutions(lab)).as_posix()
        place = path.relative_to(course.root).as_posix()
        lines = text.split("\n")
        if has_markers(text) and name != "story.md":
            for region in regions(text, name):
                inner = lines[region.begin : region.end - 1]
                yield from telling(inner, place, region.begin + 1)
                whole = collapsed("\n".join(inner))
                if weight(whole) >= WHOLE:
                    yield Canary(whole, f"{place}:{region.begin + 1}")
        elif name not in (*story.given, "story.md"):
            yield from telling(lines, place)


def instructors(course: Course, lab: str, story: Story) -> Iterator[Canary]:
    """Give what the story's cells for instructors hold."""
    place = story.path.relative_to(course.root).as_posix()
    for cell in story.private:
        yield from telling(cell.split("\n"), f"{place}, a cell for instructors")


def answers(course: Course, lab: str, story: Story) -> Iterator[Canary]:
    """Give what wrong and right answers hold; the first line of fails.txt names checks."""
    for kind in ("wrong", "right"):
        for path, text in texts(course.checks(lab) / kind):
            lines = text.split("\n")
            if path.name == "fails.txt":
                lines[0] = ""
            yield from telling(lines, path.relative_to(course.root).as_posix())


def private(course: Course, overlay: Path) -> Iterator[Canary]:
    """Give what only the private checks hold, and the names of the hidden ones."""
    released = {lab: course.checks(lab) for lab in sources(course)}
    for path, text in texts(overlay):
        inside = path.relative_to(overlay)
        twins = [released[lab] / path.name for lab in released if lab in inside.parts[:1]]
        twins = twins or [folder / inside for folder in released.values()]
        known = [twin.read_text("utf-8") for twin in twins if twin.is_file()]
        for lines, first, shown_too in blocks(text, path.suffix, known):
            for one in telling(lines, str(path), first):
                if one.text not in shown_too:
                    yield one
    yield from (Canary(name, f"{overlay}: the name of a check") for name in hidden(course, overlay))


def hidden(course: Course, overlay: Path) -> list[str]:
    """Return the names of the checks that only the overlay has."""
    released = [course.checks(lab) for lab in sources(course)]
    return sorted(names_in([overlay], "**/check_*.py") - names_in(released, "check_*.py"))


def names_in(folders: list[Path], pattern: str) -> set[str]:
    """Return the names of the checks in some folders; AuthorError for a file that is none."""
    found: set[str] = set()
    for path in (path for folder in folders for path in folder.glob(pattern)):
        try:
            found |= checks_in(path.read_text("utf-8"))
        except (SyntaxError, ValueError) as error:
            raise AuthorError(f"{path} is not a file of checks.", str(error), "mend it.") from None
    return found


def shown(folder: Path, story: Story) -> set[str]:
    """Return the lines that students see of a lab's files."""
    lines: list[str] = []
    for path, text in texts(folder):
        name = path.relative_to(folder).as_posix()
        if name != "story.md" and has_markers(text):
            lines += stub(text, name).split("\n")
    return {part for line in lines for part in parts(line)}


def telling(lines: list[str], place: str, first: int = 1) -> Iterator[Canary]:
    """Give the lines that say enough to prove something where they are found."""
    for number, line in enumerate(lines, first):
        for text in parts(line):
            least = ENOUGH_IN_HEADER if HEADER.match(text) else ENOUGH
            if weight(text) >= least and not text.startswith(("import ", "from ")):
                yield Canary(text, f"{place}:{number}")


def weight(text: str) -> int:
    """Count the letters and digits of a text that are not of Python's own words."""
    return sum(len(word.strip("_")) for word in re.findall(r"\w+", text) if word not in OWN)


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give the text files under a folder; what is binary is compared by nobody's lines."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            try:
                yield path, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue
