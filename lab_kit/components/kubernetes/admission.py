"""Let ValidatingAdmissionPolicies decide what is written: deny it, warn of it, or note it.

Policies apply from the moment they are stored; they and their bindings are subject to none, so that
nobody is locked out. What expressions come to is asked of a process of its own (cel_process).

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from lab_kit.components.cel_process import Answer, CelProcess
from lab_kit.components.kubernetes import policies, status, verdicts
from lab_kit.components.kubernetes.keeping import Options, kind_of
from lab_kit.components.kubernetes.matching import Matcher, Request, labels_of, selected
from lab_kit.components.kubernetes.policies import BINDINGS, POLICIES, REASONS, Policy
from lab_kit.components.kubernetes.resources import Registry, Resource
from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.store import Event, Store
from lab_kit.components.kubernetes.validate import Fault
from lab_kit.errors import Unavailable

FAILURE = "validation.policy.admission.k8s.io/validation_failure"
NO_PARAMS = "no params found for policy binding with `Deny` parameterNotFoundAction"
NO_NAMESPACE = (
    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
)
Held = TypeVar("Held")


@dataclass(frozen=True)
class Case:
    """Hold one policy to apply by one binding, with its params or what is wrong with them."""

    policy: Policy
    binding: Object | None
    params: Object | None = None
    problem: str = ""


class Admission:
    """Be asked about every write; `close` ends the process that evaluates."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self._matcher = Matcher(registry)
        self._policies: dict[str, Policy] = {}
        self._bindings: dict[str, Object] = {}
        self._spaces = {one["metadata"]["name"]: one for one in store.all("namespaces")[0]}
        self.cel = CelProcess()
        self._unlisten = store.listen(self._changed)

    def close(self) -> None:
        """End what was started."""
        self._unlisten()
        self.cel.close()

    def __call__(
        self, operation: str, resource: Resource, one: Object, before: Object | None,
        options: Options,
    ) -> None:  # fmt: skip
        """Raise Refused for what a policy denies, and for a policy that cannot be applied."""
        if resource.name in (POLICIES, BINDINGS):
            if operation != "DELETE" and options.subresource != "status":
                self._look_at(resource, one)
            return
        if not self._bindings or not self._policies:
            return
        after = None if operation == "DELETE" else one
        home = one["metadata"].get("namespace", "") if resource.namespaced else ""
        request = Request(operation, resource, after, before, options, self._spaces.get(home))
        cases = list(self._cases(request))
        if cases:
            self._decide(request, cases)

    # -- policies ----------------------------------------------------------------------

    def _changed(self, event: Event) -> None:
        """Keep what is looked at in every write: to read it from the store copies it."""
        name, gone = event.object["metadata"]["name"], event.kind == "DELETED"
        if event.resource == POLICIES:
            changed(self._policies, name, None if gone else policies.policy(event.object))
        elif event.resource == BINDINGS:
            one = policies.without_nulls(event.object)
            changed(self._bindings, name, None if gone else one)
        elif event.resource == "namespaces":
            changed(self._spaces, name, None if gone else event.object)

    def _look_at(self, resource: Resource, one: Object) -> None:
        find = policies.policy_faults if resource.name == POLICIES else policies.binding_faults
        faults = list(find(one))
        if not faults and resource.name == POLICIES:
            faults = list(self._compile_faults(policies.policy(one)))
        if faults:
            raise status.invalid(kind_of(resource), one["metadata"]["name"], faults)

    def _compile_faults(self, read: Policy) -> Iterator[Fault]:
        try:
            found = self.cel.faults(read.sheet)
        except Unavailable as problem:
            raise Refused(503, "ServiceUnavailable", f"{problem.what} {problem.why}") from None
        if found is None:
            yield "spec", "Forbidden: its expressions take too much to compile"
        for part, number, what in found or ():
            field, text = policies.field_of(read, part, number)
            yield field, policies.invalid(text, what)

    # -- requests ----------------------------------------------------------------------

    def _cases(self, request: Request) -> Iterator[Case]:
        for name, policy in sorted(self._policies.items()):
            bound = [one for _, one in sorted(self._bindings.items())
                     if one["spec"]["policyName"] == name]  # fmt: skip
            if not bound or not self._matcher.matches(request, policy.spec["matchConstraints"]):
                continue
            kind = policy.spec.get("paramKind")
            source = self._source(kind) if kind else None
            if kind and source is None:
                group, _, version = kind["apiVersion"].rpartition("/")
                told = f"'{group}/{version}, Kind={kind['kind']}'"
                yield Case(policy, None, problem="failed to configure policy: failed to find "
                           f"resource referenced by paramKind: {told}")  # fmt: skip
                continue
            for binding in bound:
                if self._matcher.matches(request, binding["spec"].get("matchResources", {})):
                    yield from self._by_params(request, policy, binding, source)

    def _source(self, kind: Object) -> Resource | None:
        group, _, version = kind["apiVersion"].rpartition("/")
        return self._registry.by_kind(group, version, kind["kind"])

    def _by_params(
        self, request: Request, policy: Policy, binding: Object, source: Resource | None
    ) -> Iterator[Case]:
        """Give a case for each object that a binding has for params; one without, if it has none.

        What is wrong with them is a case as well.
        """
        ref = binding["spec"].get("paramRef")
        if source is None or ref is None:
            yield Case(policy, binding)
            return
        namespace = ref.get("namespace") or request.namespace if source.namespaced else ""
        problem = NO_NAMESPACE if source.namespaced and not namespace else ""
        if ref.get("namespace") and not source.namespaced:
            problem = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
        found: list[Object] = []
        if not problem:
            found = self._params(source, namespace, ref)
            if not found and ref["parameterNotFoundAction"] == "Deny":
                problem = NO_PARAMS
        if problem:
            yield Case(policy, binding, problem=f"failed to configure binding: {problem}")
        for one in found:
            typed = {**one, "apiVersion": source.api_version, "kind": source.kind}
            yield Case(policy, binding, typed)

    def _params(self, source: Resource, namespace: str, ref: Object) -> list[Object]:
        if ref.get("name"):
            one = self._store.get(source.name, namespace, ref["name"])
            return [one] if one else []
        return [one for one in self._store.all(source.name, namespace)[0]
                if selected(ref["selector"], labels_of(one))]  # fmt: skip

    def _decide(self, request: Request, cases: list[Case]) -> None:
        jobs = [{"sheet": c.policy.sheet, "params": c.params} for c in cases if not c.problem]
        answers: list[Answer] = []
        if jobs:
            try:
                answers = self.cel.answers(request.given(), jobs)
            except Unavailable:
                answers = [None] * len(jobs)
        left, denied = iter(answers), list[tuple[Case, str, str]]()
        for case in cases:
            if case.problem:
                if not case.policy.lenient:
                    denied.append((case, "", case.problem))
            else:
                denied += _applied(request, case, next(left))
        if denied:
            raise forbidden(request, *denied[0])


