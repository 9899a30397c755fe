"""Be the cluster that needs nothing: the API in this process, and pods that run beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab_kit.components.cluster.access import access
from lab_kit.components.cluster.features import offered
from lab_kit.components.cluster.found import Cluster

if TYPE_CHECKING:
    from lab_kit.components.controllers.images import Images

CONTROLLERS = "system:kube-controller-manager"  # by which the audit log knows what they write
OWN = {"audit", "bookmarks", "gc", "inject", "watch-410", "whole"}


@contextmanager
def embedded(images: Images | None = None) -> Iterator[Cluster]:
    """Run the embedded API; with images, controllers and a node on which pods run as well."""
    from lab_kit.components.kubernetes import KubernetesApi

    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="beyond-access-"))
        if images is None:
            api = held.enter_context(KubernetesApi())
        else:
            from lab_kit.components.controllers import ControlPlane, Network

            network = held.enter_context(Network())
            api = held.enter_context(KubernetesApi(address=network.service))
            settings = api.sign_in(CONTROLLERS, "system:masters")
            plane = held.enter_context(ControlPlane(settings, images, network))
            api.api.logs = plane.kubelet.log
        admin = access(api.kubeconfig, Path(folder))
        held.callback(admin.close)
        version, features = offered(admin)
        features |= OWN | ({"quiet"} if images is None else {"pods-run"})
        yield Cluster("embedded", version, api.kubeconfig, features, admin,
                      compact=api.api.store.compact, audit=api.audit.file, server=api)  # fmt: skip
