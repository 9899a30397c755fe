"""Keep what a submission prints, within bounds."""

from __future__ import annotations

from typing import Any

OUTPUT_CHARS = 4000


class Output:
    """Keep the first characters that a submission prints and drop the rest."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.room = OUTPUT_CHARS
        self.dropped = False

    def write(self, text: str) -> int:
        """Take printed text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.room > 0:
            self.kept.append(text[: self.room])
        self.dropped = self.dropped or len(text) > self.room
        self.room = max(0, self.room - len(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Take several pieces of text."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Do nothing: there is nothing behind."""

    def isatty(self) -> bool:
        """Say that this is not a terminal."""
        return False

    def take(self) -> str:
        """Return what was printed since the last call and start anew."""
        text = "".join(self.kept) + ("\n[more was printed]" if self.dropped else "")
        self.__init__()  # type: ignore[misc]
        return text
