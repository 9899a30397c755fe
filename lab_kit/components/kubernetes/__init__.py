"""Serve a small Kubernetes API that official clients cannot tell from a real one."""

from lab_kit.components.kubernetes.server import KubernetesApi

__all__ = ["KubernetesApi"]
