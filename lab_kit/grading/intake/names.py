"""Hold the rules for names that a submission brings: what may become a file of ours.

A hostile name condemns a whole archive. A name that only some machines refuse is judged when
it belongs to the work, so that a stray file elsewhere stops nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lab_kit.grading.intake.tree import IGNORED, Unfit

DEEPEST = 20
LONGEST_PART = 200  # bytes; the file systems stop at 255
LONGEST = 1000
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
JOINERS = "\u200c\u200d"  # in names of some languages
DRIVE = re.compile(r"[A-Za-z]:")


def shown(name: object) -> str:
    """Return a name for a message: short, on one line, printable."""
    text = str(name)
    return printable(text if len(text) <= 80 else f"{text[:60]}…{text[-15:]}")


def printable(text: str) -> str:
    """Return text on one line, without what would steer a terminal or turn text around."""
    return "".join(
        c if c.isprintable() or c in JOINERS else c.encode("unicode_escape").decode() for c in text
    )


def inside(name: str) -> str:
    """Return an archive's name for a file as a plain path; raise Unfit if it leads elsewhere.

    Some archivers of Windows write backslashes.
    """
    if "\0" in name:
        raise unfit_name("has a NUL character in a name", name)
    path = name.replace("\\", "/")
    if path.startswith("/") or DRIVE.match(path):
        raise unfit_name("names a file by an absolute path", name)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise unfit_name("names a file outside itself", name)
    return "/".join(parts)


def ignored(path: str) -> bool:
    """Tell whether a path lies where no work lies: hidden or generated folders."""
    *folders, name = path.split("/")
    aside = any(part.startswith(".") or part in IGNORED for part in folders)
    return aside or name in IGNORED or name == ".DS_Store" or name.startswith("._")


def check(paths: Iterable[str]) -> None:
    """Raise Unfit unless these paths can lie beside one another on every machine."""
    seen: dict[str, str] = {}
    files = set()
    for path in paths:
        parts = path.split("/")
        for part in parts:
            check_part(part, path)
        if len(parts) - 1 > DEEPEST or len(path.encode()) > LONGEST:
            raise unfit_name("has a path that is too long or too deep", path)
        for end in range(1, len(parts) + 1):
            short = "/".join(parts[:end])
            other = seen.setdefault(folded(short), short)
            if other != short:
                raise unfit_name(f"has two names that differ only in case: {shown(other)}", short)
        files.add(path)
    for path in files:
        parts = path.split("/")
        if any("/".join(parts[:end]) in files for end in range(1, len(parts))):
            raise unfit_name("has one name for a file and a folder", path)


def check_part(part: str, path: str) -> None:
    """Raise Unfit for a name that some machine refuses or shows as another."""
    try:
        long = len(part.encode()) > LONGEST_PART
    except UnicodeEncodeError:
        raise unfit_name("has a name that is not text", path) from None
    if long:
        raise unfit_name("has a name that is too long", path)
    if FORBIDDEN.search(part) or part.endswith((" ", ".")) or RESERVED.fullmatch(part):
        raise unfit_name("has a name that some systems reserve", path)


def folded(name: str) -> str:
    """Return what a file system that ignores case and composition would compare."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def unfit_name(what: str, name: str) -> Unfit:
    """Return the error for a name."""
    return Unfit(
        f"The submission {what}.",
        f"The name is {shown(name)}.",
        "hand in the exercise files under their own names, in a plain folder or archive.",
    )
