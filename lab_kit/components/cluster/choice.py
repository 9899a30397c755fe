"""Choose a cluster: BEYOND_CLUSTER says which, and nothing else does.

A kubeconfig in a home folder, or KUBECONFIG, is never enough: it may lead to production.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from lab_kit.components.cluster.found import Cluster
from lab_kit.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from lab_kit.components.controllers.images import Images

CHOICE, ASSETS = "BEYOND_CLUSTER", "KUBEBUILDER_ASSETS"
NAMES = ("embedded", "kube-apiserver")
NEEDED = ("kube-apiserver", "etcd")
GET = f"set {ASSETS} to the folder of envtest's binaries ({', '.join(NEEDED)})"
SAY = f"Set {CHOICE} to embedded, kube-apiserver or the path of a kubeconfig, or unset it."


def cluster(
    choice: str | None = None, images: Images | None = None
) -> AbstractContextManager[Cluster]:
    """Return the chosen cluster, for a `with` block; raise UsageError or Unavailable.

    choice: "embedded", "kube-apiserver" or the path of a kubeconfig; else BEYOND_CLUSTER says it
    images: what pods run in the embedded cluster, which otherwise has no controllers
    """
    chosen = choice or os.environ.get(CHOICE) or "embedded"
    if chosen == "embedded":
        from lab_kit.components.cluster.embedded import embedded

        return embedded(images)
    if chosen == "kube-apiserver":
        from lab_kit.components.cluster.api_server import api_server

        return api_server(assets())
    kubeconfig = Path(chosen).expanduser()
    if not kubeconfig.is_file():
        raise UsageError(
            f"{CHOICE} is {chosen!r}.", "That is none of the lab's clusters, and no file.",
            SAY,
        )  # fmt: skip
    from lab_kit.components.cluster.yours import yours

    return yours(kubeconfig)


def assets() -> Path:
    """Return the folder of a real API server's programs; raise Unavailable."""
    told = os.environ.get(ASSETS)
    if not told:
        raise Unavailable(
            "There is no kube-apiserver to start.", f"{ASSETS} is not set.", f"To have one, {GET}."
        )
    folder = Path(told)
    missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if missing:
        what = f"There is no {' and no '.join(missing)} in {folder}."
        raise Unavailable(what, f"{ASSETS} names that folder.", f"To have them, {GET}.")
    return folder


def told() -> tuple[str, str]:
    """Return what there is to choose from, in words, and how to mend what is not as it should."""
    chosen = os.environ.get(CHOICE) or "embedded"
    if chosen not in NAMES and not Path(chosen).expanduser().is_file():
        return f"{CHOICE} is {chosen!r}: neither a cluster of the lab nor a file", SAY
    try:
        folder = assets()
    except Unavailable as problem:
        if chosen != "kube-apiserver" and not os.environ.get(ASSETS):
            return f"{chosen}; for a real kube-apiserver, {GET}", ""
        return f"{chosen}; {problem.what[0].lower()}{problem.what[1:]}", problem.next
    offer = "" if chosen == "kube-apiserver" else f" if {CHOICE}=kube-apiserver"
    return f"{chosen}; the kube-apiserver in {folder}{offer}", ""
