"""Check orders.py by what is in the table and in the queues, whatever order it came in."""

from __future__ import annotations

import json

from lab_kit.judge import check, expect, expect_equal

NEXT = "look at book and handler in orders.py."


def expect_booked(order_desk, orders, given, elsewhere=0):
    """Expect the table to hold these orders, and the takings their sum and what came elsewhere."""
    cents, takings = order_desk.booked()
    want = {order["order_id"]: order["total_cents"] for order in orders}
    expect_equal(cents, want, "The table holds other orders.", given=given, next=NEXT)
    expect_equal(
        takings,
        sum(want.values()) + elsewhere,
        "The takings are not the sum of all that was sold.",
        given=given,
        next=NEXT,
    )


def failures_of(answer):
    """Return the ids that a handler's answer names; Failed when it is none."""
    rows = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    ok = isinstance(rows, list) and all(isinstance(r, dict) and "itemIdentifier" in r for r in rows)
    expect(
        ok,
        "The handler's answer was not a list of failures.",
        'expected: {"batchItemFailures": [{"itemIdentifier": messageId}, ...]}\n'
        + f"got:      {answer!r:.300}",
        NEXT,
    )
    return [row["itemIdentifier"] for row in rows]


@check(
    hint=[
        "A record's body is the order as JSON text.",
        "An item is {'id': {'S': ...}, 'cents': {'N': '...'}}: DynamoDB wants numbers as text.",
    ]
)
def orders_are_booked(order_desk, fresh):
    """A batch of good orders is in the table, and the takings are their sum."""
    orders = order_desk.orders(fresh.randint(3, 6))
    answer = order_desk.function().call(order_desk.batch([json.dumps(o) for o in orders]))
    expect_equal(failures_of(answer), [], "Good orders were reported as failures.", given=orders)
    expect_booked(order_desk, orders, orders)


@check(
    points=2,
    hint=[
        "SQS delivers at least once. What in the table tells you that an order was there before?",
        "A condition on the Put holds back the whole transaction, the ADD too.",
    ],
    needs="orders_are_booked",
)
def delivered_twice_counts_once(order_desk, fresh):
    """An order that is delivered again is no failure, and changes nothing."""
    function = order_desk.function()
    orders = order_desk.orders(fresh.randint(3, 5))
    bodies = [json.dumps(order) for order in orders]
    again = [*bodies, fresh.choice(bodies)]
    sold = fresh.randint(100, 9999)
    order_desk.other_till(sold)
    for batch in (bodies, again):
        answer = function.call(order_desk.batch(batch))
        expect_equal(
            failures_of(answer),
            [],
            "An order that was there before was reported as a failure.",
            given=batch,
        )
    given = f"{sold} in the takings from another till, {bodies}, and then again {again}"
    expect_booked(order_desk, orders, given, sold)


@check(
    points=2,
    hint=[
        "The batch item's messageId goes into batchItemFailures.",
        "What happens to the messages after the one that raised?",
    ],
    needs="orders_are_booked",
)
def one_bad_message_is_retried_alone(order_desk, fresh):
    """Only the message that failed is named; all others are booked."""
    orders = order_desk.orders(fresh.randint(4, 7))
    bodies = [json.dumps(order) for order in orders]
    n = fresh.randrange(len(bodies))
    bodies.insert(n, order_desk.poison())
    event = order_desk.batch(bodies)
    answer = order_desk.function().call(event)
    expect_equal(
        failures_of(answer),
        [event["Records"][n]["messageId"]],
        "Other messages were named than the one that failed.",
        given=f"{len(bodies)} messages, of which number {n} is {bodies[n]!r}",
        next=NEXT,
    )
    expect_booked(order_desk, orders, bodies)


@check(
    points=2,
    hint=[
        "SQS itself moves a message that is reported often enough: no work for your code.",
        "A message that is not reported is deleted, for good.",
    ],
    needs="one_bad_message_is_retried_alone",
    deadline=90,
)
def poison_ends_in_the_dead_letters(order_desk, deliveries, fresh):
    """Through a real queue nothing is lost: good orders are booked, poison ends in the DLQ."""
    queue, dead = order_desk.deploy()
    orders = order_desk.orders(fresh.randint(6, 9))
    poison = [order_desk.poison()]
    bodies = [json.dumps(order) for order in orders] + poison
    fresh.shuffle(bodies)
    for body in bodies:
        order_desk.sqs.send_message(QueueUrl=queue, MessageBody=body)
    still = order_desk.cloud.settle(40)
    given = f"{len(orders)} orders and {poison} in one queue; {still or 'nothing'} left on its way"
    expect_equal(
        order_desk.bodies(dead),
        sorted(poison),
        "Other messages are in the dead letter queue.",
        given=given,
        next="a message goes there after it was reported three times: report it each time.",
    )
    expect_booked(order_desk, orders, given)
    times = {}
    for event in deliveries.events.get(order_desk.name, []):
        for one in event["Records"]:
            times[one["body"]] = times.get(one["body"], 0) + 1
    expect_equal(
        {body: times.get(body, 0) for body in poison},
        dict.fromkeys(poison, 3),
        "The queue did not deliver the poison as often as it can.",
        given=given,
        next="report it each time, and leave the dead letter queue to SQS.",
    )
    again = {body: n for body, n in times.items() if n > 1 and body not in poison}
    expect_equal(
        again, {}, "Messages that were done came back all the same.", given=given, next=NEXT
    )
