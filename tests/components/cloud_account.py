"""A cloud for tests: functions are Python callables of the test, named at deployment."""

from __future__ import annotations

import io
import itertools
import json
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from lab_kit.components.cloud import Carried, Cloud, Function

_numbers = itertools.count()


def pack(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


class Throttled(Exception):
    """Make the fake runtime answer 429."""


class Local:
    """Run a callable as a function; remember how it was made and whether it was closed."""

    def __init__(self, account: Account, function: Function) -> None:
        self.account = account
        self.function = function
        self.closed = False

    def invoke(self, event: Any) -> Carried:
        with self.account.lock:
            self.account.events.append((self.function.name, time.monotonic(), event))
        try:
            payload = self.account.handlers[self.function.name](event)
        except Throttled:
            body = b'{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}'
            return Carried(429, None, None, body, "")
        except Exception as error:
            payload = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return Carried(200, "Unhandled", payload, json.dumps(payload).encode(), "boom\n")
        return Carried(200, None, payload, json.dumps(payload).encode(), "START\nREPORT\n")

    def close(self) -> None:
        self.closed = True


class Account:
    """Deploy callables in one cloud and see what they were invoked with."""

    def __init__(self, **options: Any) -> None:
        self.handlers: dict[str, Callable[[Any], Any]] = {}
        self.events: list[tuple[str, float, Any]] = []
        self.made: list[Local] = []
        self.lock = threading.Lock()
        self.cloud = Cloud(self._make, **options)
        made = self.client("iam").create_role(RoleName="kiosk", AssumeRolePolicyDocument="{}")
        self.role = made["Role"]["Arn"]

    def _make(self, function: Function) -> Local:
        runtime = Local(self, function)
        self.made.append(runtime)
        return runtime

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def deploy(self, handler: Callable[[Any], Any], **more: Any) -> str:
        """Create a function with a name of its own; return the name."""
        name = f"function-{next(_numbers)}"
        self.handlers[name] = handler
        settings = {
            "FunctionName": name, "Runtime": "python3.11", "Role": self.role,
            "Handler": "app.handler", "Code": {"ZipFile": pack({"app.py": f"# {name}"})},
        }  # fmt: skip
        self.client("lambda").create_function(**settings | more)
        return name

    def queue(self, **attributes: Any) -> tuple[str, str]:
        """Create a queue; return its URL and its ARN."""
        name = f"queue-{next(_numbers)}"
        sqs = self.client("sqs")
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in attributes.items()}
        url = sqs.create_queue(QueueName=name, Attributes=texts)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def taken(self, url: str) -> list[dict[str, Any]]:
        """Take every message that is in a queue now."""
        messages: list[dict[str, Any]] = []
        while True:
            found = self.client("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )  # fmt: skip
            if not found.get("Messages"):
                return messages
            messages += found["Messages"]

    def seen(self, name: str) -> list[Any]:
        """Return the events that a function was invoked with, in order."""
        with self.lock:
            return [event for function, _, event in self.events if function == name]

    def times(self, name: str) -> list[float]:
        """Return when a function was invoked."""
        with self.lock:
            return [at for function, at, _ in self.events if function == name]
