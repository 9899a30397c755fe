"""Be what Kiosk's functions talk to across the network, and count every call."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from desk import LOOK, asked, record, whole
from kiosk import Function, Kiosk, zipped

from lab_kit.components.cloud import Cloud
from lab_kit.components.http_service import Call
from lab_kit.errors import Failed
from lab_kit.judge import expect

MOST_MESSAGES = 200
COUNTRIES = ("DE", "FR", "CH", "US", "JP", "NO", "GB", "BR")


class Rates:
    """Serve fresh tax tables, each fetch counted: what the handlers of `coldstart` load."""

    def __init__(self, kiosk: Kiosk) -> None:
        fresh = kiosk.fresh
        self.vat = {country: fresh.randint(0, 27) for country in COUNTRIES}
        self.abroad = fresh.sample(COUNTRIES, 4)
        self.duty = {country: fresh.randint(1, 15) for country in self.abroad}
        self.service = kiosk.serve(self._answer, delay_s=0.02)
        self.function = kiosk.run(
            "coldstart.handler", {"RATES_URL": self.service.address}, memory_mb=128
        )

    def _answer(self, call: Call) -> object:
        return {"/vat": self.vat, "/duty": self.duty}[call.path]

    def fetched(self, name: str) -> int:
        return self.service.count(f"/{name}")

    def order(self, fresh: Random, export: bool) -> dict[str, Any]:
        """Return a fresh order that does, or does not, leave the customs union."""
        return {
            "order_id": f"o-{fresh.randint(1000, 9999)}",
            "net_cents": fresh.randint(100, 99999),
            "country": fresh.choice(self.abroad if export else COUNTRIES),
            "export": export,
        }


class LabelRoom:
    """Be the label printer: count what is printed, keep the mark, take `label_s` a label."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk
        self.mark = 0
        self.printed: list[int] = []
        self.service = kiosk.serve(self._answer, delay_s=0.0)

    def _answer(self, call: Call) -> object:
        if call.path == "/mark":
            if call.method == "PUT":
                self.mark = call.json()["next"]
            return {"next": self.mark}
        self.printed.append(int(call.path.removeprefix("/labels/")))
        return {"printed": self.printed[-1]}

    def environment(self, timeout_s: float) -> Function:
        """Return the handler in a new environment, which knows nothing of earlier ones."""
        address = {"LABELS_URL": self.service.address}
        return self.kiosk.run("longjob.handler", address, timeout_s=timeout_s)


