"""Check portable.py: one core, three adapters, two vendors' runtimes."""

from __future__ import annotations

import json
import re
import time

from kiosk import asked

from lab_kit.judge import Failed, check, expect, expect_equal

FILE = "portable.py"
SERVER_SAYS = re.compile(r"(?<=\})\[\d{4}-\d\d-\d\d \d\d:")  # gunicorn's log, on stderr


def drawn(kiosk, fresh, known=True):
    """Return a fresh order, and the status and body that it has to get wherever it runs.

    With an article that nobody sells, if not `known`.
    """
    lines = kiosk.lines()
    order = {"order_id": f"ö-{fresh.randint(1000, 9999)}", "items": asked(lines)}
    if known:
        total = sum(line["cents"] for line in lines)
        return order, (200, {"order_id": order["order_id"], "total_cents": total})
    sku = f"NO-{fresh.randint(10, 99)}"
    order["items"].insert(fresh.randrange(len(lines)), {"sku": sku, "quantity": 1})
    return order, (422, {"error": f"unknown sku: {sku}"})


def same_answer(vendor, got, order, want, look):
    """Expect the status and the body that the order has to get."""
    expect_equal(
        dict(zip(("status", "body"), got, strict=True)),
        dict(zip(("status", "body"), want, strict=True)),
        f"An order on {vendor} was not answered as it has to be.",
        given=order,
        next=look,
    )


def ask_google(functions, order, submission):
    """Send one order over HTTP; return status and body."""
    response = functions.request(
        "POST", "/", body=json.dumps(order), headers={"content-type": "application/json"}
    )
    if response.status >= 500:
        raise explained(functions, submission, response)
    try:
        return response.status, json.loads(response.body)
    except (ValueError, RecursionError):
        expect(
            False,
            "Google's answer was not JSON.",
            f"got: {response.body!r:.300}",
            "look at on_google in portable.py.",
        )


def explained(functions, submission, response):
    """Return the failure that the function's own log tells of."""
    words = functions.last_error()
    if words is None:
        return Failed(
            f"Google's runtime answered {response.status}, and the log names no error.",
            response.body.decode("utf-8", "replace")[:300],
            "look for a loop or a wait that does not end in portable.py.",
        )
    return submission.explain(FILE, words.error_type, words.error_message, words.trace)


@check(
    points=2,
    hint=[
        "The core gets everything it needs as arguments: the order and the prices.",
        "If this says that a module was not found, look at the imports at the top of the file.",
    ],
)
def the_core_stands_alone(submission, kiosk, fresh):
    """quote(order, prices) works where neither vendor's library is installed."""
    for _ in range(3):
        order, want = drawn(kiosk, fresh)
        expect_equal(
            submission.call(FILE, "quote", order, kiosk.prices),
            want[1],
            "quote gave another answer.",
            given=order,
            next="look at quote in portable.py.",
        )
    order, want = drawn(kiosk, fresh, known=False)
    reply = submission.reply(FILE, "quote", order, kiosk.prices)
    expect_equal(
        (reply.error.type, reply.error.message) if reply.error else reply.value,
        ("ValueError", want[1]["error"]),
        "An order with an article that has no price was not refused with that ValueError.",
        given=order,
        next="look at quote in portable.py.",
    )


@check(
    hint="What comes in is a dict whose body is text; what goes out is one, too.",
    needs="the_core_stands_alone",
)
def it_answers_on_lambda(kiosk, fresh):
    """on_lambda answers an HTTP API event on Lambda's runtime."""
    function = kiosk.run("portable.on_lambda")
    order, want = drawn(kiosk, fresh)
    status, body, headers = function.http(json.dumps(order))
    same_answer("Lambda", (status, body), order, want, "look at on_lambda in portable.py.")
    expect(
        headers.get("content-type", "").startswith("application/json"),
        "The response did not say that it is JSON.",
        f"expected: a header content-type: application/json\ngot:      {headers}",
        "look at on_lambda in portable.py.",
    )


@check(
    hint="A Google function may return a tuple: the text, the status, a dict of headers.",
    needs="the_core_stands_alone",
)
def it_answers_on_google(submission, kiosk, fresh):
    """on_google answers an HTTP request on Google's functions framework."""
    functions = kiosk.run_on_google(FILE, "on_google", "http")
    order, want = drawn(kiosk, fresh)
    got = ask_google(functions, order, submission)
    same_answer("Google", got, order, want, "look at on_google in portable.py.")


@check(
    hint=[
        "A CloudEvent's data is the order, already a dict.",
        "One print, one line, valid JSON, whatever the status.",
    ],
    needs="the_core_stands_alone",
)
def it_answers_a_cloud_event(submission, kiosk, fresh):
    """on_cloud_event prints what an order event gets, quote or refusal, as one line of JSON."""
    functions = kiosk.run_on_google(FILE, "on_cloud_event", "cloudevent")
    orders = [drawn(kiosk, fresh, known) for known in (True, False, True)]
    for order, _ in orders:
        response = functions.event("shop.kiosk.order", "/kiosk/web", order)
        if response.status >= 400:
            raise explained(functions, submission, response)
    printed = printed_by(functions, [body for _, (_, body) in orders])
    for order, (_, body) in orders:
        expect(
            body in printed,
            "The answer to an event was not in the log.",
            f"given:    {order}\nexpected: a line {json.dumps(body)}\n"
            f"got:      {functions.log()[-300:]}",
            "print the body with json.dumps in on_cloud_event.",
        )


def printed_by(functions, bodies):
    """Return the JSON objects in the log, once all of `bodies` are there or 2 s are over.

    What was printed before an answer may reach us after it.
    """
    end = time.monotonic() + 2
    while True:
        printed = [value for line in functions.log().splitlines() if (value := parsed(line))]
        if all(body in printed for body in bodies) or time.monotonic() >= end:
            return printed
        time.sleep(0.02)


def parsed(line):
    """Return the JSON object on a line, or None; the server's own words may stick to its end."""
    try:
        value = json.loads(SERVER_SAYS.split(line)[0])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@check(
    points=2,
    hint="Send the same order to both by hand, and compare status and body.",
    needs=("it_answers_on_lambda", "it_answers_on_google"),
)
def both_vendors_say_the_same(submission, kiosk, fresh):
    """The same requests, refused ones too, get the same status and body from both vendors."""
    function = kiosk.run("portable.on_lambda")
    functions = kiosk.run_on_google(FILE, "on_google", "http")
    for n in range(6):
        order, want = drawn(kiosk, fresh, known=n % 2 == 0)
        for vendor, got in (
            ("Lambda", function.http(json.dumps(order))[:2]),
            ("Google", ask_google(functions, order, submission)),
        ):
            look = "each adapter passes on what respond(order) says, and changes nothing."
            same_answer(vendor, got, order, want, look)
