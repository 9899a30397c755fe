"""Give the checks of lab01_serverless a Kiosk of their own, and the services around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from kiosk import Kiosk
from services import LabelRoom, OrderDesk, Rates, StockRoom

from lab_kit.components.cloud import Cloud, Function
from lab_kit.components.lambda_invocation import Invocation
from lab_kit.components.lambda_runtime import LambdaRuntime
from lab_kit.judge import Submission


@pytest.fixture
def kiosk(submission: Submission, fresh: Random, tmp_path: Path) -> Iterator[Kiosk]:
    """Give a check a Kiosk of its own; everything that it started ends with the check."""
    shop = Kiosk(submission, fresh, tmp_path)
    try:
        yield shop
    finally:
        shop.close()


@pytest.fixture
def rates(kiosk: Kiosk) -> Rates:
    return Rates(kiosk)


@pytest.fixture
def label_room(kiosk: Kiosk) -> LabelRoom:
    return LabelRoom(kiosk)


@pytest.fixture
def stock_room(kiosk: Kiosk) -> StockRoom:
    return StockRoom(kiosk)


# What a function gets at most: a handler, too, can deploy one, of any size.
MOST_MB = 256
MOST_S = 10


class Deliveries:
    """Keep, per function, every batch that a queue delivered."""

    def __init__(self) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}


class Recorded:
    """Run a deployed function on Lambda's runtime and note what it was given."""

    def __init__(self, function: Function, address: tuple[str, int], kept: Deliveries) -> None:
        self._runtime = LambdaRuntime(
            function.folder,
            function.handler,
            memory_mb=min(function.memory_mb, MOST_MB),
            timeout_s=min(function.timeout_s, MOST_S),
            environment=function.environment,
            services={"AWS_ENDPOINT_URL": address},
        )
        self._events = kept.events.setdefault(function.name, [])

    def invoke(self, event: Any) -> Invocation:
        self._events.append(event)
        return self._runtime.invoke(event)

    def close(self) -> None:
        self._runtime.close()


@pytest.fixture(scope="session")
def deliveries() -> Deliveries:
    return Deliveries()


@pytest.fixture(scope="session")
def cloud(deliveries: Deliveries) -> Iterator[Cloud]:
    """Give all checks of one submission one cloud: it takes seconds to start."""
    with Cloud(lambda function: Recorded(function, account.endpoint, deliveries)) as account:
        yield account


@pytest.fixture
def order_desk(kiosk: Kiosk, request: pytest.FixtureRequest) -> OrderDesk:
    kiosk.submission.begun("orders.py")  # a cloud takes seconds to start
    return OrderDesk(kiosk, request.getfixturevalue("cloud"))
