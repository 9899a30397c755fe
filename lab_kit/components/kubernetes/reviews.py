"""Answer what nobody keeps: who am I, may I do that, and give me a token.

https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from lab_kit.components.kubernetes import status
from lab_kit.components.kubernetes.rbac import Ask, Rbac
from lab_kit.components.kubernetes.status import Object
from lab_kit.components.kubernetes.users import User, Users

SHORTEST_S, USUAL_S, LONGEST_S = 600, 3600, 86_400
AUTHN, AUTHZ = "authentication.k8s.io", "authorization.k8s.io"
SERVED = {
    AUTHN: [("SelfSubjectReview", "selfsubjectreviews")],
    AUTHZ: [("SelfSubjectAccessReview", "selfsubjectaccessreviews"),
            ("SubjectAccessReview", "subjectaccessreviews"),
            ("SelfSubjectRulesReview", "selfsubjectrulesreviews")],
}  # fmt: skip
PATH = re.compile(r"/apis/(authentication|authorization)\.k8s\.io/v1/(\w+)")


def review(path: str, body: Any, user: User, rbac: Rbac) -> Object | None:
    """Answer a review, None where the path is of none; raise Refused for what may not be asked."""
    found = PATH.fullmatch(path)
    if not found:
        return None
    spec = body.get("spec") if isinstance(body, dict) else None
    spec = spec if isinstance(spec, dict) else {}
    told = {"apiVersion": f"{found[1]}.k8s.io/v1", "metadata": {}}
    if found[2] == "selfsubjectreviews":
        info = {"username": user.name, "groups": list(user.groups)}
        return {**told, "kind": "SelfSubjectReview", "status": {"userInfo": info}}
    if found[2] == "selfsubjectrulesreviews":
        return {**told, "kind": "SelfSubjectRulesReview", "spec": spec,
                "status": rules(user, rbac, spec.get("namespace", ""))}  # fmt: skip
    if found[2] == "subjectaccessreviews":
        rbac.check(user, Ask("create", AUTHZ, found[2]))
        user = User(str(spec.get("user", "")), tuple(map(str, spec.get("groups") or ())))
    elif found[2] != "selfsubjectaccessreviews":
        return None
    allowed = rbac.allows(user, asked(spec))
    kind = next(k for k, plural in SERVED[AUTHZ] if plural == found[2])
    return {**told, "kind": kind, "spec": spec, "status": {"allowed": allowed}}


def asked(spec: Object) -> Ask:
    """Return what a review asks about."""
    at, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if isinstance(path, dict):
        return Ask(str(path.get("verb")), path=str(path.get("path")))
    if not isinstance(at, dict):
        raise status.bad_request("exactly one of resourceAttributes and nonResourceAttributes "
                                 "must be specified")  # fmt: skip
    resource, part = str(at.get("resource", "")), at.get("subresource")
    return Ask(str(at.get("verb", "")), str(at.get("group", "")),
               f"{resource}/{part}" if part else resource, str(at.get("namespace", "")),
               str(at.get("name", "")))  # fmt: skip


def rules(user: User, rbac: Rbac, namespace: str) -> Object:
    """Return what a user may do in a namespace, as `kubectl auth can-i --list` shows it."""
    held = [rule for where, rule in rbac.rules(user) if where in ("", namespace)]
    if user.may_all:
        held = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    return {"resourceRules": [r for r in held if r.get("resources")], "incomplete": False,
            "nonResourceRules": [r for r in held if r.get("nonResourceURLs")]}  # fmt: skip


def token(users: Users, account: Object, body: Any) -> Object:
    """Answer a TokenRequest for a service account."""
    spec = body.get("spec") if isinstance(body, dict) else None
    asked_s = spec.get("expirationSeconds") if isinstance(spec, dict) else None
    seconds = asked_s if isinstance(asked_s, int) else USUAL_S
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise status.invalid("TokenRequest.authentication.k8s.io", "", [(
            "spec.expirationSeconds", f"Invalid value: {seconds}: may not be less than 10 minutes "
            "or more than a day")])  # fmt: skip
    meta = account["metadata"]
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    made = users.sign_account(meta["namespace"], meta["name"], meta["uid"], seconds)
    return {
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
        "spec": {"audiences": ["lab"], "expirationSeconds": seconds},
        "status": {"token": made, "expirationTimestamp": until.strftime("%Y-%m-%dT%H:%M:%SZ")},
    }  # fmt: skip
