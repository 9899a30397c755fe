from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from lab_kit.errors import UsageError
from lab_kit.grading.late import Late, Policy, policies, read

DUE = datetime(2026, 3, 1, 23, 59, tzinfo=timezone(timedelta(hours=1)))
RULE = Policy(DUE, grace_minutes=15, per_day_percent=10, cap_percent=50)


@pytest.mark.parametrize(
    ("minutes", "days", "percent"),
    [
        (-9999, 0, 0),
        (0, 0, 0),
        (15, 0, 0),
        (15.1, 1, 10),
        (1440, 1, 10),
        (1441, 2, 20),
        (99999, 70, 50),
    ],
)
def test_each_day_begun_costs_up_to_the_cap(minutes: float, days: int, percent: float) -> None:
    assert RULE.late(DUE + timedelta(minutes=minutes)) == Late(days, percent)


def test_zones_are_respected() -> None:
    assert RULE.late(datetime(2026, 3, 1, 22, 59, tzinfo=UTC)).days == 0
    assert RULE.late(datetime(2026, 3, 1, 23, 59, tzinfo=UTC)).days == 1


def test_an_unknown_time_costs_nothing_and_says_so() -> None:
    for when in (None, datetime(2030, 1, 1)):
        late = RULE.late(when)
        assert (late.percent, str(late)) == (0, "time unknown")
    assert str(Policy().late(None)) == ""


def test_scores_are_rounded_half_up_to_hundredths() -> None:
    assert Late(1, 10).applied(4.5) == 4.05
    assert Late(1, 50).applied(0.01) == 0.01
    assert Late(9, 100).applied(7) == 0
    assert Late().applied(1 / 3) == 0.33
    assert (str(Late(1, 10)), str(Late(2, 12.5))) == (
        "1 day late, 10 % off",
        "2 days late, 12.5 % off",
    )


def test_a_lab_takes_from_all_labs_what_it_does_not_say(tmp_path: Path) -> None:
    file = tmp_path / "late.toml"
    file.write_text(
        "[late]\ndue = 2026-03-01T23:59:00+01:00\nper_day_percent = 10\n"
        "[late.labs.lab02_x]\ndue = '2026-03-15T23:59:00+01:00'\ncap_percent = 30\n"
    )
    rules = read(file)
    assert rules.of("lab01_x") == Policy(DUE, 0, 10, 100)
    assert rules.of("lab02_x") == Policy(DUE + timedelta(days=14), 0, 10, 30)


@pytest.mark.parametrize(
    ("data", "where", "why"),
    [
        ({"due": "2026-03-01T23:59:00"}, "late.due", "not a date and time with a zone"),
        ({"due": "tomorrow"}, "late.due", "'tomorrow' is no date and time."),
        ({"due": 5}, "late.due", "5 is not a date and time with a zone."),
        ({"per_day_percent": 110}, "late.per_day_percent", "110 is no percentage."),
        ({"cap_percent": True}, "late.cap_percent", "True is no percentage."),
        ({"grace_minutes": -1}, "late.grace_minutes", "-1 is no number of minutes."),
        ({"per_day_percent": float("nan")}, "late.per_day_percent", "nan is no percentage."),
        ({"per_day": 1}, "late", "no setting called 'per_day'"),
        ({"labs": 3}, "late.labs", "It is 3 and not a table."),
        ({"labs": {"lab01_x": {"cap": 1}}}, "late.labs.lab01_x", "no setting called 'cap'"),
        ([], "late", "It is [] and not a table."),
    ],
)
def test_a_policy_that_could_be_misread_is_refused(data: object, where: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        policies(data)
    assert caught.value.what == f"The late policy is wrong at {where}."
    assert why in caught.value.why
    assert "due = 2026-03-01T23:59:00+01:00" in caught.value.next


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "late.toml"
    file.write_text("[late")
    for path in (file, tmp_path / "none.toml"):
        with pytest.raises(UsageError, match="could not be read") as caught:
            read(path)
        assert path.name in caught.value.why
