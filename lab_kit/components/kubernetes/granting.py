"""Let nobody grant what they do not have: whoever may write roles is not master of all.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

from __future__ import annotations

from itertools import islice

from lab_kit.components.kubernetes.keeping import Options
from lab_kit.components.kubernetes.rbac import GROUP, Ask, Rbac, asks
from lab_kit.components.kubernetes.resources import Resource
from lab_kit.components.kubernetes.status import Object, Refused, invalid
from lab_kit.components.kubernetes.users import User

ROLES, BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")
MOST = 20_000  # combinations of one role that are looked at


class Granting:
    """Look at every role and binding before it is kept."""

    def __init__(self, rbac: Rbac) -> None:
        self._rbac = rbac

    def __call__(
        self, operation: str, resource: Resource, one: Object, before: Object | None,
        options: Options,
    ) -> None:  # fmt: skip
        if resource.group != GROUP or operation == "DELETE":
            return
        user = User(options.user, options.groups)
        namespace, name = one["metadata"].get("namespace", ""), one["metadata"]["name"]
        if resource.kind in BINDINGS:
            if before is not None and before["roleRef"] != one["roleRef"]:
                raise invalid(f"{resource.kind}.{GROUP}", name,
                              [("roleRef", "Invalid value: cannot change roleRef")])  # fmt: skip
            ref = one["roleRef"]
            plural = "roles" if ref.get("kind") == "Role" else "clusterroles"
            may = self._rbac.allows(
                user, Ask("bind", GROUP, plural, namespace, ref.get("name", ""))
            )
            rules = self._rbac.role(namespace, ref)
        else:
            may = self._rbac.allows(user, Ask("escalate", GROUP, resource.plural, namespace, name))
            rules = one.get("rules") or []
        if not may:
            self._check(user, resource, name, namespace, rules)

    def _check(
        self, user: User, resource: Resource, name: str, namespace: str, rules: list[Object]
    ) -> None:
        missing = []
        for rule in rules:
            wanted = list(islice(asks(rule, namespace), MOST + 1))
            if len(wanted) > MOST or not all(self._rbac.allows(user, ask) for ask in wanted):
                missing.append(told(rule))
        if missing:
            said = (f'{resource.name} "{name}" is forbidden: user "{user.name}" '
                    f"(groups={list(user.groups)}) is attempting to grant RBAC permissions not "
                    "currently held:\n" + "\n".join(missing))  # fmt: skip
            raise Refused(403, "Forbidden", said, name=name, kind=resource.name)


def told(rule: Object) -> str:
    """Return a rule as messages show it."""
    names = {"apiGroups": "APIGroups", "resources": "Resources", "resourceNames": "ResourceNames",
             "nonResourceURLs": "NonResourceURLs", "verbs": "Verbs"}  # fmt: skip
    parts = [f"{label}:{rule[key]}" for key, label in names.items() if rule.get(key)]
    return "{" + ", ".join(parts).replace("'", '"') + "}"
