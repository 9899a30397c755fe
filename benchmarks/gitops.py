"""Time the lab's engine over a thousand objects, beside the bare requests that it needs.

    .venv/bin/python benchmarks/gitops.py [OBJECTS, 1000]

Nine tenths are ConfigMaps, the others Services and Deployments of one pod. The cluster is in a
process of its own, with its controllers and its node. The lower bound of a first run is one apply
an object through the same client; that of a run without changes, one list for each kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIRST_S, STEADY_S = 30.0, 1.0
SOLUTION = Path(__file__).parents[1] / "solutions" / "lab03_gitops"
Object = dict[str, Any]


def serve() -> None:
    """Be the cluster's process: tell where it is, end with our input."""
    from lab_kit.components.cluster import cluster
    from lab_kit.components.controllers import Images

    with cluster("embedded", Images()) as found:
        print(json.dumps([str(found.kubeconfig), str(found.audit)]), flush=True)
        sys.stdin.read()


def objects(count: int, namespace: str) -> list[Object]:
    """Return the manifests of a middle-sized shop."""
    made = []
    for n in range(count):
        meta = {"name": f"thing-{n}", "namespace": namespace, "labels": {"n": str(n % 10)}}
        if n % 20 == 0:
            made.append(deployment(meta))
        elif n % 20 == 10:
            made.append(
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": meta,
                    "spec": {"selector": {"app": "x"}, "ports": [{"port": 8080}]},
                }
            )
        else:
            made.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta,
                         "data": {"number": str(n), "text": "x" * 100}})  # fmt: skip
    return made


def deployment(meta: Object) -> Object:
    labels = {"app": meta["name"]}
    container = {"name": "main", "image": "kiosk/web:1", "ports": [{"containerPort": 8080}]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
            "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels},
                                  "spec": {"containers": [container]}}}}  # fmt: skip


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measure(audit: Path, count: int) -> list[tuple[str, float, float, int, float | None]]:
    """Return rows: what, seconds, seconds of the lower bound, writes, the target."""
    import fleet
    import kiosk
    import reconcile

    def writes() -> int:
        return sum('"verb": "patch"' in line and "fieldManager=kiosk-gitops" in line
                   and "dryRun" not in line for line in audit.read_text().splitlines())  # fmt: skip

    for name in ("bare", "shop"):
        kiosk.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    bare, shop = objects(count, "bare"), objects(count, "shop")
    applied = timed(lambda: [kiosk.apply(one) for one in bare])
    listed = timed(lambda: fleet.everything(bare))
    runs = (
        ("first run", lambda: fleet.sync(shop, 60), applied, FIRST_S),
        ("nothing changed", lambda: fleet.sync(shop, 60), listed, STEADY_S),
        ("nothing changed, one by one", lambda: reconcile.reconcile(shop, 60), listed, None),
        ("one thing changed", lambda: fleet.sync(edited(shop), 60), listed, STEADY_S),
    )
    rows = []
    for what, act, bound, target in runs:
        before = writes()
        seconds = timed(act)
        rows.append((what, seconds, bound, writes() - before, target))
    return rows


def edited(shop: list[Object]) -> list[Object]:
    shop[1]["data"]["number"] = "another"
    return shop


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    process = subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        kubeconfig, audit = json.loads(process.stdout.readline())
        os.environ["KUBECONFIG"] = kubeconfig
        sys.path.insert(0, str(SOLUTION))
        rows = measure(Path(audit), count)
    finally:
        process.communicate()
    print(f"{count} objects          seconds   bare   ratio   writes   target")
    for what, seconds, bound, wrote, target in rows:
        aim = f"under {target:g} s" if target else "-"
        print(f"{what:28} {seconds:7.2f} {bound:6.2f} {seconds / bound:7.2f} {wrote:8}   {aim}")
    return 0 if all(row[4] is None or row[1] < row[4] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["serve"] else main())
