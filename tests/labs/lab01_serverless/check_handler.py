"""Check handler.py: a quote API behind an HTTP API event."""

from __future__ import annotations

import base64
import json

from kiosk import asked

from lab_kit.judge import check, expect, expect_equal

FILE = "handler.py"


def refusal(function, body, status, code, field, **request):
    """Expect one refusal: its status, its code, and the field that is to blame."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    shown = {"method": "POST", "path": "/quote", **request, "body": text}
    got_status, got, _ = function.http(text, **request)
    got_error = got.get("error") if isinstance(got, dict) else None
    got_error = got_error if isinstance(got_error, dict) else {}
    expect_equal(
        {"status": got_status, "code": got_error.get("code"), "field": got_error.get("field")},
        {"status": status, "code": code, "field": field},
        "A request that should be refused got another answer.",
        given=shown,
        next="compare with the table of refusals above the exercise.",
    )


@check(
    points=2,
    hint=[
        "A line costs the article's cents times the quantity; the total is the sum of the lines.",
        "Look articles up in PRODUCTS at the moment of the request: the judge brings its own.",
    ],
)
def a_quote_adds_up(kiosk, fresh):
    """POST /quote answers 200 with every line priced and the right total, as JSON."""
    function = kiosk.run("handler.handler")
    for _ in range(3):
        lines = kiosk.lines()
        basket, total = asked(lines), sum(line["cents"] for line in lines)
        status, got, headers = function.http(json.dumps({"items": basket}))
        expect_equal(
            {"status": status, "body": got},
            {"status": 200, "body": {"lines": lines, "total_cents": total}},
            "The quote was not right.",
            given={"items": basket},
            next="look at quote in handler.py.",
        )
        expect(
            type(got["total_cents"]) is int,
            "The total was not a whole number of cents.",
            f"expected: {total}\ngot:      {got['total_cents']!r}",
            "keep to integers: cents times quantity, no division.",
        )
        expect(
            headers.get("content-type", "").startswith("application/json"),
            "The response did not say that it is JSON.",
            f"expected: a header content-type: application/json\ngot:      {headers}",
            "return what answer(status, body) makes.",
        )


@check(
    hint="When isBase64Encoded is true, body is base64 text: decode it before you parse it.",
    needs="a_quote_adds_up",
)
def a_base64_body_is_read(kiosk, fresh):
    """A body that arrives base64-encoded is read like any other."""
    function = kiosk.run("handler.handler")
    lines = kiosk.lines()
    text = json.dumps({"items": asked(lines), "note": "für Zoë ☕"}, ensure_ascii=False)
    status, got, _ = function.http(base64.b64encode(text.encode()).decode(), encoded=True)
    expect_equal(
        {"status": status, "total_cents": got.get("total_cents") if isinstance(got, dict) else got},
        {"status": 200, "total_cents": sum(line["cents"] for line in lines)},
        "A base64-encoded order was not answered like the same order in plain text.",
        given={"isBase64Encoded": True, "body, decoded": text},
        next="look at read_body in handler.py.",
    )


@check(
    hint="json.loads raises ValueError for what is not JSON; a request may have no body at all.",
    needs="a_quote_adds_up",
)
def malformed_json_is_refused(kiosk, fresh):
    """A body that is no JSON, or no body at all, is answered with 400 malformed_json."""
    function = kiosk.run("handler.handler")
    good = json.dumps({"items": kiosk.basket()})
    for body in (good[: fresh.randint(5, len(good) - 2)], "", None, "items=1"):
        refusal(function, body, 400, "malformed_json", None)


@check(
    hint="The order must be an object, and its items a list with something in it.",
    needs="a_quote_adds_up",
)
def an_order_without_items_is_refused(kiosk, fresh):
    """JSON that holds no list of items is answered with 422 bad_items."""
    function = kiosk.run("handler.handler")
    n = fresh.randint(2, 99)
    for body in ({}, {"items": []}, {"items": n}, {"items": None}, [n], "null", str(n)):
        refusal(function, body, 422, "bad_items", "items")


@check(
    hint=[
        "Which item is it? Count from 0: items[2].sku is the third item's.",
        "A sku may be missing, or may not be a text at all, and an item may be null.",
        "A list can't be looked up in a dict: ask isinstance(sku, str) before you look it up.",
    ],
    needs="a_quote_adds_up",
)
def an_unknown_article_is_named(kiosk, fresh):
    """The first article that Kiosk does not sell is answered with 422 unknown_sku and its place."""
    function = kiosk.run("handler.handler")
    for sku in (f"NO-{fresh.randint(100, 999)}", None, fresh.randint(1, 9), "", ["x"], {}):
        basket = kiosk.basket(fresh.randint(3, 6))
        n = fresh.randrange(1, len(basket))
        basket[n]["sku"] = sku
        refusal(function, {"items": basket}, 422, "unknown_sku", f"items[{n}].sku")
    first, _, last = kiosk.basket(3)
    for item in ({"quantity": 1}, None, "TEA-01", []):
        refusal(function, {"items": [first, item, last]}, 422, "unknown_sku", "items[1].sku")


@check(
    hint=[
        "A quantity is a whole number from 1 to 99.",
        'In Python, True is an int too and "3" * 2 is "33"; look at the type itself.',
        "3.0 is no whole number here: json.loads makes a float of it.",
    ],
    needs="a_quote_adds_up",
)
def a_bad_quantity_is_named(kiosk, fresh):
    """A quantity that is no whole number from 1 to 99 is answered with 422 and its place."""
    function = kiosk.run("handler.handler")
    for bad in (0, -fresh.randint(1, 9), fresh.randint(100, 999), 2.5, 3.0, "3", True, None):
        basket = kiosk.basket(fresh.randint(2, 5))
        n = fresh.randrange(len(basket))
        basket[n]["quantity"] = bad
        refusal(function, {"items": basket}, 422, "bad_quantity", f"items[{n}].quantity")
    for edge in (1, 99):
        basket = [{**kiosk.basket(1)[0], "quantity": edge}]
        status, _, _ = function.http(json.dumps({"items": basket}))
        expect_equal(status, 200, f"A quantity of {edge} was refused.", given=basket)


@check(
    hint='The path is event["rawPath"], the method is under requestContext, http.',
    needs="a_quote_adds_up",
)
def only_post_quote_is_served(kiosk, fresh):
    """Another path is answered with 404 not_found, another method with 405 method_not_allowed."""
    function = kiosk.run("handler.handler")
    body = json.dumps({"items": kiosk.basket()})
    for path in (f"/{fresh.choice('abc')}", "/quotes", "/"):
        refusal(function, body, 404, "not_found", None, path=path)
    for method in ("GET", "PUT", "DELETE"):
        refusal(function, None, 405, "method_not_allowed", None, method=method)