def changed(held: dict[str, Held], name: str, value: Held | None) -> None:
    """Hold a value by its name, or nothing any more."""
    if value is None:
        held.pop(name, None)
    else:
        held[name] = value


def _applied(
    request: Request, case: Case, answer: Answer
) -> Iterator[tuple[Case, str, str]]:  # case, reason, message
    """Give what a case denies; warn of what it warns of, and note what it notes."""
    binding = case.binding or {}
    for number, reason, message in verdicts.failures(case.policy, answer):
        for action in binding["spec"]["validationActions"]:
            if action == "Deny":
                yield case, reason, message
            elif action == "Warn":
                text = (f"Validation failed for ValidatingAdmissionPolicy '{case.policy.name}' "
                        f"with binding '{binding['metadata']['name']}': {message}")  # fmt: skip
                if text not in request.options.warnings:
                    request.options.warnings.append(text)
            elif action == "Audit":
                note = {"message": message, "policy": case.policy.name,
                        "binding": binding["metadata"]["name"], "expressionIndex": number,
                        "validationActions": binding["spec"]["validationActions"]}  # fmt: skip
                request.options.annotations.setdefault(FAILURE, json.dumps([note]))
    for key, good, value in verdicts.notes(case.policy, answer):
        if good:
            _noted(request.options.annotations, f"{case.policy.name}/{key}", value)
        elif not case.policy.lenient:
            yield case, "", value


def _noted(annotations: dict[str, str], key: str, value: str) -> None:
    """Add a value to an annotation, unless it has it."""
    values = annotations[key].split(", ") if key in annotations else []
    if value not in values:
        annotations[key] = ", ".join([*values, value])


def forbidden(request: Request, case: Case, reason: str, message: str) -> Refused:
    """Return the Status of a request that a policy denies."""
    by = f"ValidatingAdmissionPolicy '{case.policy.name}' "
    if case.binding:
        by += f"with binding '{case.binding['metadata']['name']}' "
    cause = f"{by}denied request: {message}"
    its = request.resource
    reason = reason or "Invalid"
    return Refused(REASONS.get(reason, 422), reason, f'{its.name} "{request.name}" is forbidden: '
                   f"{cause}", name=request.name, group=its.group, kind=its.plural,
                   causes=[{"message": cause}])  # fmt: skip
