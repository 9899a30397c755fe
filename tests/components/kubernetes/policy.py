"""Make policies and their bindings for tests, and take them away."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from lab_kit.components.kubernetes import KubernetesApi
from tests.components.kubernetes.made import Object

RULE = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
        "resources": ["deployments"]}  # fmt: skip
MAPS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}


def policy(name: str, *expressions: str | Object, rule: Object = RULE, **more: Any) -> Object:
    listed = [{"expression": one} if isinstance(one, str) else one for one in expressions]
    match = {"resourceRules": [rule], **more.pop("match", {})}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {"matchConstraints": match, "validations": listed, **more},
    }  # fmt: skip


def binding(name: str, namespace: str, actions: tuple[str, ...] = ("Deny",), **more: Any) -> Object:
    """Return a binding of a policy of the same name, for one namespace."""
    chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": f"{name}-here"},
        "spec": {"policyName": name, "validationActions": list(actions), "matchResources": chosen,
                 **more},
    }  # fmt: skip


class Policies:
    """Put policies up, and take them down at the end."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.api, self.namespace = client.AdmissionregistrationV1Api(api), namespace
        self.made: list[tuple[Any, str]] = []

    def put(self, *expressions: str | Object, bound: Object | None = None, **more: Any) -> str:
        """Store a policy and a binding to the test's namespace; return the policy's name."""
        name = f"p-{secrets.token_hex(3)}"
        self.store(policy(name, *expressions, **more))
        self.bind(name, **(bound or {}))
        return name

    def store(self, one: Object) -> None:
        self.api.create_validating_admission_policy(one)
        self.made.append((self.api.delete_validating_admission_policy, one["metadata"]["name"]))

    def bind(self, name: str, **more: Any) -> None:
        one = binding(name, self.namespace, **more)
        self.api.create_validating_admission_policy_binding(one)
        gone = self.api.delete_validating_admission_policy_binding
        self.made.append((gone, one["metadata"]["name"]))

    def close(self) -> None:
        for delete, name in reversed(self.made):
            delete(name)


@pytest.fixture
def policies(api: client.ApiClient, namespace: str) -> Iterator[Policies]:
    made = Policies(api, namespace)
    yield made
    made.close()


@pytest.fixture
def own() -> Iterator[tuple[KubernetesApi, Policies]]:
    """Give a test an embedded server of its own, and policies there."""
    with (
        KubernetesApi() as server,
        config.new_client_from_config(str(server.kubeconfig)) as api,
    ):
        yield server, Policies(api, "default")
