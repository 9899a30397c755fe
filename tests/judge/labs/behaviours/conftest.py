from __future__ import annotations

import pytest

from lab_kit.judge import Unavailable


@pytest.fixture
def gateway() -> str:
    raise Unavailable("Envoy is missing.", "No program of that name was found.", "run it again.")
