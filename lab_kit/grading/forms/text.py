"""Make a stranger's text inert in each form: no markup, formula, command or control character.

Names of students and files are as foreign as their code, so everything goes through here.
"""

from __future__ import annotations

import html
import re
from typing import Any
from xml.sax.saxutils import quoteattr

from lab_kit.judge.report import clean

UNSEEN = re.compile(r"[\u061c\ufeff\ufffe\uffff]")
# What a spreadsheet takes for a formula, at the start of a cell or of what becomes one where
# another separator is the custom; full-width signs count.
FORMULA = re.compile(r"(^|[,;|\t\n\"])([\s\u200b-\u200d]*[=+\-@\uff0b\uff0d\uff1d\uff20])")
WORD = re.compile(r"[^A-Za-z0-9]+")


def plain(value: Any, longest: int = 4000) -> str:
    """Return text of several lines without control characters, cut to a length."""
    return UNSEEN.sub(lambda hit: hit[0].encode("unicode_escape").decode(), clean(value, longest))


def one_line(value: Any, longest: int = 400) -> str:
    """Return text on one line."""
    return " ".join(plain(value, longest).split())


def cell(value: Any, longest: int = 400) -> str:
    """Return text that no spreadsheet runs, whichever separator it splits at."""
    return FORMULA.sub(r"\1'\2", one_line(value, longest))


def attribute(value: Any, longest: int = 4000) -> str:
    """Return a quoted XML attribute value."""
    return quoteattr(plain(value, longest), {"\n": "&#10;", "\t": "&#9;"})


def markup(value: Any, longest: int = 4000) -> str:
    """Return text for HTML or XML, in an element or between quotes."""
    return html.escape(plain(value, longest), quote=True)


def command(value: Any, longest: int = 2000) -> str:
    """Return text for the end of a workflow command: one line that holds no other command."""
    told = plain(value, longest)
    while "##" in told:
        told = told.replace("##", "# #")
    return told.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def setting(value: Any, longest: int = 200) -> str:
    """Return text for a workflow command's property."""
    return command(value, longest).replace(":", "%3A").replace(",", "%2C")


def slug(value: str) -> str:
    """Return what is readable of a name, safe in any file system; it need not be unique."""
    return WORD.sub("-", value).strip("-").lower()[:40] or "someone"
