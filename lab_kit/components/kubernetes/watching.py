"""Stream what changes: one line of JSON an event, for as long as a client listens.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping

from tornado.web import RequestHandler

from lab_kit.components.kubernetes import table
from lab_kit.components.kubernetes.api import Api, as_version
from lab_kit.components.kubernetes.paths import Target
from lab_kit.components.kubernetes.selectors import Chooser, chooser
from lab_kit.components.kubernetes.status import Object, Refused
from lab_kit.components.kubernetes.store import Event, Store

LONGEST_S, BOOKMARK_S, LOOK_S = 1800.0, 10.0, 1.0
Queue = asyncio.Queue[Event | None]
Streams = set[Queue]
KINDS = {(True, False): "ADDED", (True, True): "MODIFIED", (False, True): "DELETED"}


async def watch(handler: RequestHandler, api: Api, goal: Target, told: Mapping[str, str]) -> None:
    """Send every change of what was asked for, from a resourceVersion or from now on."""
    stream = Stream(handler, api.store, goal, told)
    streams: Streams = handler.settings["streams"]
    loop, queue = asyncio.get_running_loop(), Queue()

    def heard(event: Event) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event)

    with api.store.lock:
        seen = api.store.version
        try:
            everything = told.get("sendInitialEvents") in ("true", "1")
            since = "" if everything else told.get("resourceVersion", "")
            missed = first(api.store, goal, since)
        except Refused as refusal:
            await stream.send("ERROR", refusal.status)
            return
        end = api.store.listen(heard)
    streams.add(queue)
    try:
        await stream.begin()
        for event in missed:
            await stream.tell(event)
        if everything:
            await stream.bookmark({"k8s.io/initial-events-end": "true"})
        await stream.follow(queue, seen)
    finally:
        streams.discard(queue)
        end()


async def finish(streams: Streams, seconds: float = 2.0) -> None:
    """Let every watch end as if its time were over, and wait until they have."""
    cut(streams)
    end = time.monotonic() + seconds
    while streams and time.monotonic() < end:
        await asyncio.sleep(0.01)


def cut(streams: Streams) -> None:
    """Let every watch end as if its time were over."""
    for queue in streams:
        queue.put_nowait(None)


def first(store: Store, goal: Target, asked: str) -> list[Event]:
    """Return what is told before anything new: what was missed, or all that is there."""
    name = goal.resource.name
    if asked.isdecimal() and int(asked) > 0:
        return store.since(name, int(asked))
    found, version = store.all(name, goal.namespace)
    return [Event(version, "ADDED", name, one, None) for one in found]


class Stream:
    """Be one watch: what it chooses, and how it is told."""

    def __init__(
        self, handler: RequestHandler, store: Store, goal: Target, told: Mapping[str, str]
    ) -> None:
        self.handler, self.store, self.goal = handler, store, goal
        fields = told.get("fieldSelector", "")
        if goal.name:
            fields = ",".join(filter(None, (fields, f"metadata.name={goal.name}")))
        self.chosen: Chooser = chooser(told.get("labelSelector", ""), fields)
        self.marks = told.get("allowWatchBookmarks") in ("true", "1")
        self.whole = told.get("includeObject") == "Object"
        self.as_table = table.wanted(handler.request.headers.get("Accept", ""))
        asked = told.get("timeoutSeconds", "")
        seconds = float(asked) if asked.isdecimal() and int(asked) else LONGEST_S
        self.end = time.monotonic() + min(seconds, LONGEST_S)

    async def begin(self) -> None:
        """Send the head, so that the client knows that it is heard."""
        self.handler.set_header("Content-Type", "application/json")
        await self.handler.flush()

    async def follow(self, queue: Queue, seen: int) -> None:
        """Send changes as they come, and a bookmark now and then if the client wants them."""
        mark = time.monotonic() + BOOKMARK_S
        while (left := self.end - time.monotonic()) > 0:
            try:
                event = await asyncio.wait_for(queue.get(), min(left, LOOK_S))
            except TimeoutError:
                if self.handler.request.connection.stream.closed():  # type: ignore[union-attr]
                    return
                if self.marks and time.monotonic() > mark:
                    mark = time.monotonic() + BOOKMARK_S
                    await self.bookmark()
                continue
            if event is None:  # the server ends
                break
            if event.resource == self.goal.resource.name and event.version > seen:
                await self.tell(event)
        if self.marks:
            await self.bookmark()

    async def tell(self, event: Event) -> None:
        """Send one change as it looks to this watcher: what no longer fits is gone for it."""
        namespace = self.goal.namespace
        if namespace and event.object["metadata"].get("namespace") != namespace:
            return
        now = event.kind != "DELETED" and self.chosen(event.object)
        was = event.before is not None and self.chosen(event.before)
        if kind := KINDS.get((now, was)):
            await self.send(kind, as_version(event.object, self.goal.resource))

    async def bookmark(self, marks: Object | None = None) -> None:
        """Tell how far everything is told, without a change."""
        resource = self.goal.resource
        meta: Object = {"resourceVersion": str(self.store.version), "creationTimestamp": None}
        if marks:
            meta["annotations"] = marks
        one = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
        await self.line("BOOKMARK", one)

    async def send(self, kind: str, one: Object) -> None:
        """Send an object, as a table if the client would rather have that."""
        if self.as_table and kind != "ERROR":
            one = table.table(self.goal.resource, [one], {}, self.whole)
        await self.line(kind, one)

    async def line(self, kind: str, one: Object) -> None:
        self.handler.write(json.dumps({"type": kind, "object": one}) + "\n")
        await self.handler.flush()
