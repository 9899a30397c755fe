"""Say which requests a policy or a binding is for: by rules, and by labels.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab_kit.components.kubernetes import objects
from lab_kit.components.kubernetes.keeping import Options
from lab_kit.components.kubernetes.resources import Registry, Resource
from lab_kit.components.kubernetes.status import Object


@dataclass(frozen=True)
class Request:
    """Hold a write as policies see it; `object` is None in a deletion, `before` in a creation.

    home: the Namespace that the object is in, None for one that is in none
    """

    operation: str
    resource: Resource
    object: Object | None
    before: Object | None
    options: Options
    home: Object | None = None

    @property
    def name(self) -> str:
        return str(self._whole["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Return where the object is; a Namespace that is there already is in itself."""
        if self.resource.name == "namespaces" and self.operation != "CREATE":
            return self.name
        return str(self._whole["metadata"].get("namespace", ""))

    @property
    def _whole(self) -> Object:
        return self.object or self.before or {}

    def given(self) -> Object:
        """Return what an expression may name."""
        one, before = self.object, self.before
        if self.options.subresource == "scale":
            one, before = (objects.scale_of(o) if o else None for o in (one, before))
        return {"object": one, "oldObject": before, "request": self._described(),
                "namespaceObject": self.home}  # fmt: skip

    def _described(self) -> Object:
        its, options = self.resource, self.options
        kind = {"group": its.group, "version": its.version, "kind": its.kind}
        if options.subresource == "scale":
            kind = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        resource = {"group": its.group, "version": its.version, "resource": its.plural}
        return {
            "kind": kind, "resource": resource, "subResource": options.subresource,
            "requestKind": kind, "requestResource": resource,
            "requestSubResource": options.subresource, "name": self.name,
            "namespace": self.namespace, "operation": self.operation, "dryRun": options.dry_run,
            "userInfo": {"username": options.user, "groups": list(options.groups)},
        }  # fmt: skip


class Matcher:
    """Match requests, knowing what is served."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def matches(self, request: Request, place: Object) -> bool:
        """Say whether a request is what a matchConstraints or matchResources is for."""
        if any(
            self._in_rule(request, rule, place) for rule in place.get("excludeResourceRules", ())
        ):
            return False
        rules = place.get("resourceRules", ())
        if rules and not any(self._in_rule(request, rule, place) for rule in rules):
            return False
        return by_namespace(request, place) and by_object(request, place)

    def _in_rule(self, request: Request, rule: Object, place: Object) -> bool:
        its = request.resource
        named = rule.get("resourceNames", ())
        return (
            _listed(rule.get("operations", ()), request.operation)
            and _listed(rule.get("apiGroups", ()), its.group)
            and any(_listed(rule.get("apiVersions", ()), v) for v in self._versions(its, place))
            and any(_is_part(one, its.plural, request.options.subresource)
                    for one in rule.get("resources", ()))
            and rule.get("scope", "*") in ("*", "Namespaced" if its.namespaced else "Cluster")
            and (not named or request.name in named)
        )  # fmt: skip

    def _versions(self, its: Resource, place: Object) -> Sequence[str]:
        """Return the versions by which an object may be meant: where it is custom, any served."""
        if not its.custom or place.get("matchPolicy", "Equivalent") == "Exact":
            return (its.version,)
        return [r.version for r in self._registry.all() if r.name == its.name]


def by_namespace(request: Request, place: Object) -> bool:
    """Say whether an object is in a Namespace with the labels that are selected, or is one."""
    selector = place.get("namespaceSelector")
    if not selector:
        return True
    if request.resource.name == "namespaces":
        return selected(selector, labels_of(request.object or request.before))
    return not request.resource.namespaced or selected(selector, labels_of(request.home))


def by_object(request: Request, place: Object) -> bool:
    """Say whether an object has the labels that are selected, or had them."""
    selector = place.get("objectSelector")
    if not selector:
        return True
    return any(
        selected(selector, labels_of(one)) for one in (request.object, request.before) if one
    )


def labels_of(one: Object | None) -> Mapping[str, str]:
    """Return an object's labels."""
    return (one or {"metadata": {}})["metadata"].get("labels") or {}


def _listed(names: Sequence[str], name: str) -> bool:
    return "*" in names or name in names


def _is_part(rule: str, plural: str, subresource: str) -> bool:
    """Say whether `deployments`, `deployments/scale`, `*`, `*/*` or the like name a resource."""
    resource, _, part = rule.partition("/")
    return resource in ("*", plural) and part in ("*", subresource)


def selected(selector: Object, labels: Mapping[str, str]) -> bool:
    """Say whether labels are what a label selector wants."""
    if any(labels.get(k) != v for k, v in (selector.get("matchLabels") or {}).items()):
        return False
    for one in selector.get("matchExpressions") or ():
        there, values = one["key"] in labels, one.get("values") or ()
        found = {
            "In": there and labels.get(one["key"]) in values,
            "NotIn": not there or labels[one["key"]] not in values,
            "Exists": there, "DoesNotExist": not there,
        }[one["operator"]]  # fmt: skip
        if not found:
            return False
    return True
