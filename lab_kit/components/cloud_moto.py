"""Replace parts of moto, in this module alone, and only after they were found as expected.

moto runs Lambda functions in Docker, knows no retries, no partial batch responses and no dead
letters of a function, and delivers to functions while its caller waits. `install` replaces those
parts; `verify` first compares every signature and attribute that this and `cloud_backends` rest on.
"""

from __future__ import annotations

import copy
import inspect
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from lab_kit.components.cloud_backends import Moto
from lab_kit.components.cloud_code import BadCode, inflate
from lab_kit.components.cloud_records import rule_event

# the parameters of each, in order
EXPECTED = {
    "moto.awslambda.responses:LambdaResponse.invoke": "self",
    "moto.awslambda.models:LambdaFunction.__init__": "self account_id spec region version",
    "moto.awslambda.models:LambdaFunction.invoke": "self body request_headers response_headers",
    "moto.awslambda.models:LambdaFunction.get_configuration": "self on_create",
    "moto.awslambda.models:LambdaFunction.update_configuration": "self config_updates",
    "moto.awslambda.models:LambdaFunction.update_function_code": "self updated_spec",
    "moto.awslambda.models:LambdaBackend.get_function": "self function_name_or_arn qualifier",
    "moto.awslambda.models:LambdaBackend.create_event_source_mapping": "self spec",
    "moto.awslambda.exceptions:InvalidParameterValueException.__init__": "self message",
    "moto.events.models:Rule.send_to_targets": "self original_event transform_input",
    "moto.events.models:EventPattern.matches_event": "self event",
    "moto.events.utils:EventTemplateParser.parse": "input_template input_paths_map event",
    "moto.events.models:EventsBackend.put_events": "self events",
    "moto.sqs.models:Queue.add_message": "self message",
    "moto.sqs.models:Queue.delete_message": "self receipt_handle",
    "moto.sqs.models:SQSBackend.receive_message":
        "self queue_name count wait_seconds_timeout visibility_timeout message_attribute_names",
    "moto.sqs.models:Message.had_receipt_handle": "self receipt_handle",
    "moto.dynamodb.models.table:StreamShard.add": "self old new",
}  # fmt: skip
# what the constructor sets, or nothing for a name that must be there
ATTRIBUTES = {
    "moto.awslambda.models:lambda_backends": "",
    "moto.sqs.models:sqs_backends": "",
    "moto.sns.models:sns_backends": "",
    "moto.events.models:events_backends": "",
    "moto.dynamodb.models:dynamodb_backends": "",
    "moto.sqs.models:Message.__init__": "visible_at approximate_receive_count",
    "moto.sqs.models:Queue.__init__": "_messages lambda_event_source_mappings",
    "moto.awslambda.models:LambdaBackend.__init__": "_event_source_mappings",
    "moto.awslambda.models:EventSourceMapping.__init__":
        "function_response_types max_batch_window max_retry_attempts scaling_config",
    "moto.dynamodb.models.table:Table.__init__": "stream_shard lambda_event_source_mappings",
}  # fmt: skip


class Mismatch(RuntimeError):
    """Say which private part of moto is not what this project was written for."""


def verify() -> None:
    """Compare what we rest on with the installed moto; raise Mismatch naming every difference."""
    wrong = []
    for place, words in EXPECTED.items():
        found, expected = _find(place), tuple(words.split())
        has = tuple(inspect.signature(found).parameters) if callable(found) else None
        if has != expected:
            wrong.append(f"{place} has {has or 'gone'}, expected {expected}")
    for place, words in ATTRIBUTES.items():
        found, names = _find(place), words.split()
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


def install(
    moto: Moto,
    respond: Callable[[Any], tuple[int, dict[str, str], bytes]],
    submit: Callable[[str, str], str],
) -> None:
    """Let `respond(request)` answer the Invoke API and `submit(arn, payload)` queue events."""
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


def _unpack(function: Any) -> None:
    from moto.awslambda.exceptions import InvalidParameterValueException

    try:
        inflate(getattr(function, "code_bytes", b""))
    except BadCode as wrong:
        text = f"Could not unzip uploaded file. {wrong} Please check your file and upload it again."
        raise InvalidParameterValueException(text) from None


def _settings() -> None:
    """Refuse a zip that cannot be unpacked, and remember a function's dead letter queue."""
    from moto.awslambda.exceptions import InvalidParameterValueException
    from moto.awslambda.models import LambdaFunction

    init, update = LambdaFunction.__init__, LambdaFunction.update_configuration
    recode, configuration = LambdaFunction.update_function_code, LambdaFunction.get_configuration

    def new_init(self: Any, account_id: Any, spec: Any, region: Any, version: Any = 1) -> None:
        init(self, account_id, spec, region, version)
        self.dead_letter = spec.get("DeadLetterConfig")
        if spec.get("PackageType", "Zip") == "Zip":
            _unpack(self)

    def new_update(self: Any, config_updates: Any) -> Any:
        if "DeadLetterConfig" in config_updates:
            self.dead_letter = config_updates["DeadLetterConfig"]
        return update(self, config_updates)

    def new_code(self: Any, updated_spec: Any) -> Any:
        before = dict(vars(self))
        answer = recode(self, updated_spec)
        try:
            _unpack(self)
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
    from moto.awslambda.exceptions import InvalidParameterValueException
    from moto.awslambda.models import LambdaBackend
    from moto.dynamodb.models import dynamodb_backends
    from moto.sqs.models import sqs_backends

    create = LambdaBackend.create_event_source_mapping

    def new_create(self: Any, spec: Any) -> Any:
        if spec.get("FilterCriteria"):
            raise InvalidParameterValueException("This cloud does not offer FilterCriteria.")
        function = self.get_function(spec.get("FunctionName", ""), None)
        queues: list[Any] = list(sqs_backends[self.account_id][self.region_name].queues.values())
        for queue in queues:
            short = float(queue.visibility_timeout) < float(function.timeout)
            if queue.queue_arn == spec.get("EventSourceArn") and short:
                raise InvalidParameterValueException(
                    f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than "
                    f"Function timeout: {function.timeout} seconds"
                )
        mapping: Any = create(self, spec)
        mapping.created_at = time.time()
        for queue in queues:
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
        self: Any, queue_name: Any, count: Any, wait_seconds_timeout: Any, visibility_timeout: Any,
        message_attribute_names: Any = None,
    ) -> list[Any]:  # fmt: skip
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

    def new_send(self: Any, original_event: Any, transform_input: bool = True) -> None:
        ours = [t for t in self.targets if ":lambda:" in t["Arn"]]
        if self.state == "ENABLED" and ours and self.event_pattern.matches_event(original_event):
            for target in ours:
                payload = rule_event(target, dict(original_event), EventTemplateParser.parse)
                submit(target["Arn"], payload)
        rest = copy.copy(self)
        rest.targets = [t for t in self.targets if t not in ours]
        send(rest, original_event, transform_input)

    Rule.send_to_targets = new_send  # type: ignore[method-assign]
