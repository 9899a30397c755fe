"""Take an object in: fill in, look at, admit and store it; let it go with what belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lab_kit.components.kubernetes import apply as ssa
from lab_kit.components.kubernetes import collect, defaults, definitions, objects, status, validate
from lab_kit.components.kubernetes.plain import copied
from lab_kit.components.kubernetes.resources import Registry, Resource
from lab_kit.components.kubernetes.status import Object
from lab_kit.components.kubernetes.store import Store

CRD = "customresourcedefinitions.apiextensions.k8s.io"


@dataclass
class Options:
    """Hold what a write says beside its object, and who writes.

    `warnings` is what the answer says, `annotations` what an audit log does.
    """

    manager: str = "unknown"
    dry_run: bool = False
    validation: str = "Warn"
    force: bool = False
    subresource: str = ""
    user: str = "kubernetes-admin"
    groups: tuple[str, ...] = ("system:masters", "system:authenticated")
    warnings: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)


# What is deleted of these is the answer; of others, a Status tells that it is done.
RETURNED = ("persistentvolumeclaims", "pods", "resourcequotas", "serviceaccounts", "services")
Admit = Callable[[str, Resource, Object, Object | None, Options], None]


class Keeper:
    """Stand in front of the store; `admit` may refuse a write by raising Refused."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store, self.registry = store, registry
        self.admit: list[Admit] = []
        self.address: Callable[[int], str] = address  # of the Service of a number
        self._addresses = 0

    def delete(self, resource: str, one: Object, orphan: bool = False) -> Object:
        """Remove an object and what belongs to it; one with finalizers is only marked."""
        meta = one["metadata"]
        namespace, name = meta.get("namespace", ""), meta["name"]
        if resource == "namespaces" and name in objects.KEPT:
            raise status.kept(resource, name)
        if meta.get("finalizers"):
            if not meta.get("deletionTimestamp"):
                one = copied(one)
                one["metadata"].update(deletionTimestamp=objects.now(),
                                       deletionGracePeriodSeconds=0)  # fmt: skip
                self.store.put(resource, one)
            return one
        if resource == "namespaces":
            collect.empty(self.store, name, lambda r, o: self._drop(r, o))
        if resource == CRD:
            self._undefine(one)
        self.store.remove(resource, namespace, name)
        collect.collect(self.store, one, lambda r, o: self._drop(r, o), orphan)
        return one if resource in RETURNED else status.success(name, resource, meta["uid"])

    def _drop(self, resource: str, one: Object) -> None:
        if self.store.get(resource, one["metadata"].get("namespace", ""), one["metadata"]["name"]):
            self.delete(resource, one)

    def _undefine(self, definition: Object) -> None:
        spec = definition["spec"]
        name = f"{spec['names']['plural']}.{spec['group']}"
        for one in self.store.all(name)[0]:
            self._drop(name, one)
        self.registry.forget(definition)

    def keep(
        self, resource: Resource, before: Object | None, one: Object, options: Options,
        operation: str, managed: bool = False,
    ) -> Object:  # fmt: skip
        """Fill in, look at, admit and store an object; return it."""
        if resource.custom:
            definitions.defaulted(resource.type, one)
        self.typed(resource, one, options)
        defaults.filled(resource.group, resource.kind, one)
        if before is not None:
            objects.counted(before, one)
        faults = [*validate.named(resource.kind, one), *validate.rules(resource.kind, one, before)]
        if faults:
            raise status.invalid(kind_of(resource), one["metadata"]["name"], faults)
        if not managed:
            by = ssa.Manager(options.manager, "Update", resource.api_version, objects.now(),
                             options.subresource)  # fmt: skip
            known = ssa.read((before or {"metadata": {}})["metadata"].get("managedFields", []))
            kept = ssa.updated(resource.type, before or {}, one, known, by)
            one["metadata"]["managedFields"] = ssa.written(kept)
        self.admitted(operation, resource, one, before, options)
        if not resource.custom:
            defaults.begun(resource.kind, one)
        if before is not None and objects.same(before, one):
            return before
        if options.dry_run:
            return one
        kept_one = self.store.put(resource.name, one)
        if resource.name == CRD:
            self.registry.define(kept_one)
        return kept_one

    def typed(
        self, resource: Resource, one: Object, options: Options, partial: bool = False
    ) -> None:
        """Refuse what has wrong types; refuse or leave out what has no place in the type."""
        faults = list(validate.types_of(resource.type, one))
        if partial:  # what somebody applies need not be all of it
            faults = [fault for fault in faults if fault[1] != validate.REQUIRED]
        if faults and (resource.custom or {what for _, what in faults} == {validate.REQUIRED}):
            raise status.invalid(kind_of(resource), str(one["metadata"].get("name")), faults)
        if faults:
            where, what = faults[0]
            raise status.bad_request(
                f'{resource.kind} in version "{resource.version}" cannot be handled as a '
                f"{resource.kind}: {where}: {what}"
            )
        strange = list(validate.unknown(resource.type, one))
        if strange and options.validation == "Strict":
            told = ", ".join(f'unknown field "{path}"' for path in strange)
            raise status.bad_request(f"strict decoding error: {told}")
        if strange:
            if options.validation == "Warn":
                options.warnings += [f'unknown field "{path}"' for path in strange]
            clean = validate.pruned(resource.type, one)
            one.clear()
            one.update(clean)

    def admitted(
        self, operation: str, resource: Resource, one: Object, before: Object | None,
        options: Options,
    ) -> None:  # fmt: skip
        """Let everything that may refuse a write look at it."""
        for admit in self.admit:
            admit(operation, resource, one, before, options)

    def allocate(self, resource: Resource, one: Object) -> None:
        """Give a Service an address of its own."""
        spec = one.get("spec")
        if resource.kind == "Service" and isinstance(spec, dict) and "clusterIP" not in spec:
            if spec.get("type", "ClusterIP") != "ExternalName":
                self._addresses += 1
                spec["clusterIP"] = self.address(self._addresses)
                spec["clusterIPs"] = [spec["clusterIP"]]


def address(number: int) -> str:
    """Return a Service's address where nothing listens."""
    high, low = divmod(number, 250)
    return f"10.96.{high % 250}.{low + 1}"


def kind_of(resource: Resource) -> str:
    """Return a kind as messages name it."""
    return f"{resource.kind}.{resource.group}" if resource.group else resource.kind
