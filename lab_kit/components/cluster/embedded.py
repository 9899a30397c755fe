"""Be the cluster that needs nothing: the API in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab_kit.components.cluster.access import access
from lab_kit.components.cluster.features import offered
from lab_kit.components.cluster.found import Cluster

OWN = {"audit", "watch-410", "bookmarks", "gc", "quiet", "whole"}


@contextmanager
def embedded() -> Iterator[Cluster]:
    """Run the embedded API."""
    from lab_kit.components.kubernetes import KubernetesApi

    with KubernetesApi() as api, tempfile.TemporaryDirectory(prefix="beyond-access-") as folder:
        admin = access(api.kubeconfig, Path(folder))
        version, features = offered(admin)
        yield Cluster("embedded", version, api.kubeconfig, features | OWN, admin,
                      compact=api.api.store.compact, audit=api.audit.file)  # fmt: skip
        admin.close()
