from __future__ import annotations

import pytest

from lab_kit.errors import AuthorError
from lab_kit.judge.check import MARK, Check, check


def test_check_keeps_what_its_author_says() -> None:
    @check(points=2, hint=["first", "second"], needs="earlier", deadline=5)
    def it_holds() -> None:
        """The promise.

        More for readers of the code.
        """

    assert getattr(it_holds, MARK) == Check(
        "it_holds", "The promise.", 2, ("first", "second"), ("earlier",), 5
    )


def test_check_needs_a_promise_a_hint_and_points() -> None:
    def silent() -> None: ...

    def spoken() -> None:
        """Hold."""

    with pytest.raises(AuthorError, match="The check silent makes no promise") as caught:
        check(hint="Look.")(silent)
    assert "test_check.py:" in caught.value.next
    for hint in ("", (), ["good", " "]):
        with pytest.raises(AuthorError, match="The check spoken has no hint"):
            check(hint=hint)(spoken)
    with pytest.raises(AuthorError, match="The check spoken is worth -1 points"):
        check(points=-1, hint="Look.")(spoken)
