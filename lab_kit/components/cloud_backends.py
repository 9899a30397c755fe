"""Read what the poller and the invoker need from moto's backends of one region.

What this touches of moto's private parts is listed, and compared at start, in `cloud_moto`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from lab_kit.components.cloud_async import Policy

ACCOUNT = "123456789012"
IN_FLIGHT_S = 43200


class Moto:
    """Find functions, mappings, queues and streams; `lock` guards every change of a queue."""

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
