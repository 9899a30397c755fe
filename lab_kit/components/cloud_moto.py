"""Reach into moto, in this module alone, and only after its private parts were found in place.

moto runs Lambda functions in Docker, knows no retries, no partial batch responses and no dead
letters of a function, and delivers to functions while its caller waits. `install` replaces those
parts; `verify` first compares every signature and attribute that this rests on.
"""

from __future__ import annotations

import copy
import inspect
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from lab_kit.components.cloud_async import Policy
from lab_kit.components.cloud_code import BadCode, inflate

ACCOUNT = "123456789012"
IN_FLIGHT_S = 43200

EXPECTED: dict[str, tuple[str, ...]] = {
    "moto.awslambda.responses:LambdaResponse.invoke": ("self",),
    "moto.awslambda.models:LambdaFunction.__init__": (
        "self", "account_id", "spec", "region", "version",
    ),
    "moto.awslambda.models:LambdaFunction.invoke": (
        "self", "body", "request_headers", "response_headers",
    ),
    "moto.awslambda.models:LambdaFunction.get_configuration": ("self", "on_create"),
    "moto.awslambda.models:LambdaFunction.update_configuration": ("self", "config_updates"),
    "moto.awslambda.models:LambdaFunction.update_function_code": ("self", "updated_spec"),
    "moto.awslambda.models:LambdaBackend.get_function": (
        "self", "function_name_or_arn", "qualifier",
    ),
    "moto.awslambda.models:LambdaBackend.create_event_source_mapping": ("self", "spec"),
    "moto.awslambda.exceptions:InvalidParameterValueException.__init__": ("self", "message"),
    "moto.events.models:Rule.send_to_targets": ("self", "original_event", "transform_input"),
    "moto.events.models:EventPattern.matches_event": ("self", "event"),
    "moto.events.utils:EventTemplateParser.parse": ("input_template", "input_paths_map", "event"),
    "moto.events.models:EventsBackend.put_events": ("self", "events"),
    "moto.sqs.models:Queue.add_message": ("self", "message"),
    "moto.sqs.models:Queue.delete_message": ("self", "receipt_handle"),
    "moto.sqs.models:SQSBackend.receive_message": (
        "self", "queue_name", "count", "wait_seconds_timeout", "visibility_timeout",
        "message_attribute_names",
    ),
    "moto.sqs.models:Message.had_receipt_handle": ("self", "receipt_handle"),
    "moto.dynamodb.models.table:StreamShard.add": ("self", "old", "new"),
}  # fmt: skip

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "moto.awslambda.models:lambda_backends": (),
    "moto.sqs.models:sqs_backends": (),
    "moto.sns.models:sns_backends": (),
    "moto.events.models:events_backends": (),
    "moto.dynamodb.models:dynamodb_backends": (),
    "moto.sqs.models:Message.__init__": ("visible_at", "approximate_receive_count"),
    "moto.sqs.models:Queue.__init__": ("_messages", "lambda_event_source_mappings"),
    "moto.awslambda.models:LambdaBackend.__init__": ("_event_source_mappings",),
    "moto.awslambda.models:EventSourceMapping.__init__": (
        "function_response_types", "max_batch_window", "max_retry_attempts", "scaling_config",
    ),
    "moto.dynamodb.models.table:Table.__init__": ("stream_shard", "lambda_event_source_mappings"),
}  # fmt: skip


class Mismatch(RuntimeError):
    """Say which private part of moto is not what this project was written for."""


def verify() -> None:
    """Compare what we rest on with the installed moto; raise Mismatch naming every difference."""
    wrong = []
    for place, expected in EXPECTED.items():
        found = _find(place)
        names = tuple(inspect.signature(found).parameters) if callable(found) else None
        if names != expected:
            wrong.append(f"{place} has {names or 'gone'}, expected {expected}")
    for place, names in ATTRIBUTES.items():
        found = _find(place)
        source = inspect.getsource(found) if callable(found) and names else ""
        missing = [name for name in names if f"self.{name}" not in source]
        if found is None or missing:
            wrong.append(f"{place} has no {', '.join(missing) or 'such name'}")
    if wrong:
        raise Mismatch("; ".join(wrong))


def _find(place: str) -> Any:
    module, _, path = place.partition(":")
    try:
        found: Any = import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return None
    return found


