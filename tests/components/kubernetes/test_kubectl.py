"""kubectl, the real one, against our server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.components.kubernetes.made import config_map, deployment
from tests.components.kubernetes.policy import binding, policy

KUBECTL = Path(sys.executable).parent / "kubectl"
Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kubectl(kubeconfig: Path, namespace: str, tmp_path: Path) -> Kubectl:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig)}

    def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [KUBECTL, "-n", namespace, *words], env=env, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def written(tmp_path: Path, *objects: dict[str, object]) -> str:
    file = tmp_path / "objects.yaml"
    file.write_text(yaml.safe_dump_all(objects))
    return str(file)


def test_apply_diff_and_apply_again(kubectl: Kubectl, tmp_path: Path) -> None:
    file = written(tmp_path, deployment(), config_map("cm", a="1"))
    assert kubectl("apply", "-f", file).stdout.splitlines() == [
        "deployment.apps/web created", "configmap/cm created",
    ]  # fmt: skip
    assert kubectl("diff", "-f", file).stdout == ""
    file = written(tmp_path, deployment(replicas=3), config_map("cm", a="1"))
    changes = kubectl("diff", "-f", file, code=1).stdout
    assert "-  replicas: 2" in changes
    assert "+  replicas: 3" in changes
    assert kubectl("apply", "-f", file).stdout.splitlines() == [
        "deployment.apps/web configured", "configmap/cm unchanged",
    ]  # fmt: skip


def test_apply_on_the_server_finds_conflicts(kubectl: Kubectl, tmp_path: Path) -> None:
    file = written(tmp_path, deployment())
    kubectl("apply", "--server-side", "--field-manager=gitops", "-f", file)
    file = written(tmp_path, deployment(replicas=7))
    by = ("apply", "--server-side", "--field-manager=intruder", "-f", file)
    refused = kubectl(*by, code=1).stderr
    assert 'conflict with "gitops": .spec.replicas' in refused
    assert kubectl(*by, "--force-conflicts").stdout == "deployment.apps/web serverside-applied\n"
    where = ("get", "deploy/web", "-o", "jsonpath={.spec.replicas}")
    assert kubectl(*where).stdout == "7"


def test_from_client_side_to_server_side(kubectl: Kubectl, tmp_path: Path) -> None:
    file = written(tmp_path, deployment())
    kubectl("apply", "-f", file)
    done = kubectl("apply", "--server-side", "-f", file)
    assert "failed to migrate" not in done.stderr


def test_get_shows_tables_and_describe_the_rest(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl("apply", "-f", written(tmp_path, deployment(), config_map("cm", a="1", b="2")))
    lines = kubectl("get", "deploy,cm").stdout.splitlines()
    assert lines[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert lines[1].split()[:4] == ["deployment.apps/web", "0/2", "0", "0"]
    assert lines[4].split()[:2] == ["configmap/cm", "2"]
    assert "2 desired" in kubectl("describe", "deploy/web").stdout
    explained = kubectl("explain", "deployment.spec.replicas").stdout
    assert "FIELD: replicas <integer>" in " ".join(explained.split())


def test_scale_label_patch_and_delete(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl("apply", "-f", written(tmp_path, deployment(), config_map("cm", a="1")))
    kubectl("scale", "deploy/web", "--replicas=5")
    kubectl("label", "cm/cm", "tier=a")
    kubectl("patch", "cm/cm", "-p", '{"data": {"b": "2"}}')
    assert kubectl("get", "cm", "-l", "tier=a", "-o", "jsonpath={.items[*].data}").stdout == (
        '{"a":"1","b":"2"}'
    )
    kubectl("delete", "deploy/web")
    kubectl("wait", "--for=delete", "deploy/web", "--timeout=5s")
    assert "No resources found" in kubectl("get", "deploy").stderr


def test_what_kubectl_refuses_is_refused_in_its_words(kubectl: Kubectl, tmp_path: Path) -> None:
    odd = {**config_map("cm"), "datas": {}}
    assert 'unknown field "datas"' in kubectl("apply", "-f", written(tmp_path, odd), code=1).stderr
    assert 'deployments.apps "none" not found' in kubectl("get", "deploy/none", code=1).stderr
    assert "doesn't have a resource type" in kubectl("get", "nonsense", code=1).stderr


def test_policies_are_applied_listed_and_told(
    kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    most = policy("most", "object.spec.replicas <= 5")
    named = policy("named", {"expression": "'team' in object.metadata.labels",
                             "message": "it has no team"})  # fmt: skip
    file = written(
        tmp_path, most, binding("most", namespace), named, binding("named", namespace, ("Warn",))
    )
    assert kubectl("apply", "-f", file).stdout.count("created") == 4
    assert kubectl("diff", "-f", file).stdout == ""
    rows = kubectl("get", "validatingadmissionpolicy,validatingadmissionpolicybinding").stdout
    assert [line.split()[:3] for line in rows.splitlines() if "most" in line] == [
        ["validatingadmissionpolicy.admissionregistration.k8s.io/most", "1", "<unset>"],
        ["validatingadmissionpolicybinding.admissionregistration.k8s.io/most-here", "most",
         "<unset>"],
    ]  # fmt: skip
    other = tmp_path / "big.yaml"
    other.write_text(yaml.safe_dump(deployment(replicas=50)))
    told = kubectl("apply", "-f", str(other), code=1).stderr
    by = "ValidatingAdmissionPolicy '{0}' with binding '{0}-here'"
    denied = f"{by.format('most')} denied request: failed expression: object.spec.replicas <= 5"
    assert f'The deployments "web" is invalid: : {denied}\n' in told
    assert f"Warning: Validation failed for {by.format('named')}: it has no team" in told
    other.write_text(yaml.safe_dump(deployment(replicas=5)))
    kubectl("apply", "-f", str(other))
    explained = kubectl("explain", "validatingadmissionpolicy.spec.validations.expression").stdout
    assert "FIELD: expression <string>" in explained
    kubectl("delete", "-f", file)
