"""Answer HTTP as an API server does: route, decode, do, encode; stream watches."""

from __future__ import annotations

from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import Application

from lab_kit.components.kubernetes import discovery, pods, reviews, status
from lab_kit.components.kubernetes.api import Api
from lab_kit.components.kubernetes.exchange import Exchange, Guard
from lab_kit.components.kubernetes.objects import scale_of
from lab_kit.components.kubernetes.paths import Target, target
from lab_kit.components.kubernetes.rbac import Ask
from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.watching import watch

PATCHES = ("merge-patch+json", "json-patch+json", "strategic-merge-patch+json", "apply-patch+yaml")
APPLY = "application/apply-patch+yaml"


def application(api: Api, guard: Guard) -> Application:
    """Return the web application of one cluster."""
    return Application(
        [(r".*", Handler, {"api": api, "guard": guard})], streams=set(),
        log_function=lambda _: None,
    )  # fmt: skip


class Handler(Exchange):
    """Do what one request asks for."""

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
            self.refuse(refusal)
        except StreamClosedError:
            pass  # whoever watched is gone

    # -- verbs -------------------------------------------------------------------------

    async def do_get(self) -> None:
        told = self.about_us(self.request.path.rstrip("/") or "/")
        if told is not None:
            self.say(200, told)
            return
        goal = self.goal()
        watched = self.flag("watch") and not goal.name
        await self.may("watch" if watched else "get" if goal.name else "list", goal)
        if goal.subresource == "log":
            container = self.told.get("container", "")
            self.say(200, pods.log(self.api, goal.namespace, goal.name, container))
        elif goal.name:
            one = self.api.get(goal.resource, goal.namespace, goal.name)
            one = scale_of(one) if goal.subresource == "scale" else one
            self.say_objects(goal.resource, one, [one], {})
        elif watched:
            await watch(self, self.api, goal, self.told)
        else:
            found = self.api.list(
                goal.resource, goal.namespace, labels=self.told.get("labelSelector", ""),
                fields=self.told.get("fieldSelector", ""), limit=self.number("limit"),
                token=self.told.get("continue", ""),
            )  # fmt: skip
            self.say_objects(goal.resource, found, found["items"], found["metadata"])

    async def do_post(self) -> None:
        if reviews.PATH.fullmatch(self.request.path):
            told = reviews.review(self.request.path, self.body(), self.user, self.guard.rbac)
            if told is None:
                raise status.no_such_path()
            self.say(201, told)
            return
        goal = self.goal()
        await self.may("create", goal)
        options = self.written(goal)
        if goal.subresource == "binding":
            self.say(201, pods.bind(self.api, goal.namespace, goal.name, self.body(), options))
        elif goal.subresource == "token":
            account = self.api.get(goal.resource, goal.namespace, goal.name)
            self.say(201, reviews.token(self.guard.users, account, self.body()))
        elif goal.name:
            raise status.not_allowed("POST")
        else:
            self.say(201, self.api.create(goal.resource, goal.namespace, self.body(), options))

    async def do_put(self) -> None:
        goal = self.goal(one=True)
        await self.may("update", goal)
        options = self.written(goal)
        self.say(200, self.api.replace(goal.resource, goal.namespace, goal.name, self.body(),
                                       options))  # fmt: skip

    async def do_patch(self) -> None:
        goal = self.goal(one=True)
        await self.may("patch", goal)
        how = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        if how.removeprefix("application/") not in PATCHES:
            raise status.unsupported(how)
        options = self.written(goal)
        if how == APPLY and not self.told.get("fieldManager"):
            raise status.bad_request("fieldManager is required for apply patch")
        if how == APPLY and not self.user.may_all:
            if self.api.store.get(goal.resource.name, goal.namespace, goal.name) is None:
                await self.may("create", goal)  # what applying would come to
        one, new = self.api.patch(
            goal.resource, goal.namespace, goal.name, how, self.body(), options
        )
        self.say(201 if new else 200, one)

    async def do_delete(self) -> None:
        goal = self.goal()
        await self.may("delete" if goal.name else "deletecollection", goal)
        body = self.body(optional=True)
        asked = body.get("propagationPolicy") or self.told.get("propagationPolicy") or "Background"
        options = self.written(goal)
        options.dry_run = bool(self.told.get("dryRun") or body.get("dryRun"))
        if goal.name:
            self.say(200, self.api.delete(
                goal.resource, goal.namespace, goal.name, propagation=asked,
                preconditions=body.get("preconditions"), options=options,
            ))  # fmt: skip
            return
        found = self.api.list(goal.resource, goal.namespace, fields=self.told.get(
            "fieldSelector", ""), labels=self.told.get("labelSelector", ""))  # fmt: skip
        for one in found["items"]:
            meta = one["metadata"]
            self.api.delete(goal.resource, meta.get("namespace", ""), meta["name"],
                            propagation=asked, options=options)  # fmt: skip
        self.say(200, found)

    # -- parts -------------------------------------------------------------------------

    def goal(self, one: bool = False) -> Target:
        """Return what the request is about; raise Refused for what is not served."""
        found = target(self.api.registry, self.request.path)
        if found is None:
            method = (self.request.method or "").lower()
            self.guard.rbac.check(self.user, Ask(method, path=self.request.path))
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
