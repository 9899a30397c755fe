"""Give the checks of lab03_gitops a cluster, a namespace each, and the engine that works there."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import Door, Engine
from objects import Shop
from rules import under_rules

from lab_kit.components.cluster import Cluster, cluster
from lab_kit.components.controllers import Images, Program
from lab_kit.components.controllers.images import Simulated
from lab_kit.judge import Submission


@pytest.fixture(scope="session")
def found() -> Iterator[Cluster]:
    """Give all checks of one submission one cluster."""
    web = Program((sys.executable, "web.py"), Path(__file__).parent / "images")
    images = Images({"shop/web:*-missing": Simulated(pulls=False), "shop/web:*": web})
    with cluster(images=images) as made:
        made.needs("admission", "apply", "audit", "inject", "pods-run")
        yield made


@pytest.fixture(scope="session")
def door(found: Cluster) -> Iterator[Door]:
    with tempfile.TemporaryDirectory(prefix="beyond-door-") as folder:
        with Door(found, Path(folder)) as made:
            yield made


@pytest.fixture
def shop(found: Cluster, fresh: object) -> Iterator[Shop]:
    """Give a check a namespace of its own, and objects for it."""
    found.server.faults.clear()
    made = Shop(found, fresh)
    yield made
    found.remove(made.namespace)


@pytest.fixture
def engine(door: Door, submission: Submission) -> Engine:
    submission.start_by(door.start)
    return Engine(door, submission)


@pytest.fixture
def ruled(engine: Engine, shop: Shop) -> Iterator[None]:
    """Put the submission's policy.yaml into the cluster, for the namespace of this check."""
    engine.submission.begun("policy.yaml")
    with under_rules(shop, engine.call("kiosk.py", "read", "policy.yaml")):
        yield
