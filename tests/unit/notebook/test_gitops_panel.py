"""Show Git beside the cluster: what the panel says of drift, chaos and the engine at work."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_kit.components.cluster import Cluster, cluster
from lab_kit.components.controllers import Images
from lab_kit.components.controllers.client import Client
from lab_kit.components.repository import Repository
from lab_kit.notebook.cluster_tree import MOST_ROWS, counted, differences, tree
from lab_kit.notebook.gitops import DELETE, EDIT, GUARD, SCALE, GitOpsPanel
from lab_kit.process import wait_until
from tests.unit.notebook.test_panels import click

Object = dict[str, Any]
WEB: Object = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}},
             "template": {"metadata": {"labels": {"a": "b"}},
                          "spec": {"containers": [{"name": "main", "image": "kiosk/web:1"}]}}},
}  # fmt: skip
MAP: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "words"},
               "data": {"currency": "EUR"}}  # fmt: skip
PLACES = {"Deployment": "/apis/apps/v1/namespaces/kiosk/deployments",
          "ConfigMap": "/api/v1/namespaces/kiosk/configmaps"}  # fmt: skip


@pytest.fixture(scope="module")
def kube() -> Iterator[Cluster]:
    with cluster("embedded", Images()) as made:
        Client(made.kubeconfig, "test").create(
            "/api/v1/namespaces", {"metadata": {"name": "kiosk"}}
        )
        yield made


@pytest.fixture
def client(kube: Cluster) -> Iterator[Client]:
    made = Client(kube.kubeconfig, "test")
    for one in (WEB, MAP):
        made.create(PLACES[one["kind"]], copy.deepcopy(one))
    yield made
    for place in PLACES.values():
        for one in made.list(place)[0]:
            if one["metadata"]["name"] != "kube-root-ca.crt":
                made.delete(f"{place}/{one['metadata']['name']}")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.make(tmp_path / "repo")
    made.write({"all.yaml": yaml.safe_dump_all([WEB, MAP])})
    made.commit("Sell <b>quotes</b>")
    return made


@pytest.fixture
def panel(kube: Cluster, client: Client, repository: Repository) -> Iterator[GitOpsPanel]:
    made = GitOpsPanel(kube, repository, lambda: [WEB, MAP])
    wait_until(lambda: seen(made).endswith("2 of 2 pods ready."), timeout=20, what="two pods")
    yield made
    made.stop()


def seen(panel: GitOpsPanel) -> str:
    panel.look()
    return str(panel.sentence)


def row(panel: GitOpsPanel, name: str) -> dict[str, Any]:
    return next(row for row in panel.rows if row["name"] == name)


def test_what_is_as_in_git_is_said_so_down_to_the_pods(panel: GitOpsPanel) -> None:
    assert seen(panel) == "2 as in Git; 2 of 2 pods ready."
    assert [r["depth"] for r in panel.rows] == [0, 1, 2, 2, 0]
    assert row(panel, "Deployment web")["health"] == "2 of 2 ready"
    assert panel.commits[0]["what"] == "Sell <b>quotes</b>"
    assert "Sell &lt;b&gt;" in panel.as_html()


def test_an_edit_is_told_with_both_values(panel: GitOpsPanel) -> None:
    click(panel, do="press", text=EDIT)
    told = row(panel, "ConfigMap words")
    assert told["state"] == "differs"
    assert told["text"].startswith("data.currency is 'chaos ")
    assert told["text"].endswith("in Git 'EUR'")
    assert panel.writes[0]["who"] == "chaos"
    assert panel.writes[0]["what"] == "patch configmaps words"


def test_scaling_and_deleting_are_seen(panel: GitOpsPanel) -> None:
    click(panel, do="press", text=SCALE)
    assert "spec.replicas is" in row(panel, "Deployment web")["text"]
    click(panel, do="press", text=DELETE)
    assert row(panel, "Deployment web")["state"] == "missing"
    click(panel, do="press", text=DELETE)
    assert panel.said.startswith("No Deployment is left to touch.")


def test_what_git_does_not_have_is_told(panel: GitOpsPanel, client: Client) -> None:
    client.create(PLACES["ConfigMap"], {**MAP, "metadata": {"name": "other"}})
    assert "1 not in Git" in seen(panel)


def test_the_engine_stands_guard_while_it_lasts_and_once_only(
    kube: Cluster, client: Client, repository: Repository
) -> None:
    begun, end, calls = threading.Event(), threading.Event(), []

    def guard(seconds: float) -> None:
        calls.append(seconds)
        begun.set()
        end.wait(20)

    panel = GitOpsPanel(kube, repository, lambda: [WEB, MAP], guard=guard)
    click(panel, do="press", text=GUARD)
    assert begun.wait(10)
    assert seen(panel).endswith("The engine stands guard.")
    click(panel, do="press", text=GUARD)
    assert len(calls) == 1
    end.set()
    wait_until(lambda: not panel.guarding, timeout=10, what="the end of the guard")
    panel.stop()


@pytest.mark.parametrize(
    ("problem", "said"),
    [(NotImplementedError("list, heal"), "The engine is not written yet."),
     (ZeroDivisionError("by zero"), "The engine went home.")],
)  # fmt: skip
def test_an_engine_that_fails_is_told(
    kube: Cluster, client: Client, repository: Repository, problem: Exception, said: str
) -> None:
    def guard(seconds: float) -> None:
        raise problem

    panel = GitOpsPanel(kube, repository, lambda: [WEB], guard=guard)
    click(panel, do="press", text=GUARD)
    wait_until(lambda: panel.said != "", timeout=10, what="what went wrong")
    assert panel.said.startswith(said)
    assert "finish guard." in panel.said
    panel.stop()


def test_nothing_runs_until_somebody_looks(panel: GitOpsPanel) -> None:
    assert not panel.producing
    click(panel, do="beat")
    assert panel.producing
    panel.stop()
    end = time.monotonic() + 5
    while panel.producing and time.monotonic() < end:
        time.sleep(0.01)
    assert not panel.producing


def test_lists_are_compared_by_name() -> None:
    wanted = {"c": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]}
    live = {"c": [{"name": "b", "x": 2, "more": 0}, {"name": "a", "x": 9}], "status": 1}
    assert list(differences(wanted, live)) == [(".c[a].x", 1, 9)]
    assert list(differences([1], [1, 2])) == [("", [1], [1, 2])]


def test_a_long_list_ends_with_a_count() -> None:
    live = [{"kind": "ConfigMap", "metadata": {"name": f"m{n}", "uid": str(n)}}
            for n in range(MOST_ROWS + 7)]  # fmt: skip
    rows = tree([], live)
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1]["name"] == "and 7 more"
    assert counted([]) == "Nothing is there; 0 of 0 pods ready."
