"""Three clusters behind one `with` block: which one it is, what it can do, and what it leaves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kubernetes import client, config
from kubernetes.client.rest import ApiException

from lab_kit import doctor
from lab_kit.components.cluster import Cluster, access, api_server, cluster, yours
from lab_kit.components.cluster.choice import ASSETS, CHOICE
from lab_kit.components.cluster.found import LABEL, OURS
from lab_kit.course import Course
from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import wait_until

ROOT = Path(__file__).parents[2]
PROGRAMS = os.environ.get(ASSETS)
real = pytest.mark.skipif(not PROGRAMS, reason=f"{ASSETS} names no kube-apiserver")


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOICE, raising=False)


@pytest.fixture(scope="module")
def embedded() -> Iterator[Cluster]:
    with cluster("embedded") as found:
        yield found


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster("kube-apiserver") as found:
        yield found


def core(found: Cluster) -> client.CoreV1Api:
    return client.CoreV1Api(config.new_client_from_config(str(found.kubeconfig)))


# -- which one -----------------------------------------------------------------------------


def test_a_kubeconfig_that_lies_about_is_never_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / ".kube" / "config"
    home.parent.mkdir()
    home.write_text(json.dumps(kubeconfig("https://production.example")))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(home))
    monkeypatch.setenv(ASSETS, str(tmp_path))
    with cluster() as found:
        assert found.name == "embedded"


def test_a_choice_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "kube-apisrever")
    with pytest.raises(UsageError) as caught:
        cluster()
    assert str(caught.value).splitlines() == [
        "BEYOND_CLUSTER is 'kube-apisrever'.",
        "  That is none of the lab's clusters, and no file.",
        "  Next: Set BEYOND_CLUSTER to embedded, kube-apiserver or the path of a kubeconfig,"
        " or unset it.",
    ]


def test_what_is_missing_for_a_real_one_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(ASSETS, raising=False)
    with pytest.raises(Unavailable, match="KUBEBUILDER_ASSETS is not set"):
        cluster("kube-apiserver")
    monkeypatch.setenv(ASSETS, str(tmp_path))
    (tmp_path / "etcd").write_text("no program")
    with pytest.raises(Unavailable, match="There is no kube-apiserver and no etcd in"):
        cluster("kube-apiserver")


@pytest.mark.parametrize(
    ("choice", "assets", "state", "says", "fix"),
    [
        ("", "", "ok", "embedded; for a real kube-apiserver, set KUBEBUILDER_ASSETS", ""),
        ("", "full", "ok", "embedded; the kube-apiserver in {} if BEYOND_CLUSTER=kube-", ""),
        ("", "none", "note", "embedded; there is no kube-apiserver and no etcd in {}", "set KUBE"),
        ("kube-apiserver", "full", "ok", "kube-apiserver; the kube-apiserver in {}", ""),
        ("kube-apiserver", "", "note", "kube-apiserver; there is no kube-apiserver", "set KUBE"),
        ("/none", "", "note", "'/none': neither a cluster of the lab nor a file", "Set BEYOND"),
    ],
)
def test_the_doctor_says_which_there_are(
    monkeypatch, tmp_path: Path, choice: str, assets: str, state: str, says: str, fix: str
) -> None:
    if assets == "full":
        program(tmp_path, "etcd", "")
        program(tmp_path, "kube-apiserver", "")
    monkeypatch.setenv(ASSETS, str(tmp_path) if assets else "")
    monkeypatch.setenv(CHOICE, choice)
    [found] = doctor.clusters(Course(ROOT))
    assert (found.state, found.name) == (state, "cluster")
    assert says.format(tmp_path) in found.text
    assert fix in found.fix
    assert bool(fix) == bool(found.fix)


# -- what it can do ------------------------------------------------------------------------


def test_what_a_cluster_lacks_is_a_reason_and_not_a_failure(embedded: Cluster) -> None:
    embedded.needs("apply", "watch-410", "crd")
    with pytest.raises(Unavailable) as caught:
        embedded.needs("apply", "pods-run")
    assert str(caught.value).splitlines() == [
        "This needs a node that runs pods.",
        f'  The cluster (embedded, {embedded.version}) lacks the feature "pods-run".',
        "  Next: Choose another one with BEYOND_CLUSTER: `./lab doctor` says which are here.",
    ]
    with pytest.raises(UsageError, match="No cluster has a feature 'watch-401'"):
        embedded.needs("watch-401")


def test_a_namespace_is_labelled_and_no_other_is_deleted(embedded: Cluster) -> None:
    api, name, taken = core(embedded), embedded.namespace("shop"), embedded.namespace("shop")
    assert name.startswith("shop-")
    assert api.read_namespace(name).metadata.labels[LABEL] == OURS
    api.patch_namespace(taken, {"metadata": {"labels": {LABEL: "somebody"}}})
    api.create_namespace({"metadata": {"name": "theirs", "labels": {LABEL: OURS}}})
    assert [embedded.remove(one) for one in (name, taken, "theirs", "default")] == [
        True, False, False, False,
    ]  # fmt: skip
    left = {one.metadata.name for one in api.list_namespace().items}
    assert {taken, "theirs", "default"} <= left
    assert name not in left


def test_a_namespace_that_was_made_anew_is_not_deleted(embedded: Cluster) -> None:
    api, name = core(embedded), embedded.namespace("shop")
    api.delete_namespace(name)
    api.create_namespace({"metadata": {"name": name, "labels": {LABEL: OURS}}})
    assert not embedded.remove(name)
    assert api.read_namespace(name)


# -- a real one ----------------------------------------------------------------------------


def program(folder: Path, name: str, does: str) -> None:
    """Write a program that stands where a real one should."""
    (folder / name).write_text(f"#!/bin/sh\n{does}\n")
    (folder / name).chmod(0o755)


def refused_start(programs: Path) -> str:
    with pytest.raises(Unavailable) as caught, api_server.api_server(programs):
        pass
    return str(caught.value)


def test_a_program_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    program(tmp_path, "etcd", "echo first; echo 'etcd: cannot read member'; exit 3")
    program(tmp_path, "kube-apiserver", "exec sleep 60")
    said = refused_start(tmp_path)
    assert said.startswith("The real API server did not start within ")
    assert "etcd (it exited with status 3):\n  first\n  etcd: cannot read member" in said
    assert "kube-apiserver (" not in said
    assert said.endswith("Next: Unset BEYOND_CLUSTER to use the embedded one.")
    assert not running(tmp_path)


def test_programs_that_hang_are_ended_at_the_deadline(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(api_server, "START_S", 0.5)
    program(tmp_path, "etcd", "echo waiting; exec sleep 60")
    program(tmp_path, "kube-apiserver", "exec sleep 60")
    said = refused_start(tmp_path)
    assert "The API server was not ready within 0.5 s." in said
    assert "etcd (it still runs):\n  waiting" in said
    assert "kube-apiserver (it still runs):" in said
    assert not running(tmp_path)


def running(programs: Path) -> list[psutil.Process]:
    """Return this process's children that came from a folder, or from `sleep`."""
    return [one for one in psutil.Process().children(recursive=True)
            if one.name() == "sleep" or str(programs) in " ".join(one.cmdline())]  # fmt: skip


