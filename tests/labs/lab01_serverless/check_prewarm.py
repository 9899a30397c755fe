"""Check prewarm.py by what the stock room was asked for, before and after the snapshot."""

from __future__ import annotations

from lab_kit.judge import check, expect, expect_equal


def answer_to(stock_room, sku):
    """Return what the handler says about an article."""
    return stock_room.function.call({"sku": sku})


@check(hint="start() runs at init, freshen() after the restore; the handler answers from STATE.")
def it_answers_after_a_restore(stock_room, fresh):
    """A restored environment knows price and stock, and says which worker it is."""
    sku = fresh.choice(list(stock_room.prices))
    got = answer_to(stock_room, sku)
    worker = got.get("worker") if isinstance(got, dict) else None
    expect(
        worker in stock_room.workers,
        "The worker's id is none that backend.new_worker_id() gave out.",
        f"expected: one of {stock_room.workers} as worker\ngot:      {got!r:.300}",
        "look at freshen in prewarm.py.",
    )
    expect_equal(
        got,
        {"worker": worker, "cents": stock_room.prices[sku], "left": stock_room.left[sku]},
        "The handler gave another answer.",
        given={"sku": sku},
        next="look at handler in prewarm.py.",
    )


@check(
    hint="What is worked out before the snapshot is in every copy of it, random or not.",
    needs="it_answers_after_a_restore",
)
def a_restored_copy_has_its_own_id(stock_room, fresh):
    """A copy takes a new worker id after each restore, and keeps it from then on."""
    stock_room.snapshot()
    old = list(stock_room.workers)
    sku = fresh.choice(list(stock_room.prices))
    asked = [answer_to_or_nothing(stock_room, sku) for _ in range(3)]
    ids = [a["worker"] for a in asked if isinstance(a, dict) and "worker" in a]
    ids = ids or stock_room.workers[-1:]
    expect(
        not any(one in old for one in ids),
        "The id was taken before the snapshot: every copy will have the same.",
        f"taken before the snapshot: {old}\nused after the restore:    {ids}",
        "call backend.new_worker_id() after the restore.",
    )
    expect(
        all(one == ids[0] for one in ids) and len(stock_room.workers) - len(old) == 1,
        "One copy took more than one id.",
        f"given: 3 requests to one environment\ngot:   {stock_room.workers[len(old) :]}",
        "take the id once, after the restore, and keep it in STATE.",
    )


def answer_to_or_nothing(stock_room, sku):
    """Return an answer, or None where the handler failed: another check tells of that."""
    invocation = stock_room.function.runtime.invoke({"sku": sku})
    return invocation.payload if invocation.outcome == "ok" else None


@check(
    hint="A connection is two ends; the snapshot holds only yours.",
    needs="it_answers_after_a_restore",
)
def the_connection_is_opened_again(stock_room, fresh):
    """The handler asks through a session that was opened after the restore."""
    stock_room.snapshot()
    sku = fresh.choice(list(stock_room.prices))
    invocation = stock_room.function.runtime.invoke({"sku": sku})
    got = invocation.payload if invocation.outcome == "ok" else None
    expect(
        isinstance(got, dict) and got.get("left") == stock_room.left[sku],
        "The handler had no working session after the restore.",
        f"expected: left: {stock_room.left[sku]}\n"
        f"got:      {invocation.error_type or ''} {invocation.error_message or invocation.payload}",
        "call backend.connect() after the restore.",
    )
    answer_to(stock_room, sku)
    opened = stock_room.after("/sessions")
    expect_equal(
        opened,
        1,
        "The session was not opened exactly once for two requests.",
        next="keep it in STATE.",
    )


@check(
    points=2,
    hint="What is the same for everybody, and slow to fetch, is what a snapshot is for.",
    needs="it_answers_after_a_restore",
)
def the_price_table_is_kept(stock_room, fresh):
    """The price table is fetched once, before the snapshot, and never again."""
    stock_room.snapshot()
    before = stock_room.service.count("/prices")
    for sku in fresh.choices(list(stock_room.prices), k=3):
        answer_to_or_nothing(stock_room, sku)
    expect_equal(
        {"before the snapshot": before, "after the restore": stock_room.after("/prices")},
        {"before the snapshot": 1, "after the restore": 0},
        "The price table was fetched at another time, or more than once.",
        next="fetch it in start(), which runs before the snapshot is taken.",
    )
