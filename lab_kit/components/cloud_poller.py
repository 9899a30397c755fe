"""Carry queues and streams to functions as Lambda's event source mappings do.

SQS (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html): a batch that
failed, or the messages named in `batchItemFailures`, can be seen again once the queue's visibility
timeout is over; the queue's redrive policy then moves them to its dead letter queue.
DynamoDB streams: in order, one batch at a time; a failed batch is tried again before the rest.
Times of AWS are multiplied by `scale`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_kit.components.cloud_async import Outcome
from lab_kit.components.cloud_backends import Moto
from lab_kit.components.cloud_records import sqs_record, stream_failure, stream_record

POLL_S = 0.02
RETRY_S = 5.0


@dataclass
class _Source:
    """Hold what the poller knows of one mapping."""

    running: int = 0
    waiting_since: float | None = None
    position: int | None = None
    retries: int = 0
    not_before: float = 0.0


class Poller:
    """Watch every mapping; `run(arn, payload)` invokes and `deliver` sends failure records."""

    def __init__(
        self,
        moto: Moto,
        run: Callable[[str, str], Outcome],
        deliver: Callable[[str, str, Mapping[str, str]], None],
        *,
        scale: float,
    ) -> None:
        self._moto = moto
        self._run = run
        self._deliver = deliver
        self._scale = scale
        self._sources: dict[str, _Source] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, name="cloud-poller", daemon=True).start()

    def busy(self) -> list[str]:
        """Name what is still on its way: messages of mapped queues, records not yet read."""
        still = []
        for mapping in self._moto.mappings():
            source = self._source(mapping)
            if not (mapping.enabled or source.running):
                continue
            queue = self._moto.queue(mapping.event_source_arn)
            shard = None if queue else self._moto.shard(mapping.event_source_arn)
            left = len(queue._messages) if queue else 0
            if shard is not None:
                left = len(shard.items) - (source.position or 0)
            if left or source.running:
                name = mapping.event_source_arn.split(":", 5)[-1]
                still.append(f"{left} left in {name}, {source.running} batches running")
        return still

    def _source(self, mapping: Any) -> _Source:
        with self._lock:
            source = self._sources.setdefault(mapping.uuid, _Source())
            if source.position is None:
                latest = mapping.starting_position == "LATEST"
                source.position = getattr(mapping, "start_after", 0) if latest else 0
            return source

    def _watch(self) -> None:
        while True:
            for mapping in self._moto.mappings():
                try:
                    self._look(mapping)
                except Exception as error:  # a mapping whose queue just went away, say
                    print(f"poller: {mapping.event_source_arn}: {error!r}", flush=True)
            time.sleep(POLL_S)

    def _look(self, mapping: Any) -> None:
        source = self._source(mapping)
        if not mapping.enabled:
            return
        if queue := self._moto.queue(mapping.event_source_arn):
            self._look_at_queue(mapping, source, queue)
        elif (shard := self._moto.shard(mapping.event_source_arn)) is not None:
            if not source.running and time.monotonic() >= source.not_before:
                self._take_stream(mapping, source, shard)

    def _look_at_queue(self, mapping: Any, source: _Source, queue: Any) -> None:
        most = (mapping.scaling_config or {}).get("MaximumConcurrency", 5)
        if source.running >= (1 if queue.fifo_queue else most) or not queue.messages:
            return
        now = time.monotonic()
        source.waiting_since = source.waiting_since or now
        window = float(mapping.max_batch_window or 0) * self._scale
        if len(queue.messages) < mapping.batch_size and now < source.waiting_since + window:
            return
        source.waiting_since = None
        with self._lock:
            source.running += 1
        taken_at = time.time() * 1000
        messages = self._moto.receive(queue, mapping.batch_size)
        self._start(source, self._queue_batch, mapping, queue, messages, taken_at)

    def _start(self, source: _Source, work: Callable[..., None], *args: Any) -> None:
        def whole() -> None:
            try:
                work(*args)
            finally:
                with self._lock:
                    source.running -= 1

        threading.Thread(target=whole, name="cloud-batch", daemon=True).start()

    def _queue_batch(
        self, mapping: Any, queue: Any, messages: Sequence[Any], taken_at: float
    ) -> None:
        if not messages:
            return
        again_at = taken_at + float(queue.visibility_timeout) * 1000 * self._scale
        failed = {message.id for message in messages}
        try:
            records = [sqs_record(m, queue.queue_arn, self._moto.region) for m in messages]
            outcome = self._run(mapping.function_arn, json.dumps({"Records": records}))
            failed = _failed(outcome, mapping, [message.id for message in messages])
        finally:
            self._moto.settle(queue, [m for m in messages if m.id not in failed], None)
            self._moto.settle(queue, [m for m in messages if m.id in failed], again_at)

    def _take_stream(self, mapping: Any, source: _Source, shard: Any) -> None:
        start = source.position or 0
        items = shard.items[start : start + mapping.batch_size]
        if items:
            with self._lock:
                source.running += 1
            self._start(source, self._stream_batch, mapping, source, items)

    def _stream_batch(self, mapping: Any, source: _Source, items: Sequence[Any]) -> None:
        arn = mapping.event_source_arn
        records = [stream_record(item.to_json(), arn, self._moto.region) for item in items]
        body = json.dumps({"Records": records}, default=str)
        outcome = self._run(mapping.function_arn, body)
        numbers = [str(record["dynamodb"]["SequenceNumber"]) for record in records]
        failed = _failed(outcome, mapping, numbers)
        done = next((i for i, n in enumerate(numbers) if n in failed), len(numbers))
        source.position = (source.position or 0) + done
        if done == len(numbers):
            source.retries = 0
            return
        source.retries = 1 if done else source.retries + 1
        most = mapping.max_retry_attempts
        if most is None or most < 0 or source.retries <= most:
            source.not_before = time.monotonic() + RETRY_S * self._scale
            return
        source.retries = 0
        source.position += len(numbers) - done
        target = ((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination")
        if target:
            record = stream_failure(outcome, mapping, numbers[done:], most + 1)
            self._deliver(target, json.dumps(record), {})


def _failed(outcome: Outcome, mapping: Any, ids: Sequence[str]) -> set[str]:
    """Read which items of a batch failed; an answer that makes no sense fails them all."""
    everything = set(ids)
    if outcome.status != 200 or outcome.error:
        return everything
    if "ReportBatchItemFailures" not in (mapping.function_response_types or ()):
        return set()
    try:
        answer = json.loads(outcome.body)
    except ValueError:
        return everything
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return everything
    failures = answer.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return everything
    named = [f.get("itemIdentifier") if isinstance(f, dict) else None for f in failures]
    known = all(isinstance(name, str) and name in everything for name in named)
    return {str(name) for name in named} if known else everything
