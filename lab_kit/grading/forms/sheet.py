"""Put an HTML page together that opens from disk, loads nothing and runs only its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from lab_kit.grading.forms.text import markup

ASSETS = Path(__file__).parent / "assets"


@cache
def asset(name: str) -> str:
    """Return the text of a file that goes into pages."""
    return (ASSETS / name).read_text(encoding="utf-8")


def sheet(title: str, body: Iterable[str], script: str = "") -> Iterator[str]:
    """Give the lines of a page; `body` is markup already, `title` is anyone's text.

    The policy in its head allows one style and one script, by their hashes, and no request.
    """
    style = asset("grades.css")
    policy = f"default-src 'none'; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src '{digest(script)}'"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{markup(title, 200)}</title>\n<style>{style}</style>\n</head>\n<body>"
    yield from body
    if script:
        yield f"<script>{script}</script>"
    yield "</body>\n</html>"


def digest(text: str) -> str:
    """Return how a content security policy names an inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
