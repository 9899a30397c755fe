"""Take a request in and answer it: who asks, what they sent, how it is told and written down."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import yaml
from tornado.web import RequestHandler

from lab_kit.components.kubernetes import audit, status, table
from lab_kit.components.kubernetes.api import Api
from lab_kit.components.kubernetes.audit import Audit
from lab_kit.components.kubernetes.faults import Faults, refusal
from lab_kit.components.kubernetes.keeping import Options
from lab_kit.components.kubernetes.paths import Target
from lab_kit.components.kubernetes.rbac import Ask, Rbac, forbidden
from lab_kit.components.kubernetes.resources import Resource
from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.users import KNOWN, User, Users

MOST_BODY = 3 * 1024 * 1024
MOST_WARNINGS, LONGEST_WARNING = 8, 500  # clients refuse heads over 64 KB
OPEN = ("/version", "/healthz", "/readyz", "/livez")
NOBODY = User("system:anonymous", ("system:unauthenticated",))
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Guard:
    """Hold what decides who may do what, what writes it down, and what fails on purpose."""

    users: Users
    rbac: Rbac
    audit: Audit
    faults: Faults


class Exchange(RequestHandler):
    """Be one request and its answer; what is done is not its business."""

    def initialize(self, api: Api, guard: Guard) -> None:
        self.api, self.guard = api, guard
        self.user, self.began = NOBODY, datetime.now(UTC)
        self.target: Target | None = None
        self.verb, self.reason = (self.request.method or "").lower(), ""
        self.warnings: list[str] = []
        self.notes: dict[str, str] = {}  # for the audit log
        self.created, self.written_down = "", False

    def prepare(self) -> None:
        self.told = {k: v[-1] for k, v in parse_qs(self.request.query, True).items()}
        found = self.guard.users.of(self.request.headers.get("Authorization", ""))
        if found is None and self.request.path not in OPEN:
            self.refuse(status.unauthorized())
            return
        self.user = found or NOBODY
        try:
            self.user = self.impersonated()
        except Refused as refusal:
            self.refuse(refusal)

    def impersonated(self) -> User:
        """Return whom the user acts as: themselves, unless they may be others and say so."""
        headers = self.request.headers
        if not any(name.lower().startswith("impersonate-") for name in headers):
            return self.user
        name = headers.get("Impersonate-User", "")
        if not name or not self.user.may_all:
            raise forbidden(self.user, Ask("impersonate", "", "users", name=name))
        return User(name, (*headers.get_list("Impersonate-Group"), KNOWN))

    async def may(self, verb: str, goal: Target) -> None:
        """Raise Refused unless roles let the user do that, and no fault is in the way."""
        self.verb, self.target = verb, goal
        resource, name = goal.resource, goal.name
        if verb in ("list", "watch"):
            fields = self.told.get("fieldSelector", "")
            name = fields.removeprefix("metadata.name=") if "," not in fields else ""
            name = name if name != fields else ""
        plural = f"{resource.plural}/{goal.subresource}" if goal.subresource else resource.plural
        namespace = goal.namespace or (name if resource.name == "namespaces" else "")
        self.guard.rbac.check(self.user, Ask(verb, resource.group, plural, namespace, name))
        if fault := self.guard.faults.meet(verb, resource.plural, self.user.name):
            await asyncio.sleep(fault.delay_s)
            if fault.code:
                raise refusal(fault)

    # -- what was sent -----------------------------------------------------------------

    def written(self, goal: Target) -> Options:
        """Return what a write says beside its object."""
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0]
        return Options(
            self.told.get("fieldManager") or agent or "unknown", self.told.get("dryRun") == "All",
            self.told.get("fieldValidation") or "Warn", self.flag("force"), goal.subresource,
            self.user.name, self.user.groups, self.warnings, self.notes,
        )  # fmt: skip

    def body(self, optional: bool = False) -> Any:
        """Return the decoded body: JSON, or YAML where the client says so."""
        data = self.request.body
        if not data and optional:
            return {}
        if len(data) > MOST_BODY:
            raise Refused(413, "RequestEntityTooLarge", "Request entity too large: limit is 3 MB")
        kind = self.request.headers.get("Content-Type", "")
        if "protobuf" in kind:
            raise status.unsupported(kind)  # on which clients go on in JSON
        try:
            if "yaml" in kind:
                found = yaml.safe_load(data)
            else:
                found = json.loads(data)
        except (ValueError, yaml.YAMLError, RecursionError) as problem:
            raise status.bad_request(f"the object provided is unrecognized: {problem}") from None
        if optional and not isinstance(found, dict):
            raise status.bad_request("the options provided are unrecognized")
        return found

    def flag(self, name: str) -> bool:
        return self.told.get(name, "false").lower() in ("true", "1")

    def number(self, name: str) -> int:
        text = self.told.get(name, "0")
        if not text.isdecimal():
            raise status.bad_request(f"{name} must be a number: {text!r:.40}")
        return int(text)

    # -- what is answered --------------------------------------------------------------

    def say_objects(
        self, resource: Resource, whole: Object, items: list[Object], m: Object
    ) -> None:
        """Answer with objects, or with the table of them if the client would rather have that."""
        if table.wanted(self.request.headers.get("Accept", "")):
            whole = table.table(resource, items, m, self.told.get("includeObject") == "Object")
        self.say(200, whole)

    def refuse(self, refusal: Refused) -> None:
        """Answer with the Status of a refusal."""
        self.reason = refusal.reason
        self.say(refusal.code, refusal.status)

    def say(self, code: int, body: Object | str) -> None:
        self.set_status(code)
        for text in self.warnings[:MOST_WARNINGS]:
            self.add_header("Warning", f'299 - "{quoted(text)}"')
        if isinstance(body, str):
            self.write_down()
            self.finish(body)
            return
        if self.verb == "create" and self.target and not self.target.name:
            meta = body.get("metadata")
            self.created = meta.get("name", "") if isinstance(meta, dict) else ""
        self.set_header("Content-Type", "application/json")
        self.write_down()  # before whoever asked can look for it
        self.finish(json.dumps(body))

    def on_finish(self) -> None:
        self.write_down()  # what broke on our side

    def write_down(self) -> None:
        """Write down every write, and everything that was refused, once."""
        code = self.get_status()
        if self.written_down or (self.request.method not in WRITES and code < 400):
            return
        self.written_down = True
        about: Object = {}
        if goal := self.target:
            of = goal.resource
            about = {"resource": of.plural, "namespace": goal.namespace, "apiGroup": of.group,
                     "name": goal.name or self.created, "apiVersion": of.version,
                     "subresource": goal.subresource}  # fmt: skip
        told = audit.event(
            self.verb, self.user, self.request.headers.get("User-Agent", ""),
            self.request.uri or "", {k: v for k, v in about.items() if v},
            {"code": code, **({"reason": self.reason} if self.reason else {})}, self.began,
        )  # fmt: skip
        decision = "forbid" if code == 403 and not self.notes else "allow"
        told["annotations"] = {"authorization.k8s.io/decision": decision, **self.notes}
        self.guard.audit.write(told)


def quoted(text: str) -> str:
    """Return a text as a header may hold it in quotes, in the bytes of UTF-8."""
    plain = "".join(c if c.isprintable() else " " for c in text[:LONGEST_WARNING])
    plain = plain.replace("\\", "\\\\").replace('"', '\\"')
    return plain.encode("utf-8", "replace").decode("latin-1")
