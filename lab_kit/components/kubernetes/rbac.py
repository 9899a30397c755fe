"""Decide what a user may do, by the roles that are bound to them.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.store import Event, Store
from lab_kit.components.kubernetes.users import User

GROUP = "rbac.authorization.k8s.io"
ROLES, CLUSTER_ROLES = f"roles.{GROUP}", f"clusterroles.{GROUP}"
BINDINGS, CLUSTER_BINDINGS = f"rolebindings.{GROUP}", f"clusterrolebindings.{GROUP}"
KINDS = (ROLES, CLUSTER_ROLES, BINDINGS, CLUSTER_BINDINGS)
ACCOUNT = "system:serviceaccount:"
Rules = list[tuple[str, Object]]  # each with the namespace that it holds in, "" for all


@dataclass(frozen=True)
class Ask:
    """Name what somebody wants to do: `resource` may have a part, as in `deployments/scale`."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""  # instead of a resource, such as /healthz


class Rbac:
    """Read roles and bindings from a store; what they come to is remembered until one changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules: dict[User, Rules] = {}
        store.listen(self._heard)

    def allows(self, user: User, ask: Ask) -> bool:
        return user.may_all or any(
            namespace in ("", ask.namespace) and covers(rule, ask)
            for namespace, rule in self.rules(user)
        )

    def check(self, user: User, ask: Ask) -> None:
        """Raise Refused (403) for what a user may not do."""
        if not self.allows(user, ask):
            raise forbidden(user, ask)

    def rules(self, user: User) -> Rules:
        """Return every rule that is bound to a user, with its namespace."""
        found = self._rules.get(user)
        if found is None:
            found = self._rules[user] = list(self._bound(user))
        return found

    def role(self, namespace: str, ref: Object) -> list[Object]:
        """Return the rules of the role that a binding in a namespace names; none if it is gone."""
        if ref.get("kind") == "Role":
            one = self._store.get(ROLES, namespace, str(ref.get("name")))
        else:
            one = self._store.get(CLUSTER_ROLES, "", str(ref.get("name")))
        return list((one or {}).get("rules") or ())

    def _bound(self, user: User) -> Iterator[tuple[str, Object]]:
        for resource in (CLUSTER_BINDINGS, BINDINGS):
            for binding in self._store.all(resource)[0]:
                namespace = binding["metadata"].get("namespace", "")
                if any(means(s, user) for s in binding.get("subjects") or ()):
                    for rule in self.role(namespace, binding["roleRef"]):
                        yield namespace, rule

    def _heard(self, event: Event) -> None:
        if event.resource in KINDS:
            self._rules = {}


def means(subject: Object, user: User) -> bool:
    """Say whether a binding's subject is this user."""
    kind, name = subject.get("kind"), str(subject.get("name"))
    if kind == "ServiceAccount":
        return user.name == f"{ACCOUNT}{subject.get('namespace')}:{name}"
    return name in user.groups if kind == "Group" else kind == "User" and name == user.name


def covers(rule: Object, ask: Ask) -> bool:
    """Say whether a rule grants what is asked for."""
    if not among(ask.verb, rule.get("verbs")):
        return False
    if ask.path:
        return any(url in ("*", ask.path) or (url.endswith("*") and ask.path.startswith(url[:-1]))
                   for url in rule.get("nonResourceURLs") or ())  # fmt: skip
    names = rule.get("resourceNames") or ()
    part = ask.resource.partition("/")[2]
    resources = rule.get("resources") or ()
    known = among(ask.resource, resources) or (part and f"*/{part}" in resources)
    return bool(among(ask.group, rule.get("apiGroups")) and known
                and (not names or ask.name in names))  # fmt: skip


def among(word: str, listed: Iterable[str] | None) -> bool:
    """Say whether a word is listed, or all are."""
    listed = listed or ()
    return "*" in listed or word in listed


def asks(rule: Object, namespace: str) -> Iterator[Ask]:
    """Give everything that a rule grants, one by one; a `*` stands for itself."""
    for verb in rule.get("verbs") or ():
        for url in rule.get("nonResourceURLs") or ():
            yield Ask(verb, path=url)
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for name in rule.get("resourceNames") or ("",):
                    yield Ask(verb, group, resource, namespace, name)


def forbidden(user: User, ask: Ask) -> Refused:
    """Return the refusal of what a user may not do, in the words of the real server."""
    if ask.path:
        said = f'forbidden: User "{user.name}" cannot {ask.verb} path "{ask.path}"'
        return Refused(403, "Forbidden", said)
    plural = ask.resource.partition("/")[0]
    kind = f"{plural}.{ask.group}" if ask.group else plural
    where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
    told = f'{kind} "{ask.name}"' if ask.name else kind
    said = (f'{told} is forbidden: User "{user.name}" cannot {ask.verb} resource "{ask.resource}" '
            f'in API group "{ask.group}" {where}')  # fmt: skip
    return Refused(403, "Forbidden", said, name=ask.name, kind=kind)
