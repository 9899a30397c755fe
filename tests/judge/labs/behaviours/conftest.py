from __future__ import annotations

import pytest

from lab_kit.judge import Failed, Unavailable


@pytest.fixture
def gateway() -> str:
    raise Unavailable(
        "Envoy is missing.", "No program of that name was found.", "run `./lab doctor`."
    )


@pytest.fixture
def settings() -> str:
    raise Failed("The settings name no port.", "", "add one.")
