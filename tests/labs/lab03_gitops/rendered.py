"""Render an overlay of a submission over a base of the check's own, with the real kubectl."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml

from lab_kit.components.kustomize import BadOverlay, render
from lab_kit.components.manifests import read
from lab_kit.errors import Failed

Object = dict[str, Any]
LARGEST = 100_000  # bytes that are read here, of what came out of the sandbox
SERVICE = {"apiVersion": "v1", "kind": "Service",
           "metadata": {"name": "quote", "namespace": "kiosk"},
           "spec": {"selector": {"app": "quote"}, "ports": [{"port": 8080}]}}  # fmt: skip
SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "kiosk"},
            "data": {"currency": "EUR", "greeting": "moin"}}  # fmt: skip


def deployment(name: str) -> Object:
    container = {"name": name, "image": f"kiosk/{name}:1.0",
                 "env": [{"name": "MODE", "value": "shop"}]}  # fmt: skip
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": "kiosk"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}},
                                  "spec": {"containers": [container]}}}}  # fmt: skip


def base() -> list[Object]:
    """Return a base: two Deployments, a Service and settings."""
    return copy.deepcopy([deployment("quote"), deployment("basket"), SERVICE, SETTINGS])


def over(objects: list[Object], overlay: str) -> dict[tuple[str, str], Object]:
    """Return what an overlay makes of a base: {(kind, name): object}; raise Failed."""
    with tempfile.TemporaryDirectory(prefix="beyond-overlay-") as name:
        top = Path(name)
        place = top / "overlays" / "production"
        place.mkdir(parents=True)
        (top / "base").mkdir()
        (top / "base" / "all.yaml").write_text(yaml.safe_dump_all(objects))
        (top / "base" / "kustomization.yaml").write_text("resources: [all.yaml]\n")
        (place / "kustomization.yaml").write_text(overlay)
        try:
            text = render(top, "overlays/production")
        except BadOverlay as problem:
            raise Failed(problem.what, problem.why, problem.next) from None
    if len(text) > LARGEST:
        raise Failed("The overlay makes far more of the base than it is.", f"{len(text):,} bytes.",
                     "Let it change what was asked, and no more.")  # fmt: skip
    found = [each.object for each in read({"rendered": text.encode()})]
    return {(str(one["kind"]), str(one["metadata"]["name"])): one for one in found}
