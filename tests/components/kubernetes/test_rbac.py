"""Who may do what: tokens, roles, bindings, and the ways around them."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import ssl
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from lab_kit.components.kubernetes import KubernetesApi
from tests.components.kubernetes.made import config_map, deployment, refusal

GROUP = "rbac.authorization.k8s.io"
READ = ["get", "list", "watch"]
As = Callable[..., client.ApiClient]
Object = dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesApi]:
    with KubernetesApi() as made:
        yield made


@pytest.fixture
def admin(server: KubernetesApi) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(server.kubeconfig)) as made:
        yield made


@pytest.fixture
def space(admin: client.ApiClient) -> str:
    name = f"t-{secrets.token_hex(4)}"
    client.CoreV1Api(admin).create_namespace({"metadata": {"name": name}})
    return name


@pytest.fixture
def user(server: KubernetesApi) -> Iterator[tuple[str, client.ApiClient, Path]]:
    """Give a fresh user: their name, a client of theirs, and their kubeconfig."""
    name = f"u-{secrets.token_hex(4)}"
    kubeconfig = server.sign_in(name, "shop")
    with config.new_client_from_config(str(kubeconfig)) as made:
        yield name, made, kubeconfig


def rule(resources: list[str], verbs: list[str], group: str = "", **more: Any) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs, **more}


def grant(admin: client.ApiClient, space: str, name: str, *rules: Object) -> None:
    """Bind rules to a user, in one namespace or ("") everywhere."""
    api, role = client.RbacAuthorizationV1Api(admin), f"r-{secrets.token_hex(4)}"
    subject = {"kind": "User", "name": name, "apiGroup": GROUP}
    ref = {"kind": "Role" if space else "ClusterRole", "name": role, "apiGroup": GROUP}
    bound = {"metadata": {"name": role}, "roleRef": ref, "subjects": [subject]}
    body = {"metadata": {"name": role}, "rules": list(rules)}
    if space:
        api.create_namespaced_role(space, body)
        api.create_namespaced_role_binding(space, bound)
    else:
        api.create_cluster_role(body)
        api.create_cluster_role_binding(bound)


def test_nothing_is_allowed_that_no_role_allows(
    admin: client.ApiClient, space: str, user: tuple[str, client.ApiClient, Path]
) -> None:
    name, mine, _ = user
    core, apps = client.CoreV1Api(mine), client.AppsV1Api(mine)
    assert refusal(core.list_namespaced_config_map, space) == (
        403, "Forbidden", f'configmaps is forbidden: User "{name}" cannot list resource '
        f'"configmaps" in API group "" in the namespace "{space}"',
    )  # fmt: skip
    assert refusal(apps.read_namespaced_deployment, "web", space)[2] == (
        f'deployments.apps "web" is forbidden: User "{name}" cannot get resource "deployments" '
        f'in API group "apps" in the namespace "{space}"'
    )
    assert refusal(core.create_namespace, {"metadata": {"name": "x"}})[2].endswith(
        'cannot create resource "namespaces" in API group "" at the cluster scope'
    )
    grant(admin, space, name, rule(["configmaps"], ["list"]))
    assert core.list_namespaced_config_map(space).items == []
    assert refusal(core.list_namespaced_config_map, "default")[0] == 403
    assert refusal(core.list_config_map_for_all_namespaces)[0] == 403
    assert refusal(core.create_namespaced_config_map, space, config_map("cm"))[0] == 403


@pytest.mark.parametrize(
    ("rules", "act", "allowed"),
    [
        (rule(["deployments"], ["patch"], "apps"), "scale", False),
        (rule(["deployments/scale"], ["patch"], "apps"), "scale", True),
        (rule(["*/scale"], ["patch"], "apps"), "scale", True),
        (rule(["deployments/scale"], ["patch"], ""), "scale", False),
        (rule(["*"], ["*"], "*"), "scale", True),
        (rule(["deployments"], ["get"], "apps"), "watch", False),
        (rule(["deployments"], ["watch"], "apps"), "watch", True),
        (rule(["deployments"], ["delete"], "apps"), "deletecollection", False),
        (rule(["deployments"], ["deletecollection"], "apps"), "deletecollection", True),
        (rule(["deployments"], ["patch"], "apps"), "apply anew", False),
        (rule(["deployments"], ["patch", "create"], "apps"), "apply anew", True),
        (rule(["deployments"], ["get"], "apps", resourceNames=["web"]), "get", True),
        (rule(["deployments"], ["get"], "apps", resourceNames=["shop"]), "get", False),
        (rule(["deployments"], ["list"], "apps", resourceNames=["web"]), "list it", True),
        (rule(["deployments"], ["list"], "apps", resourceNames=["web"]), "list", False),
    ],
)
def test_a_rule_allows_what_it_says(
    admin: client.ApiClient, space: str, user: tuple[str, client.ApiClient, Path],
    rules: Object, act: str, allowed: bool,
) -> None:  # fmt: skip
    client.AppsV1Api(admin).create_namespaced_deployment(space, deployment())
    name, mine, _ = user
    grant(admin, space, name, rules)
    apps = client.AppsV1Api(mine)
    acts: dict[str, Callable[[], Any]] = {
        "scale": lambda: apps.patch_namespaced_deployment_scale(
            "web", space, {"spec": {"replicas": 1}}),
        "watch": lambda: apps.list_namespaced_deployment(
            space, watch=True, timeout_seconds=1, _preload_content=False),
        "deletecollection": lambda: apps.delete_collection_namespaced_deployment(space),
        "apply anew": lambda: apps.patch_namespaced_deployment(
            "new", space, deployment("new"), field_manager="m",
            _content_type="application/apply-patch+yaml"),
        "get": lambda: apps.read_namespaced_deployment("web", space),
        "list": lambda: apps.list_namespaced_deployment(space),
        "list it": lambda: apps.list_namespaced_deployment(
            space, field_selector="metadata.name=web"),
    }  # fmt: skip
    if allowed:
        acts[act]()
    else:
        assert refusal(acts[act])[:2] == (403, "Forbidden")


def test_a_role_that_changes_counts_at_once(
    admin: client.ApiClient, user: tuple[str, client.ApiClient, Path], space: str
) -> None:
    name, mine, _ = user
    core, api = client.CoreV1Api(mine), client.RbacAuthorizationV1Api(admin)
    grant(admin, space, name, rule(["configmaps"], READ))
    core.list_namespaced_config_map(space)
    (role,) = api.list_namespaced_role(space).items
    api.patch_namespaced_role(role.metadata.name, space, {"rules": []})
    assert refusal(core.list_namespaced_config_map, space)[0] == 403


def test_nobody_grants_what_they_do_not_have(
    admin: client.ApiClient, space: str, user: tuple[str, client.ApiClient, Path]
) -> None:
    name, mine, _ = user
    api = client.RbacAuthorizationV1Api(mine)
    write = ["create", "patch", "update", "delete"]  # and neither `escalate` nor `bind`
    grant(admin, space, name, rule(["roles", "rolebindings"], write, GROUP),
          rule(["configmaps"], READ))  # fmt: skip
    body = {"metadata": {"name": "mine"}, "rules": [rule(["configmaps"], READ)]}
    api.create_namespaced_role(space, body)  # what they have
    more = {"metadata": {"name": "more"}, "rules": [rule(["secrets"], ["get"])]}
    code, reason, message = refusal(api.create_namespaced_role, space, more)
    assert (code, reason) == (403, "Forbidden")
    groups = ["shop", "system:authenticated"]
    assert message == (
        f'roles.{GROUP} "more" is forbidden: user "{name}" (groups={groups}) is attempting '
        "to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
    )  # fmt: skip
    all_of_it = {"rules": [rule(["*"], ["*"], "*")]}
    assert refusal(api.patch_namespaced_role, "mine", space, all_of_it)[0] == 403
    ref = {"kind": "ClusterRole", "name": "admin", "apiGroup": GROUP}
    me = {"kind": "User", "name": name, "apiGroup": GROUP}
    bound = {"metadata": {"name": "up"}, "roleRef": ref, "subjects": [me]}
    assert refusal(api.create_namespaced_role_binding, space, bound)[0] == 403
    grant(admin, space, name, rule(["clusterroles"], ["bind"], GROUP, resourceNames=["admin"]))
    api.create_namespaced_role_binding(space, bound)
    client.CoreV1Api(mine).list_namespaced_secret(space)
    other = {"roleRef": {**ref, "name": "view"}}
    code, _, message = refusal(api.patch_namespaced_role_binding, "up", space, other)
    assert (code, "cannot change roleRef" in message) == (422, True)


def test_service_accounts_have_tokens_that_end_with_them(
    server: KubernetesApi, admin: client.ApiClient, space: str
) -> None:
    core = client.CoreV1Api(admin)
    core.create_namespaced_service_account(space, {"metadata": {"name": "deployer"}})
    body = {"spec": {"expirationSeconds": 600}}
    made = core.create_namespaced_service_account_token("deployer", space, body)
    name = f"system:serviceaccount:{space}:deployer"
    assert asked(server, "/api/v1/namespaces", made.status.token)[0] == 403
    grant(admin, "", name, rule(["namespaces"], ["list"]))
    assert asked(server, "/api/v1/namespaces", made.status.token)[0] == 200
    core.delete_namespaced_service_account("deployer", space)
    core.create_namespaced_service_account(space, {"metadata": {"name": "deployer"}})
    assert asked(server, "/api/v1/namespaces", made.status.token)[0] == 401
    short = {"spec": {"expirationSeconds": 5}}
    code, _, message = refusal(
        core.create_namespaced_service_account_token, "deployer", space, short
    )
    assert (code, "may not be less than 10 minutes" in message) == (422, True)


def asked(
    server: KubernetesApi, path: str, token: str | None, method: str = "GET", **headers: str
) -> tuple[int, Object]:
    """Ask with a token, byte for byte as given."""
    trusted = ssl.create_default_context(cadata=server.certificate.decode())
    host, port = server.url.removeprefix("https://").split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=trusted, timeout=10)
    given = {"Authorization": f"Bearer {token}"} if token is not None else {}
    connection.request(method, path, headers={**given, **headers})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, json.loads(data) if data[:1] == b"{" else {}


@pytest.mark.parametrize("token", [None, "", "x", "é", "Bearer", "a" * 9000])
def test_who_has_no_token_of_ours_is_nobody(server: KubernetesApi, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        code, told = asked(server, "/api/v1/namespaces", None, **headers)
    except UnicodeEncodeError:
        pytest.skip("http.client sends no such header")
    assert (code, told["message"]) == (401, "Unauthorized")


def test_a_token_in_the_address_is_none(server: KubernetesApi) -> None:
    assert asked(server, f"/api/v1/namespaces?access_token={server.token}", None)[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/{}/secrets", "//api/v1/namespaces/{}/secrets",
        "/api/v1/namespaces/{}/configmaps/../secrets", "/api/v1/namespaces/{}/secrets/",
        "/api/v1/namespaces/{}/configmaps/..%2Fsecrets", "/api/v1/namespaces/{}/%73ecrets",
        "/api/v1/namespaces/{}/secrets?watch=1&timeoutSeconds=1", "/api/v1/secrets",
        "/api/v1/namespaces/{}/secrets?fieldSelector=metadata.name=cm",
        "/api/v1/watch/namespaces/{}/secrets", "/openapi/../api/v1/secrets",
        "/api/v1/namespaces/{}/configmaps/cm/../../secrets/key",
    ],
)  # fmt: skip
def test_no_path_leads_around_the_roles(
    server: KubernetesApi, admin: client.ApiClient, space: str,
    user: tuple[str, client.ApiClient, Path], path: str,
) -> None:  # fmt: skip
    core = client.CoreV1Api(admin)
    core.create_namespaced_secret(space, {"metadata": {"name": "key"},
                                          "stringData": {"word": "geheim"}})  # fmt: skip
    name, _, kubeconfig = user
    grant(admin, space, name, rule(["configmaps"], READ, resourceNames=["cm"]),
          rule(["configmaps"], READ))  # fmt: skip
    token = json.loads(kubeconfig.read_text())["users"][0]["user"]["token"]
    code, told = asked(server, path.format(space), token)
    assert code in (403, 404)
    assert "geheim" not in json.dumps(told)
    assert b64decode("Z2VoZWlt") == b"geheim"
    assert "Z2VoZWlt" not in json.dumps(told)


def test_nobody_acts_as_another_but_the_admin(
    server: KubernetesApi, user: tuple[str, client.ApiClient, Path]
) -> None:
    name, _, kubeconfig = user
    token = json.loads(kubeconfig.read_text())["users"][0]["user"]["token"]
    masters = {"Impersonate-User": "root", "Impersonate-Group": "system:masters"}
    for headers in (masters, {"Impersonate-Group": "system:masters"}, {"impersonate-uid": "0"}):
        code, told = asked(server, "/api/v1/namespaces", token, **headers)
        assert (code, told["reason"]) == (403, "Forbidden")
        assert f'User "{name}" cannot impersonate resource "users"' in told["message"]
    code, told = asked(server, "/api/v1/namespaces", server.token, **{"Impersonate-User": name})
    assert code == 403
    assert f'User "{name}" cannot list' in told["message"]


def test_one_can_ask_who_one_is_and_what_one_may(
    admin: client.ApiClient, space: str, user: tuple[str, client.ApiClient, Path]
) -> None:
    name, mine, _ = user
    grant(admin, space, name, rule(["configmaps"], READ))
    who = client.AuthenticationV1Api(mine).create_self_subject_review({})
    assert (who.status.user_info.username, who.status.user_info.groups) == (
        name, ["shop", "system:authenticated"],
    )  # fmt: skip
    ask = client.AuthorizationV1Api(mine)

    def may(verb: str, resource: str) -> bool:
        at = {"namespace": space, "verb": verb, "resource": resource}
        body = {"spec": {"resourceAttributes": at}}
        return bool(ask.create_self_subject_access_review(body).status.allowed)

    assert may("list", "configmaps")
    assert not may("list", "secrets")
    rules = ask.create_self_subject_rules_review({"spec": {"namespace": space}}).status
    assert [(r.resources, r.verbs) for r in rules.resource_rules] == [(["configmaps"], READ)]
    about = {"spec": {"user": name, "resourceAttributes": {"verb": "list", "resource": "pods"}}}
    assert refusal(ask.create_subject_access_review, about)[0] == 403
    assert not client.AuthorizationV1Api(admin).create_subject_access_review(about).status.allowed


def test_kubectl_works_as_a_user_and_is_told_what_it_may_not(
    admin: client.ApiClient, space: str, user: tuple[str, client.ApiClient, Path], tmp_path: Path
) -> None:
    name, _, kubeconfig = user
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig)}

    def kubectl(*words: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).parent / "kubectl", "-n", space, *words], env=env, text=True,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    grant(admin, space, name, rule(["configmaps"], READ))
    assert "No resources found" in kubectl("get", "configmaps")
    assert f'User "{name}" cannot list resource "secrets"' in kubectl("get", "secrets")
