"""Choose what a student gets, as `{path from the course's root: bytes}`.

Notebooks and exercises are built anew from the stories: whatever an author's own run left in them
stays here. `lab_kit` goes along whole: it holds no answer, and `./lab check` needs most of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from lab_kit.authoring.product import make
from lab_kit.course import Course
from lab_kit.judge.lab_judge import check_files

FILES = (
    *("lab", "course.toml", "pyproject.toml", "requirements.lock", "LICENSE"),
    *(".gitignore", ".gitattributes"),
)
CI = {
    "ci/github/practice.yml": ".github/workflows/practice.yml",
    "ci/gitlab/practice.yml": ".gitlab-ci.yml",
}
README = "README.md"
NOT_THEIRS = ("build", "grade", "keygen", "pull", "release", "report", "test", "verify")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
PICTURE = (".png", ".svg", ".jpg", ".webp")


def handout(course: Course, labs: Sequence[str]) -> dict[str, bytes]:
    """Return every file of the copy; README.md keeps only what leads somewhere in it."""
    root = course.root
    files = {name: (root / name).read_bytes() for name in FILES if (root / name).is_file()}
    files |= {new: (root / old).read_bytes() for old, new in CI.items() if (root / old).is_file()}
    for lab in labs:
        files |= make(course.solutions(lab), lab)
        files |= {name_of(root, path): path.read_bytes() for path in checks(course.checks(lab))}
    files |= {name_of(root, path): path.read_bytes() for path in code(root / "lab_kit")}
    if (root / README).is_file():
        text = (root / README).read_text("utf-8")
        files |= {name: (root / name).read_bytes() for name in pictures(root, text)}
        files[README] = trimmed(text, files).encode()
    return files


def checks(folder: Path) -> Iterator[Path]:
    """Give the released check files of a lab."""
    for path in check_files(folder):
        if not hidden(path.relative_to(folder)):
            yield path


def code(folder: Path) -> Iterator[Path]:
    """Give the files of our own package; a link could lead anywhere and is left out."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        aside = hidden(inside) or "__pycache__" in inside.parts or path.suffix == ".pyc"
        if path.is_file() and not path.is_symlink() and not aside:
            yield path


def hidden(path: Path) -> bool:
    """Tell whether a path leads through a name with a leading dot."""
    return any(part.startswith(".") for part in path.parts)


def name_of(root: Path, path: Path) -> str:
    """Return a file's path from the course's root."""
    return path.relative_to(root).as_posix()


def pictures(root: Path, text: str) -> Iterator[str]:
    """Give the pictures that a text shows and that lie in docs/."""
    for name in LINK.findall(text):
        if name.startswith("docs/") and name.endswith(PICTURE) and (root / name).is_file():
            yield name


def trimmed(text: str, files: Collection[str]) -> str:
    """Return a README without the table rows, paragraphs and commands that lead nowhere."""
    kept = []
    for block in text.rstrip("\n").split("\n\n"):
        lines = [line for line in block.split("\n") if not command_of_others(line)]
        if lines[0].startswith("|"):
            lines = [line for line in lines if leads(line, files)]
        elif not leads(block, files):
            continue
        kept.append("\n".join(lines))
    return "\n\n".join(kept) + "\n"


def command_of_others(line: str) -> bool:
    """Tell whether a line shows a command that is for authors or instructors."""
    return any(re.match(rf"\./lab {verb}\b", line) for verb in NOT_THEIRS)


def leads(text: str, files: Collection[str]) -> bool:
    """Tell whether every link of a text leads to the web or to a file of the copy."""
    return all(name in files or "://" in name for name in LINK.findall(text))