class StockRoom:
    """Be the backend: hand out worker ids and sessions, and end all sessions at a snapshot."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.left = {sku: kiosk.fresh.randint(1, 500) for sku in kiosk.prices}
        self.prices = kiosk.prices
        self.workers: list[int] = []
        self.sessions: set[int] = set()
        self._next = kiosk.fresh.randint(100, 900)
        self.service = kiosk.serve(self._answer)
        self.function = kiosk.run(
            "prewarm.handler", {"BACKEND_URL": self.service.address}, snap_start=True
        )

    def _answer(self, call: Call) -> object:
        path, _, query = call.path.partition("?session=")
        self._next += 1
        if path == "/workers":
            self.workers.append(self._next)
            return {"id": self._next}
        if path == "/sessions":
            self.sessions.add(self._next)
            return {"session": self._next}
        if path == "/prices":
            return self.prices
        if query not in map(str, self.sessions):
            return 410, {"error": "this session is gone"}
        return {"left": self.left[path.removeprefix("/stock/")]}

    def snapshot(self) -> None:
        """Take the snapshot: the environment waits by now; end what no snapshot can hold."""
        states = [one.state for one in self.function.runtime.environments]
        expect(
            not {"idle", "busy"} & set(states),
            "The environment did not wait for its snapshot.",
            "expected: the file runs to its end, and Lambda's runtime asks for the restore\n"
            "got:      it asked for its first request before there was a snapshot",
            "leave Lambda's own addresses to its runtime, in prewarm.py.",
        )
        self.sessions.clear()
        self.before = len(self.service.calls)

    def after(self, path: str) -> int:
        """Return how often `path` was asked for since the snapshot."""
        return sum(
            call.path.partition("?")[0] == path for call in self.service.calls[self.before :]
        )


class OrderDesk:
    """Be the cloud around `orders`: a table, a queue and its dead letters."""

    def __init__(self, kiosk: Kiosk, cloud: Cloud) -> None:
        self.kiosk, self.cloud = kiosk, cloud
        self.name = f"kiosk-{kiosk.fresh.getrandbits(40):x}"
        self.table = cloud.client("dynamodb")
        self.sqs = cloud.client("sqs")
        self.table.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def orders(self, count: int) -> list[dict[str, Any]]:
        """Return fresh orders, each with an id of its own."""
        fresh = self.kiosk.fresh
        numbers = fresh.sample(range(10000, 99999), count)
        return [{"order_id": f"o-{n}", "total_cents": fresh.randint(100, 9999)} for n in numbers]

    def poison(self) -> str:
        """Return a body that no try will ever book."""
        number = self.kiosk.fresh.randint(100, 999)
        return self.kiosk.fresh.choice([f"{{broken {number}", f'{{"total_cents": {number}}}'])

    def function(self) -> Function:
        """Return the handler on its own, to be given batches by hand."""
        return self.kiosk.run(
            "orders.handler",
            {"AWS_ENDPOINT_URL": self.cloud.endpoint},
            environment={"ORDERS_TABLE": self.name},
            memory_mb=256,
            timeout_s=10,
        )

    def batch(self, bodies: list[str]) -> dict[str, Any]:
        """Return the event that Lambda makes of SQS messages."""
        fresh = self.kiosk.fresh
        ids = [f"{fresh.getrandbits(32):08x}-0000-4000-8000-{n:012d}" for n in range(len(bodies))]
        return {"Records": [record(i, body) for i, body in zip(ids, bodies, strict=True)]}

    def booked(self) -> tuple[dict[str, int], int]:
        """Return what is in the table: cents by order, and the takings."""
        read = asked("table", self.table.scan, TableName=self.name, ConsistentRead=True)
        rows = read["Items"]
        cents = {row["id"]["S"]: whole(row) for row in rows}
        takings = cents.pop("takings", 0)
        return cents, takings

    def other_till(self, cents: int) -> None:
        """Add to the takings what was sold elsewhere: they are not this function's alone."""
        self.table.update_item(
            TableName=self.name,
            Key={"id": {"S": "takings"}},
            UpdateExpression="ADD cents :c",
            ExpressionAttributeValues={":c": {"N": str(cents)}},
        )

    def deploy(self) -> tuple[str, str]:
        """Deploy the function behind a queue; return the URLs of the queue and its dead letters.

        A message that failed three times goes to the dead letters.
        """
        made = self.sqs.create_queue(QueueName=f"{self.name}-dead")
        dead = made["QueueUrl"]
        arn = self._arn(dead)
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
        queue = self.sqs.create_queue(
            QueueName=self.name, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "20"}
        )["QueueUrl"]
        role = self.cloud.client("iam").create_role(
            RoleName=self.name, AssumeRolePolicyDocument="{}"
        )["Role"]["Arn"]
        client = self.cloud.client("lambda")
        client.create_function(
            FunctionName=self.name,
            Runtime="python3.12",
            Role=role,
            Handler="orders.handler",
            Code={"ZipFile": zipped(self.kiosk.folder)},
            MemorySize=256,
            Timeout=10,
            Environment={"Variables": {"ORDERS_TABLE": self.name}},
        )
        client.create_event_source_mapping(
            EventSourceArn=self._arn(queue),
            FunctionName=self.name,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        return queue, dead

    def bodies(self, queue: str) -> list[str]:
        """Take all messages out of a queue; return their bodies, sorted."""
        found: list[str] = []
        while len(found) < MOST_MESSAGES:
            take = self.sqs.receive_message
            got = asked("queue", take, QueueUrl=queue, MaxNumberOfMessages=10)
            for message in got.get("Messages", []):
                found.append(message["Body"])
                handle = message["ReceiptHandle"]
                asked("queue", self.sqs.delete_message, QueueUrl=queue, ReceiptHandle=handle)
            if not got.get("Messages"):
                return sorted(found)
        why = f"expected: a few\ngot:      {MOST_MESSAGES} and more"
        raise Failed("There is no end of messages in a queue.", why, LOOK)

    def _arn(self, queue: str) -> str:
        got = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(got["Attributes"]["QueueArn"])