@real
def test_a_port_that_was_taken_meanwhile_is_no_failure(monkeypatch) -> None:
    free = api_server.ports
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offers = [[taken.getsockname()[1], *free(1)], free(2)]
        monkeypatch.setattr(api_server, "ports", lambda count: offers.pop(0))
        with cluster("kube-apiserver") as found:
            assert found.name == "kube-apiserver"
    assert not offers


@real
def test_a_real_one_listens_here_alone_and_tells_who_did_what(server: Cluster) -> None:
    told = [c.laddr.ip for one in psutil.Process().children(recursive=True)
            for c in one.net_connections("inet") if c.status == psutil.CONN_LISTEN]  # fmt: skip
    assert told
    assert set(told) == {"127.0.0.1"}
    name = server.namespace("seen")

    def seen() -> bool:
        lines = [json.loads(line) for line in server.audit.read_text().splitlines()]
        return any((one.get("objectRef") or {}).get("name") == name
                   and (one["verb"], one["user"]["username"]) == ("create", "admin")
                   for one in lines)  # fmt: skip

    wait_until(seen, timeout=5, what="the audit log")


@real
def test_nobody_reads_its_store_without_its_key(server: Cluster, tmp_path: Path) -> None:
    known = json.loads(server.kubeconfig.read_text())["clusters"][0]["cluster"]
    ports = {c.laddr.port for one in psutil.Process().children(recursive=True)
             for c in one.net_connections("inet") if c.status == psutil.CONN_LISTEN}  # fmt: skip
    ports.remove(int(known["server"].rsplit(":", 1)[1]))
    assert ports
    for port in ports:
        place = {**known, "server": f"https://127.0.0.1:{port}"}
        stranger = access.Access(place, {"token": "none"}, tmp_path)
        with pytest.raises(Unavailable, match="No cluster answers"):
            stranger.ask("POST", "/v3/kv/range", {"key": "AA==", "range_end": "AA=="})