class Moto:
    """Give the poller and the invoker what they need of moto's backends in one region."""

    def __init__(self, region: str) -> None:
        from moto.awslambda.models import lambda_backends
        from moto.dynamodb.models import dynamodb_backends
        from moto.events.models import events_backends
        from moto.sns.models import sns_backends
        from moto.sqs.models import sqs_backends

        self.region = region
        self.lock = threading.RLock()
        self.functions: Any = lambda_backends[ACCOUNT][region]
        self.queues: Any = sqs_backends[ACCOUNT][region]
        self._topics: Any = sns_backends[ACCOUNT][region]
        self._buses: Any = events_backends[ACCOUNT][region]
        self._tables: Any = dynamodb_backends[ACCOUNT][region]

    def mappings(self) -> list[Any]:
        """Return the event source mappings that exist now."""
        return list(self.functions._event_source_mappings.values())

    def function(self, name_or_arn: str, qualifier: str | None = None) -> Any:
        """Return moto's function; its own exception says when there is none."""
        return self.functions.get_function(name_or_arn, qualifier)

    def queue(self, arn: str) -> Any | None:
        """Return the queue with this ARN."""
        return next((q for q in list(self.queues.queues.values()) if q.queue_arn == arn), None)

    def shard(self, stream_arn: str) -> Any | None:
        """Return the shard of a table's stream."""
        for table in list(self._tables.tables.values()):
            label = table.latest_stream_label
            if label and f"{table.table_arn}/stream/{label}" == stream_arn:
                return table.stream_shard
        return None

    def receive(self, queue: Any, count: int) -> list[Any]:
        """Take up to `count` visible messages and keep them invisible until told otherwise."""
        if not queue.messages:
            return []
        return list(self.queues.receive_message(queue.name, count, 0, IN_FLIGHT_S, ["All"]))

    def settle(self, queue: Any, messages: Iterable[Any], show_at: float | None) -> None:
        """Delete messages (show_at None), or let them be seen again at that time (in ms)."""
        with self.lock:
            for taken in messages:
                kept = [m for m in queue._messages if m.had_receipt_handle(taken.receipt_handle)]
                if kept and show_at is None:
                    queue.delete_message(taken.receipt_handle)
                for message in kept:
                    message.visible_at = max(show_at or 0.0, time.time() * 1000)

    def policy(self, arn: str) -> Policy | None:
        """Read what a function's settings say about asynchronous invocations."""
        try:
            function = self.function(arn)
        except Exception:
            return None
        configs = function.event_invoke_config
        config: Mapping[str, Any] = configs[-1].config if configs else {}
        targets = config.get("DestinationConfig") or {}
        return Policy(
            retries=int(config.get("MaximumRetryAttempts", 2)),
            max_age_s=float(config.get("MaximumEventAgeInSeconds", 21600)),
            on_success=(targets.get("OnSuccess") or {}).get("Destination"),
            on_failure=(targets.get("OnFailure") or {}).get("Destination"),
            dead_letter=(getattr(function, "dead_letter", None) or {}).get("TargetArn"),
        )

    def send(self, arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Send a record to a queue, topic or bus."""
        service, name = arn.split(":")[2], arn.rsplit(":", 1)[-1]
        typed = {k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()}
        if service == "sqs":
            self.queues.send_message(name, body, message_attributes=typed)
        elif service == "sns":
            self._topics.publish(message=body, arn=arn)
        elif service == "events":
            source, kind = "lambda", "Lambda Function Invocation Result"
            entry = {"Source": source, "DetailType": kind, "Detail": body}
            self._buses.put_events([{**entry, "EventBusName": name.rpartition("/")[2]}])
        else:
            raise ValueError(f"{arn} is no destination that this cloud can send to")


def install(
    moto: Moto,
    respond: Callable[[Any], tuple[int, dict[str, str], bytes]],
    submit: Callable[[str, str], str],
) -> None:
    """Replace moto's parts: `respond(response)` answers the Invoke API, `submit(arn, payload)`
    queues an asynchronous invocation."""
    from moto.awslambda.models import LambdaFunction
    from moto.awslambda.responses import LambdaResponse

    def invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> bytes:
        text = body if isinstance(body, str) else bytes(body or b"").decode()
        if '"aws:s3"' in text:
            text = text.replace("%2F", "/")  # a key's slashes stay as they are on AWS
        submit(self.function_arn, text)
        return b""

    LambdaResponse.invoke = respond  # type: ignore[method-assign]
    LambdaFunction.invoke = invoke  # type: ignore[method-assign]
    _settings()
    _mappings()
    _queues(moto)
    _rules(submit)


def _settings() -> None:
    """Refuse a zip that cannot be unpacked, and remember a function's dead letter queue."""
    from moto.awslambda.exceptions import InvalidParameterValueException
    from moto.awslambda.models import LambdaFunction

    init, update = LambdaFunction.__init__, LambdaFunction.update_configuration
    recode, configuration = LambdaFunction.update_function_code, LambdaFunction.get_configuration

    def unpack(function: Any) -> None:
        try:
            inflate(getattr(function, "code_bytes", b""))
        except BadCode as wrong:
            raise InvalidParameterValueException(
                f"Could not unzip uploaded file. {wrong} Please check your file, "
                "then try to upload again."
            ) from None

    def new_init(self: Any, account_id: Any, spec: Any, region: Any, version: Any = 1) -> None:
        init(self, account_id, spec, region, version)
        self.dead_letter = spec.get("DeadLetterConfig")
        if spec.get("PackageType", "Zip") == "Zip":
            unpack(self)

    def new_update(self: Any, config_updates: Any) -> Any:
        if "DeadLetterConfig" in config_updates:
            self.dead_letter = config_updates["DeadLetterConfig"]
        return update(self, config_updates)

    def new_code(self: Any, updated_spec: Any) -> Any:
        before = dict(vars(self))
        answer = recode(self, updated_spec)
        try:
            unpack(self)
        except InvalidParameterValueException:
            vars(self).update(before)
            raise
        return answer

    def new_configuration(self: Any, on_create: bool = False) -> Any:
        shown = configuration(self, on_create)
        if self.dead_letter:
            shown["DeadLetterConfig"] = self.dead_letter
        return shown

    patched: Any = LambdaFunction
    patched.__init__, patched.update_configuration = new_init, new_update
    patched.update_function_code, patched.get_configuration = new_code, new_configuration


def _mappings() -> None:
    """Keep moto from delivering to functions itself: the poller does."""
    from moto.awslambda.models import LambdaBackend
    from moto.dynamodb.models import dynamodb_backends
    from moto.sqs.models import sqs_backends

    create = LambdaBackend.create_event_source_mapping

    def new_create(self: Any, spec: Any) -> Any:
        mapping: Any = create(self, spec)
        mapping.created_at = time.time()
        for queue in list(sqs_backends[self.account_id][self.region_name].queues.values()):
            queue.lambda_event_source_mappings.clear()
        for table in list(dynamodb_backends[self.account_id][self.region_name].tables.values()):
            table.lambda_event_source_mappings.clear()
            if table.stream_shard is not None:
                mapping.start_after = len(table.stream_shard.items)
        return mapping

    LambdaBackend.create_event_source_mapping = new_create  # type: ignore[method-assign]


def _queues(moto: Moto) -> None:
    """Make adding, taking and deleting messages safe where several threads do it at once."""
    from moto.sqs.models import Queue, SQSBackend

    add, delete, receive = Queue.add_message, Queue.delete_message, SQSBackend.receive_message

    def new_add(self: Any, message: Any) -> None:
        with moto.lock:
            add(self, message)

    def new_delete(self: Any, receipt_handle: Any) -> None:
        with moto.lock:
            delete(self, receipt_handle)

    def new_receive(
        self: Any,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Any]:
        end = time.monotonic() + float(wait_seconds_timeout or 0)
        while True:
            with moto.lock:
                taken = receive(
                    self, queue_name, count, 0, visibility_timeout, message_attribute_names
                )
            if taken or time.monotonic() >= end:
                return taken
            time.sleep(0.02)

    patched: Any = Queue
    patched.add_message, patched.delete_message = new_add, new_delete
    SQSBackend.receive_message = new_receive  # type: ignore[method-assign]


def _rules(submit: Callable[[str, str], str]) -> None:
    """Let EventBridge rules invoke functions, which moto does not know."""
    from moto.events.models import Rule
    from moto.events.utils import EventTemplateParser

    send = Rule.send_to_targets

    def event_for(target: Mapping[str, Any], event: dict[str, Any]) -> str:
        if "Input" in target:
            return str(target["Input"])
        if transformer := target.get("InputTransformer"):
            template, paths = transformer["InputTemplate"], transformer.get("InputPathsMap", {})
            return json.dumps(EventTemplateParser.parse(template, paths, event))  # type: ignore[arg-type]
        when = datetime.fromtimestamp(float(event["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown: Any = {k: v for k, v in event.items() if k != "ingestion-time"} | {"time": when}
        for name in target.get("InputPath", "$").split(".")[1:]:
            shown = shown[name]
        return json.dumps(shown, default=str)

    def new_send(self: Any, original_event: Any, transform_input: bool = True) -> None:
        ours = [t for t in self.targets if ":lambda:" in t["Arn"]]
        if self.state == "ENABLED" and ours and self.event_pattern.matches_event(original_event):
            for target in ours:
                submit(target["Arn"], event_for(target, dict(original_event)))
        rest = copy.copy(self)
        rest.targets = [t for t in self.targets if t not in ours]
        send(rest, original_event, transform_input)

    Rule.send_to_targets = new_send  # type: ignore[method-assign]
