"""Check coldstart.py by what the rates service was asked for, never by a clock."""

from __future__ import annotations

from lab_kit.judge import check, expect, expect_equal


def price(rates, order):
    """Return the total that this order has to come to, by the rule in slow_handler.py."""
    percent = rates.vat[order["country"]]
    if order["export"]:
        percent += rates.duty[order["country"]]
    return order["net_cents"] + order["net_cents"] * percent // 100


@check(
    hint=[
        "Compare with slow_handler.py line by line: the sum must stay the same.",
        "VAT is what prepare() returned; duty_table() is asked for exports only.",
    ]
)
def the_answers_stay_the_same(rates, fresh):
    """Every order gets the same total as from the slow handler, at home and abroad."""
    for n in range(8):
        order = rates.order(fresh, export=n % 2 == 1)
        if n == 0:  # duty exists for this country, and this order is no export
            order["country"] = fresh.choice(rates.abroad)
        expect_equal(
            rates.function.call(order),
            {"order_id": order["order_id"], "total_cents": price(rates, order)},
            "An order got another answer than the slow handler gives.",
            given={
                **order,
                "vat": rates.vat[order["country"]],
                "duty": rates.duty.get(order["country"]),
            },
            next="compare handler in coldstart.py with slow_handler.py.",
        )


@check(
    points=2,
    hint="The top level of the file runs once per environment, the handler at each request.",
    needs="the_answers_stay_the_same",
)
def the_common_table_is_loaded_once(rates, fresh):
    """However many orders an environment serves, it fetches the VAT table once."""
    orders = fresh.randint(5, 9)
    for _ in range(orders):
        rates.function.call(rates.order(fresh, export=False))
    expect_equal(
        rates.fetched("vat"),
        1,
        "The VAT table was not fetched exactly once.",
        given=f"{orders} orders, one environment",
        next="where does coldstart.py call load('vat'), and how often does that line run?",
    )


@check(
    hint="An environment is ready when its file has been loaded; no order has come by then.",
    needs="the_answers_stay_the_same",
)
def a_warm_environment_is_ready(rates, fresh):
    """An environment that was started ahead has the VAT table before its first order comes."""
    rates.function.runtime.provision(1)
    expect(
        rates.fetched("vat") == 1,
        "The environment was started, and it was not ready for its first order.",
        f"expected: the VAT table fetched once, at init\ngot:      {rates.fetched('vat')} fetches",
        "load at init what every order needs: prepare() runs then.",
    )


@check(
    points=2,
    hint=[
        "Who needs the duty table? Nobody else should wait for it.",
        "The first export may fetch it; the second should find it there.",
    ],
    needs="the_answers_stay_the_same",
)
def the_rare_table_waits_until_needed(rates, fresh):
    """The duty table is fetched by the first export, and by nobody else."""
    counts = {}
    for _ in range(3):
        rates.function.call(rates.order(fresh, export=False))
    counts["after 3 orders at home"] = rates.fetched("duty")
    rates.function.call(rates.order(fresh, export=True))
    counts["after the first export"] = rates.fetched("duty")
    for _ in range(3):
        rates.function.call(rates.order(fresh, export=True))
    counts["after 4 exports"] = rates.fetched("duty")
    expect_equal(
        counts,
        {"after 3 orders at home": 0, "after the first export": 1, "after 4 exports": 1},
        "The duty table was fetched too early or too often.",
        next="look at duty_table in coldstart.py, and at who calls it.",
    )