@real
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_lab_that_was_ended(end: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import time\nfrom lab_kit.components.cluster import cluster\n"
        "with cluster('kube-apiserver'):\n    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    lab = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)  # fmt: skip
    with lab:
        assert lab.stdout is not None
        assert lab.stdout.readline() == "ready\n"
        programs = psutil.Process(lab.pid).children(recursive=True)
        assert {"etcd", "kube-apiserver"} <= {one.name() for one in programs}
        lab.send_signal(end)
        lab.wait(20)
    assert psutil.wait_procs(programs, timeout=10)[1] == []
    if end == signal.SIGINT:
        assert list(tmp_path.iterdir()) == []


# -- a cluster of one's own ----------------------------------------------------------------


def kubeconfig(server: str, **more: object) -> dict[str, object]:
    context = {"cluster": "c", "user": "u"}
    user, place = more.pop("user", {"token": "t"}), more.pop("place", {})
    return {
        "clusters": [{"name": "c", "cluster": {"server": server, **place}}],  # type: ignore[dict-item]
        "users": [{"name": "u", "user": user}], "current-context": "one",
        "contexts": [{"name": n, "context": context} for n in more.pop("contexts", ["one"])],  # type: ignore[attr-defined]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (kubeconfig("https://x", contexts=["one", "prod"]), "has 2 contexts."),
        (kubeconfig("https://x", user={"exec": {"command": "aws"}}), "It has exec."),
        (kubeconfig("https://x", place={"insecure-skip-tls-verify": True}), "It has insecure-skip"),
        (kubeconfig("http://x"), "http://x is not https."),
        ({"clusters": []}, "is no kubeconfig that can be used."),
        ([], "is no kubeconfig that can be used."),
    ],
)
def test_a_kubeconfig_that_leaves_a_doubt_is_refused(tmp_path: Path, settings, says: str) -> None:
    file = tmp_path / "config"
    file.write_text(json.dumps(settings))
    with pytest.raises(Unavailable) as caught, cluster(str(file)):
        pass
    assert says in str(caught.value)
    assert "kubectl " in caught.value.next


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    [port] = api_server.ports(1)
    (tmp_path / "config").write_text(json.dumps(kubeconfig(f"https://127.0.0.1:{port}")))
    with pytest.raises(Unavailable, match=r"No cluster answers at https://127\.0\.0\.1"):
        with cluster(str(tmp_path / "config")):
            pass


def ours(api: client.CoreV1Api) -> list[str]:
    """Return the lab's namespaces that are not on their way out."""
    found = api.list_namespace(label_selector=f"{LABEL}={OURS}").items
    return [one.metadata.name for one in found if one.metadata.deletion_timestamp is None]


def test_a_cluster_that_would_let_a_lab_do_anything_is_left_as_it_was(monkeypatch) -> None:
    monkeypatch.setattr(yours.Guest, "admit", lambda self, namespace: None)
    monkeypatch.setattr(yours.Guest, "may", lambda self, *asked: True)
    with cluster("embedded") as under:
        with pytest.raises(Unavailable, match="Your cluster would let the lab do anything"):
            with cluster(str(under.kubeconfig)):
                pass
        assert ours(core(under)) == []


@real
def test_a_lab_is_a_guest_that_leaves_nothing_but_what_was_there(server: Cluster) -> None:
    owner = core(server)
    owner.create_namespaced_config_map("default", {"metadata": {"name": "theirs"}})
    before = set(ours(owner))
    with cluster(str(server.kubeconfig)) as found:
        assert found.name == "your cluster"
        assert not found.features & {"crd", "admission", "rbac", "audit", "watch-410", "pods-run"}
        name, guest = found.namespace("shop"), core(found)
        assert guest.create_namespaced_config_map(name, {"metadata": {"name": "mine"}})
        assert owner.read_namespace(name).metadata.labels["pod-security.kubernetes.io/enforce"]
        crd = client.ApiextensionsV1Api(guest.api_client).list_custom_resource_definition
        for act in (
            lambda: guest.delete_namespaced_config_map("theirs", "default"),
            lambda: guest.list_config_map_for_all_namespaces(),
            lambda: guest.create_namespace({"metadata": {"name": "mine"}}),
            lambda: guest.delete_namespace(name), lambda: guest.patch_namespace(name, {}), crd,
        ):  # fmt: skip
            with pytest.raises(ApiException) as caught:
                act()
            assert caught.value.status == 403
        assert set(ours(owner)) - before > {name}
    assert set(ours(owner)) == before
    assert owner.read_namespaced_config_map("theirs", "default")
