"""Do what requests ask for: create, get, list, update, patch, apply and delete, on a store.

Knows nothing of HTTP. Every refusal is a Refused, which carries the API's Status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lab_kit.components.kubernetes import apply as ssa
from lab_kit.components.kubernetes import objects, patch, roles, status
from lab_kit.components.kubernetes.admission import Admission
from lab_kit.components.kubernetes.granting import Granting
from lab_kit.components.kubernetes.keeping import Keeper, Options
from lab_kit.components.kubernetes.paging import opened, place, sealed
from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.rbac import GROUP, Rbac
from lab_kit.components.kubernetes.resources import Registry, Resource
from lab_kit.components.kubernetes.selectors import chooser
from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.store import Store

FIRST = ("default", "kube-system")
Logs = Callable[[str, str, str], str | None]  # of a namespace, a pod and a container


class Api:
    """Be one cluster's API; what `keeper.admit` holds may refuse a write by raising Refused."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store, self.registry = store, registry
        self.keeper = Keeper(store, registry)
        self.logs: Logs | None = None  # what a kubelet knows
        self.admission = Admission(store, registry)
        self.keeper.admit.append(self.admission)
        self.rbac = Rbac(store)
        self.keeper.admit.append(Granting(self.rbac))
        self._begin("", "namespaces", [{"metadata": {"name": n}} for n in FIRST])
        self._begin(GROUP, "clusterroles", roles.cluster_roles())
        self._begin(GROUP, "clusterrolebindings", roles.cluster_role_bindings())

    def _begin(self, group: str, plural: str, bodies: Iterable[Object]) -> None:
        """Make what is there from the start."""
        resource = self.registry.find(group, "v1", plural)
        assert resource is not None
        for body in bodies:
            self.create(resource, "", body, Options("kube-apiserver"))

    def close(self) -> None:
        """End what belongs to it."""
        self.admission.close()

    # -- reading -----------------------------------------------------------------------

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        found = self.store.get(resource.name, namespace, name)
        if found is None:
            raise status.not_found(resource.name, name)
        return as_version(found, resource)

    def list(
        self, resource: Resource, namespace: str, *, labels: str = "", fields: str = "",
        limit: int = 0, token: str = "",
    ) -> Object:  # fmt: skip
        """Return a list object; one that was cut off says where to go on."""
        chosen = chooser(labels, fields)
        with self.store.lock:
            found, version = self.store.all(resource.name, namespace)
        after = opened(token) if token else None
        left = [one for one in found if chosen(one) and (after is None or place(one) > after)]
        meta: Object = {"resourceVersion": str(version)}
        if limit and len(left) > limit:
            meta["continue"] = sealed(place(left[limit - 1]))
            meta["remainingItemCount"] = len(left) - limit
            left = left[:limit]
        items = [as_version(one, resource) for one in left]
        return {"kind": f"{resource.kind}List", "apiVersion": resource.api_version,
                "metadata": meta, "items": items}  # fmt: skip

    # -- writing -----------------------------------------------------------------------

    def create(self, resource: Resource, namespace: str, body: Any, options: Options) -> Object:
        one = objects.checked(resource, namespace, copied(body))
        with self.store.lock:
            if resource.namespaced and self.store.get("namespaces", "", namespace) is None:
                raise status.not_found("namespaces", namespace)
            objects.born(one, resource)
            if self.store.get(resource.name, namespace, one["metadata"]["name"]):
                raise status.exists(resource.name, one["metadata"]["name"])
            if resource.status:
                one.pop("status", None)
            self.keeper.allocate(resource, one)
            return self.keeper.keep(resource, None, one, options, "CREATE")

    def replace(
        self, resource: Resource, namespace: str, name: str, body: Any, options: Options
    ) -> Object:
        with self.store.lock:
            before = self.get(resource, namespace, name)
            if options.subresource == "scale":
                after = self._scaled(before, body)
            else:
                after = objects.checked(resource, namespace, copied(body))
                if not (after["metadata"].get("resourceVersion") or resource.kind != "Lease"):
                    after["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"]
            return self._update(resource, before, after, options)

    def patch(
        self, resource: Resource, namespace: str, name: str, how: str, body: Any, options: Options
    ) -> tuple[Object, bool]:
        """Change an object by a patch of the content type `how`; say whether it was created."""
        with self.store.lock:
            if how == "application/apply-patch+yaml":
                return self._apply(resource, namespace, name, body, options)
            before = self.get(resource, namespace, name)
            whole = objects.scale_of(before) if options.subresource == "scale" else before
            if how == "application/merge-patch+json":
                after = patch.merged(whole, body)
            elif how == "application/json-patch+json":
                after = patch.json_patched(whole, body)
            elif how == "application/strategic-merge-patch+json" and not resource.custom:
                after = patch.strategic(copied(whole), body, resource.type)
            else:
                raise status.unsupported(how)
            if options.subresource == "scale":
                after = self._scaled(before, after)
            else:
                after = objects.checked(resource, namespace, after)
            return self._update(resource, before, after, options), False

    def delete(
        self, resource: Resource, namespace: str, name: str, *, propagation: str = "Background",
        preconditions: Object | None = None, options: Options | None = None,
    ) -> Object:  # fmt: skip
        """Delete an object, or mark it while it has finalizers; return it, or a Status."""
        with self.store.lock:
            one = self.get(resource, namespace, name)
            for key, wanted in (preconditions or {}).items():
                if one["metadata"].get(key) != wanted:
                    why = f"Precondition failed: {key} in precondition: {wanted}"
                    raise status.conflict(resource.name, name, why)
            options = options or Options()
            self.keeper.admitted("DELETE", resource, one, one, options)
            if options.dry_run:
                return one
            return self.keeper.delete(resource.name, one, propagation == "Orphan")

    # -- parts -------------------------------------------------------------------------

    def _apply(
        self, resource: Resource, namespace: str, name: str, body: Any, options: Options
    ) -> tuple[Object, bool]:
        if isinstance(body, dict) and not body.get("apiVersion"):
            raise status.bad_request("apiVersion must be set")
        applied = objects.checked(resource, namespace, copied(body))
        if applied["metadata"].setdefault("name", name) != name:
            raise status.bad_request("metadata.name does not match the name on the URL")
        if applied["metadata"].pop("managedFields", None):
            raise status.bad_request("metadata.managedFields must be nil")
        by = ssa.Manager(options.manager, "Apply", resource.api_version, objects.now(),
                         options.subresource)  # fmt: skip
        self.keeper.typed(resource, applied, options, partial=True)
        before = self.store.get(resource.name, namespace, name)
        if before is None:
            by.owned = ssa.owned_by(resource.type, applied)
            applied["metadata"]["managedFields"] = ssa.written([by])
            return self._applied_anew(resource, namespace, applied, options), True
        before = as_version(before, resource)
        managers = ssa.read(before["metadata"].get("managedFields", []))
        live = {**before, "metadata": {k: v for k, v in before["metadata"].items()
                                       if k != "managedFields"}}  # fmt: skip
        try:
            after, kept = ssa.apply(resource.type, live, managers, applied, by, options.force)
        except ssa.Conflict as problem:
            raise refused(problem, resource, name) from None
        after["metadata"]["managedFields"] = ssa.written(kept)
        return self._update(resource, before, after, options, managed=True), False

    def _applied_anew(
        self, resource: Resource, namespace: str, applied: Object, options: Options
    ) -> Object:
        fields = applied["metadata"].pop("managedFields")
        if resource.namespaced and self.store.get("namespaces", "", namespace) is None:
            raise status.not_found("namespaces", namespace)
        objects.born(applied, resource)
        applied["metadata"]["managedFields"] = fields
        self.keeper.allocate(resource, applied)
        return self.keeper.keep(resource, None, applied, options, "CREATE", managed=True)

    def _update(
        self, resource: Resource, before: Object, after: Object, options: Options,
        managed: bool = False,
    ) -> Object:  # fmt: skip
        after = copied(after)  # a patch shares with `before` what it does not touch
        if resource.status and options.subresource == "status":
            fields = after["metadata"].get("managedFields")
            version = after["metadata"].get("resourceVersion")
            after = {**before, "status": after.get("status", {})}
            after["metadata"] = {**before["metadata"], "resourceVersion": version}
            if managed:
                after["metadata"]["managedFields"] = fields
        elif resource.status:
            after.pop("status", None)
            if "status" in before:
                after["status"] = before["status"]
        objects.carried_over(before, after, resource)
        one = self.keeper.keep(resource, before, after, options, "UPDATE", managed)
        meta = one["metadata"]
        if meta.get("deletionTimestamp") and not meta.get("finalizers") and not options.dry_run:
            self.keeper.delete(resource.name, one)
        if options.subresource == "scale":
            return objects.scale_of(one)
        return one

    def _scaled(self, before: Object, scale: Any) -> Object:
        after = copied(before)
        after["spec"]["replicas"] = objects.replicas_of(scale)
        asked = (scale.get("metadata") or {}).get("resourceVersion")
        after["metadata"]["resourceVersion"] = asked
        return after


def refused(problem: ssa.Conflict, resource: Resource, name: str) -> Refused:
    """Return the Status of an apply that would change what others own."""
    found = problem.found
    causes = [{"reason": "FieldManagerConflict", "field": path,
               "message": f'conflict with "{other.name}"{how(other)}'}
              for other, path in found]  # fmt: skip
    told = [f'conflict with "{other.name}"{how(other)}: {path}' for other, path in found]
    many = "1 conflict" if len(found) == 1 else f"{len(found)} conflicts"
    return Refused(409, "Conflict", f"Apply failed with {many}: {'; '.join(told)}", name=name,
                   kind=resource.name, causes=causes)  # fmt: skip


def how(other: ssa.Manager) -> str:
    """Return how a manager wrote, where it did not apply."""
    return "" if other.operation == "Apply" else f" using {other.version}"


def as_version(one: Object, resource: Resource) -> Object:
    """Return an object as the version of it that was asked for."""
    return {"kind": resource.kind, "apiVersion": resource.api_version,
            **{k: v for k, v in one.items() if k not in ("kind", "apiVersion")}}  # fmt: skip
