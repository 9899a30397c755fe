"""Answer HTTP as an API server does: route, decode, do, encode; stream watches."""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import parse_qs

import yaml
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler

from lab_kit.components.kubernetes import discovery, pods, status, table
from lab_kit.components.kubernetes.api import Api
from lab_kit.components.kubernetes.keeping import Options
from lab_kit.components.kubernetes.paths import Target, target
from lab_kit.components.kubernetes.resources import Resource
from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.watching import watch

MOST_BODY = 3 * 1024 * 1024
LONGEST_WATCH_S, BOOKMARK_S = 1800.0, 10.0
MOST_WARNINGS, LONGEST_WARNING = 32, 1024
PATCHES = ("merge-patch+json", "json-patch+json", "strategic-merge-patch+json", "apply-patch+yaml")


def application(api: Api, token: str) -> Application:
    """Return the web application of one cluster; `token` is who may do everything."""
    return Application([(r".*", Handler, {"api": api, "token": token})], streams=set())


class Handler(RequestHandler):
    """Answer one request."""

    def initialize(self, api: Api, token: str) -> None:
        self.api, self.token = api, token
        self.warnings: list[str] = []

    def prepare(self) -> None:
        self.told = {k: v[-1] for k, v in parse_qs(self.request.query, True).items()}
        given = self.request.headers.get("Authorization", "")
        if self.request.path not in ("/version", "/healthz", "/readyz", "/livez"):
            if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
                self.say(401, status.unauthorized().status)

    async def get(self) -> None:
        await self.answered(self.do_get)

    async def post(self) -> None:
        await self.answered(self.do_post)

    async def put(self) -> None:
        await self.answered(self.do_put)

    async def patch(self) -> None:
        await self.answered(self.do_patch)

    async def delete(self) -> None:
        await self.answered(self.do_delete)

    async def answered(self, act: Any) -> None:
        """Do it, and turn a refusal into its Status."""
        try:
            await act()
        except Refused as refusal:
            self.say(refusal.code, refusal.status, self.warnings)
        except StreamClosedError:
            pass  # whoever watched is gone

    # -- verbs -------------------------------------------------------------------------

    async def do_get(self) -> None:
        told = self.about_us(self.request.path.rstrip("/") or "/")
        if told is not None:
            self.say(200, told)
            return
        goal = self.goal()
        if goal.subresource == "log":
            container = self.told.get("container", "")
            self.say(200, pods.log(self.api, goal.namespace, goal.name, container))
        elif goal.name:
            one = self.api.get(goal.resource, goal.namespace, goal.name)
            if goal.subresource == "scale":
                from lab_kit.components.kubernetes.objects import scale_of

                one = scale_of(one)
            self.say_objects(goal.resource, one, [one], {})
        elif self.flag("watch"):
            await watch(self, self.api, goal, self.told)
        else:
            found = self.api.list(
                goal.resource, goal.namespace, labels=self.told.get("labelSelector", ""),
                fields=self.told.get("fieldSelector", ""), limit=self.number("limit"),
                token=self.told.get("continue", ""),
            )  # fmt: skip
            self.say_objects(goal.resource, found, found["items"], found["metadata"])

    async def do_post(self) -> None:
        goal = self.goal()
        options = self.written(goal)
        if goal.subresource == "binding":
            self.say(201, pods.bind(self.api, goal.namespace, goal.name, self.body(), options))
            return
        if goal.name:
            raise status.not_allowed("POST")
        made = self.api.create(goal.resource, goal.namespace, self.body(), options)
        self.say(201, made, options.warnings)

    async def do_put(self) -> None:
        goal = self.goal(one=True)
        options = self.written(goal)
        one = self.api.replace(goal.resource, goal.namespace, goal.name, self.body(), options)
        self.say(200, one, options.warnings)

    async def do_patch(self) -> None:
        goal, options = self.goal(one=True), None
        how = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        if how.removeprefix("application/") not in PATCHES:
            raise status.unsupported(how)
        options = self.written(goal)
        if how.endswith("apply-patch+yaml") and not self.told.get("fieldManager"):
            raise status.bad_request("fieldManager is required for apply patch")
        one, new = self.api.patch(
            goal.resource, goal.namespace, goal.name, how, self.body(), options
        )
        self.say(201 if new else 200, one, options.warnings)

    async def do_delete(self) -> None:
        goal, body = self.goal(), self.body(optional=True)
        asked = body.get("propagationPolicy") or self.told.get("propagationPolicy") or "Background"
        options = self.written(goal)
        options.dry_run = bool(self.told.get("dryRun") or body.get("dryRun"))
        if goal.name:
            one = self.api.delete(
                goal.resource, goal.namespace, goal.name, propagation=asked,
                preconditions=body.get("preconditions"), options=options,
            )  # fmt: skip
            self.say(200, one, options.warnings)
            return
        found = self.api.list(goal.resource, goal.namespace, fields=self.told.get(
            "fieldSelector", ""), labels=self.told.get("labelSelector", ""))  # fmt: skip
        for one in found["items"]:
            meta = one["metadata"]
            self.api.delete(goal.resource, meta.get("namespace", ""), meta["name"],
                            propagation=asked, options=options)  # fmt: skip
        self.say(200, found, options.warnings)

    # -- parts -------------------------------------------------------------------------

    def goal(self, one: bool = False) -> Target:
        """Return what the request is about; raise Refused for what is not served."""
        found = target(self.api.registry, self.request.path)
        if found is None:
            raise status.no_such_path()
        if one and not found.name:
            raise status.not_allowed(self.request.method or "")
        return found

    def about_us(self, path: str) -> Object | str | None:
        """Return what the server tells about itself at this path, None if nothing."""
        known = self.api.registry
        if path in ("/healthz", "/readyz", "/livez"):
            return "ok"
        plain = {"/version": lambda _: discovery.VERSION, "/api": discovery.core,
                 "/apis": discovery.groups, "/openapi/v2": discovery.openapi_v2,
                 "/openapi/v3": discovery.openapi_v3}  # fmt: skip
        if path in plain:
            return plain[path](known)
        parts = path.strip("/").split("/")
        of = discovery.resources
        if parts[:2] == ["openapi", "v3"]:
            parts, of = parts[2:], discovery.openapi_v3_of
        if parts == ["api", "v1"]:
            return of(known, "", "v1")
        if parts[0] == "apis" and len(parts) == 3:
            return of(known, parts[1], parts[2])
        return discovery.group(known, parts[1]) if parts[0] == "apis" and len(parts) == 2 else None

    def written(self, goal: Target) -> Options:
        """Return what a write says in its query."""
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0]
        return Options(
            self.told.get("fieldManager") or agent or "unknown", self.told.get("dryRun") == "All",
            self.told.get("fieldValidation") or "Warn", self.flag("force"), goal.subresource,
            warnings=self.warnings,
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

    def say_objects(
        self, resource: Resource, whole: Object, items: list[Object], m: Object
    ) -> None:
        """Answer with objects, or with the table of them if the client would rather have that."""
        if table.wanted(self.request.headers.get("Accept", "")):
            whole = table.table(resource, items, m, self.told.get("includeObject") == "Object")
        self.say(200, whole)

    def say(self, code: int, body: Object | str, warnings: list[str] | None = None) -> None:
        self.set_status(code)
        for text in (warnings or ())[:MOST_WARNINGS]:
            self.add_header("Warning", f'299 - "{quoted(text)}"')
        if isinstance(body, str):
            self.finish(body)
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(body))


def quoted(text: str) -> str:
    """Return a text as a header may hold it in quotes, in the bytes of UTF-8."""
    plain = "".join(c if c.isprintable() else " " for c in text[:LONGEST_WARNING])
    plain = plain.replace("\\", "\\\\").replace('"', '\\"')
    return plain.encode("utf-8", "replace").decode("latin-1")
