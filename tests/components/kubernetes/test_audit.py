"""What was changed, by whom, and who was refused: the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from lab_kit.components.kubernetes import KubernetesApi, audit
from tests.components.kubernetes.made import config_map, deployment, refusal


@pytest.fixture
def server() -> Iterator[KubernetesApi]:
    with KubernetesApi() as made:
        yield made


@pytest.fixture
def core(server: KubernetesApi) -> Iterator[client.CoreV1Api]:
    with config.new_client_from_config(str(server.kubeconfig)) as made:
        yield client.CoreV1Api(made)


def events(server: KubernetesApi) -> list[Any]:
    return [json.loads(line) for line in server.audit.file.read_text().splitlines()]


def test_every_write_is_there_and_no_read(server: KubernetesApi, core: client.CoreV1Api) -> None:
    core.create_namespaced_config_map("default", config_map("cm", a="1"), field_manager="engine")
    core.list_namespaced_config_map("default")
    core.patch_namespaced_config_map("cm", "default", {"data": {"a": "2"}}, dry_run="All")
    core.delete_namespaced_config_map("cm", "default")
    core.delete_collection_namespaced_config_map("default")
    made, tried, gone, all_gone = events(server)
    assert [e["verb"] for e in (made, tried, gone, all_gone)] == [
        "create", "patch", "delete", "deletecollection",
    ]  # fmt: skip
    assert made["objectRef"] == {
        "resource": "configmaps", "namespace": "default", "name": "cm", "apiVersion": "v1",
    }  # fmt: skip
    assert made["user"] == {"username": "kubernetes-admin",
                            "groups": ["system:masters", "system:authenticated"]}  # fmt: skip
    assert "fieldManager=engine" in made["requestURI"]
    assert "dryRun=All" in tried["requestURI"]
    assert made["responseStatus"] == {"code": 201}
    assert made["requestReceivedTimestamp"] <= made["stageTimestamp"]
    assert len({e["auditID"] for e in events(server)}) == 4


def test_a_name_that_the_server_made_is_told(server: KubernetesApi, core: client.CoreV1Api) -> None:
    body = {"metadata": {"generateName": "cm-"}}
    name = core.create_namespaced_config_map("default", body).metadata.name
    assert events(server)[0]["objectRef"]["name"] == name


def test_refusals_are_there_with_their_reason(
    server: KubernetesApi, core: client.CoreV1Api
) -> None:
    assert refusal(core.read_namespaced_config_map, "cm", "default")[0] == 404
    assert refusal(core.create_namespaced_config_map, "default", config_map("B_B"))[0] == 422
    with config.new_client_from_config(str(server.sign_in("mallory"))) as theirs:
        assert refusal(client.AppsV1Api(theirs).create_namespaced_deployment, "default",
                       deployment())[0] == 403  # fmt: skip
    told = [(e["verb"], e["user"]["username"], e["responseStatus"],
             e["annotations"]["authorization.k8s.io/decision"])
            for e in events(server)]  # fmt: skip
    assert told == [
        ("get", "kubernetes-admin", {"code": 404, "reason": "NotFound"}, "allow"),
        ("create", "kubernetes-admin", {"code": 422, "reason": "Invalid"}, "allow"),
        ("create", "mallory", {"code": 403, "reason": "Forbidden"}, "forbid"),
    ]


def test_what_is_in_a_secret_is_not_in_the_log(
    server: KubernetesApi, core: client.CoreV1Api
) -> None:
    core.create_namespaced_secret("default", {"metadata": {"name": "key"},
                                              "stringData": {"word": "geheim"}})  # fmt: skip
    text = server.audit.file.read_text()
    assert "geheim" not in text
    assert "Z2VoZWlt" not in text
    assert server.token not in text


def test_the_log_begins_anew_before_it_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_BYTES", 1000)
    log = audit.Audit(tmp_path / "audit.log")
    for number in range(100):
        log.write({"number": number})
    log.close()
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1000
    last = json.loads((tmp_path / "audit.log").read_text().splitlines()[-1])
    assert last == {"number": 99}
