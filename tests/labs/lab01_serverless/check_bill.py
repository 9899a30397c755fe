"""Check bill.py: months whose bill can be worked out by hand, with prices made up for it."""

from __future__ import annotations

from lab_kit.judge import check, expect, expect_equal

FILE = "bill.py"
NEXT = "work the month out by hand from `given`, then look at bill.py."


def price_list(fresh, **free):
    """Return a price file of the given one's shape: other prices, nothing free unless said."""
    return {
        "lambda": {
            "request": fresh.randint(1, 9) / 1e7,
            "gb_second": {
                "x86_64": fresh.randint(15, 19) / 1e6,
                "arm64": fresh.randint(10, 14) / 1e6,
            },
            "step_ms": 1,
            "free_requests": free.get("requests", 0),
            "free_gb_seconds": free.get("gb", 0),
        },
        "google": {
            "request": fresh.randint(1, 9) / 1e7,
            "gb_second": fresh.randint(2, 4) / 1e6,
            "ghz_second": fresh.randint(8, 12) / 1e6,
            "ghz": {"128": 0.2, "256": 0.4, "512": 0.8, "1024": 1.4, "2048": 2.4},
            "step_ms": 100,
            "free_requests": free.get("requests", 0),
            "free_gb_seconds": free.get("gb", 0),
            "free_ghz_seconds": free.get("ghz", 0),
        },
        "server": {"name": "a server", "hour": fresh.randint(2, 9) / 100, "hours_a_month": 730},
    }


def dollars(submission, function, args, expected):
    """Expect one amount, to a millionth of a dollar or of itself, whichever is more."""
    got = submission.call(FILE, function, *args)
    number = isinstance(got, int | float) and not isinstance(got, bool)
    *head, prices = args
    number = number and abs(got) < 1e15  # larger ones fit into no float, nor on a bill
    expect(
        number and abs(got - expected) <= max(1e-6, 1e-6 * expected),
        f"{function} came to another amount.",
        f"given:    {function}({', '.join(map(repr, head))}, prices) with\n"
        f"          {in_short(head, prices)}\n"
        f"expected: {expected:.6f}\ngot:      {f'{got:.6f}' if number else shown(got)}",
        NEXT,
    )


def shown(value):
    """Return what something looks like, and of a number without end that it is one."""
    try:
        return f"{value!r:.100}"
    except ValueError:
        return "a number of thousands of digits"


def in_short(head, prices):
    """Return the prices that such a call needs, and no others."""
    _, _, memory, *architecture = head
    p = prices["lambda" if architecture else "google"]
    second = p["gb_second"][architecture[0]] if architecture else p["gb_second"]
    told = [f"{plain(p['request'])} a request", f"{plain(second)} a GB-second"]
    if not architecture:
        told.append(f"{plain(p['ghz_second'])} a GHz-second ({p['ghz'][str(memory)]} GHz)")
    free = {"requests": p["free_requests"], "GB-seconds": p["free_gb_seconds"]}
    free |= {} if architecture else {"GHz-seconds": p["free_ghz_seconds"]}
    gifts = [f"{amount:,} {name}" for name, amount in free.items() if amount]
    return f"{', '.join(told)}\n          free: {', '.join(gifts) or 'nothing'}"


def plain(price):
    """Return a price as people write it: 0.0000002, and not 2e-07."""
    return f"{price:.10f}".rstrip("0")


@check(
    hint=[
        "Only what is over the free amount is paid, for requests and for GB-seconds apart.",
        "max(0, x) never goes below zero.",
    ]
)
def what_is_free_is_free(submission, fresh):
    """A month within the free amounts costs nothing; a month over them pays for the rest alone."""
    free = fresh.randint(1, 5) * 1_000_000
    prices = price_list(fresh, requests=free, gb=10_000_000)
    request = prices["lambda"]["request"]
    dollars(submission, "lambda_cost", (free, 10, 128, "x86_64", prices), 0.0)
    extra = fresh.randint(1, 9) * 1_000_000
    dollars(submission, "lambda_cost", (free + extra, 10, 128, "arm64", prices), extra * request)
    prices = price_list(fresh, requests=10**9, gb=400_000)
    rate = prices["lambda"]["gb_second"]["x86_64"]
    # 1024 MB for one second is one GB-second.
    dollars(submission, "lambda_cost", (350_000, 1000, 1024, "x86_64", prices), 0.0)
    over = fresh.randint(1, 9) * 100_000
    dollars(submission, "lambda_cost", (400_000 + over, 1000, 1024, "x86_64", prices), over * rate)


@check(
    hint=[
        "A GB is 1024 MB. A GB-second is one GB for one second.",
        "math.ceil rounds up to the next whole step.",
    ]
)
def lambda_bills_by_the_millisecond(submission, fresh):
    """Lambda rounds each duration up to the next millisecond and multiplies by the memory."""
    prices = price_list(fresh)
    p = prices["lambda"]
    million = 1_000_000
    for memory, gb in ((512, 0.5), (1024, 1.0), (2048, 2.0), (1536, 1.5)):
        ms = fresh.randint(3, 400)
        expected = million * (p["request"] + ms / 1000 * gb * p["gb_second"]["x86_64"])
        for duration in (ms, ms - 0.2, ms - 0.9):
            dollars(
                submission, "lambda_cost", (million, duration, memory, "x86_64", prices), expected
            )


@check(
    hint='The price of a GB-second depends on the processor: p["gb_second"] has both.',
    needs="lambda_bills_by_the_millisecond",
)
def arm_has_its_own_price(submission, fresh):
    """An arm64 function pays arm64's price for its GB-seconds and the same for its requests."""
    prices = price_list(fresh)
    p = prices["lambda"]
    million, ms = 1_000_000, fresh.randint(50, 500)
    expected = million * (p["request"] + ms / 1000 * p["gb_second"]["arm64"])
    dollars(submission, "lambda_cost", (million, ms, 1024, "arm64", prices), expected)


@check(
    points=2,
    hint=[
        "Three amounts: requests, GB-seconds, GHz-seconds; each has its own free part.",
        "260 ms are billed as 300 ms. JSON's keys are texts: p['ghz'][str(memory_mb)].",
    ],
)
def google_bills_by_the_100_ms(submission, fresh):
    """Google rounds each duration up to the next 100 ms and bills memory and CPU apart."""
    prices = price_list(fresh)
    p = prices["google"]
    million = 1_000_000
    for memory, gb in ((128, 0.125), (512, 0.5), (2048, 2.0)):
        steps = fresh.randint(1, 9)
        second = gb * p["gb_second"] + p["ghz"][str(memory)] * p["ghz_second"]
        expected = million * (p["request"] + steps / 10 * second)
        for duration in (steps * 100, steps * 100 - fresh.randint(1, 99)):
            dollars(submission, "google_cost", (million, duration, memory, prices), expected)
    prices = price_list(fresh, requests=10**9, gb=10**9, ghz=200_000)
    over = fresh.randint(1, 9) * 1_000_000
    expected = over * 1.4 * prices["google"]["ghz_second"]
    # 200 000 GHz-seconds at 1.4 GHz last 142 857.14 s, so this is 'over' and that much again.
    requests = over + 142_857
    missing = (200_000 - 142_857 * 1.4) * prices["google"]["ghz_second"]
    dollars(submission, "google_cost", (requests, 1000, 1024, prices), expected - missing)
    dollars(submission, "google_cost", (142_000, 1000, 1024, prices), 0.0)


def drawn_profile(fresh, prices):
    """Return a case of the next check whose sizes and winner nobody could know before."""
    sizes = fresh.sample((128, 256, 384, 512, 768, 1024, 1536, 2048, 3072), 4)
    best = fresh.choice(sizes)
    gb_ms = {size: fresh.randint(3600, 6000) for size in sizes} | {best: fresh.randint(2400, 3200)}
    return [[size, gb_ms[size] * 1024 // size] for size in sizes], prices, best


@check(
    hint=[
        "Twice the memory for half the time costs the same. What if it is more than twice as fast?",
        "min(..., key=...) can compare pairs.",
    ],
    needs="lambda_bills_by_the_millisecond",
)
def the_cheapest_memory_wins(submission, fresh):
    """cheapest_memory picks the size with the smallest bill, and the faster one of equals."""
    prices = price_list(fresh)
    base = fresh.randint(4, 9) * 100
    # GB-seconds per request, in units of base: 1.0, 0.9, 1.2, 2.4 - and 0.8 in the second.
    slow_io = [[128, base * 8], [256, base * 3.6], [512, base * 2.4], [1024, base * 2.4]]
    steep = [[128, base * 8], [256, base * 4], [512, base * 2], [1024, base * 0.8]]
    equal = [[512, base * 2], [1024, base], [2048, base]]
    free = price_list(fresh, requests=10**9, gb=10**9)
    cases = (
        (slow_io, prices, 256),
        (steep, prices, 1024),
        (equal, prices, 1024),
        (steep, free, 1024),
        *(drawn_profile(fresh, prices) for _ in range(4)),
    )
    for profile, price, best in cases:
        fresh.shuffle(profile)
        expect_equal(
            submission.call(FILE, "cheapest_memory", profile, 1_000_000, price),
            best,
            "cheapest_memory picked another size.",
            given=f"{profile}, free GB-seconds: {price['lambda']['free_gb_seconds']}",
            next="compare the bills of the entries, and when they are equal, the durations.",
        )


@check(
    points=2,
    hint=[
        "At that number Lambda costs at least what the server costs; at one request fewer, less.",
        "The bill never falls when requests grow, so you can halve the gap until you have it.",
    ],
    needs=("what_is_free_is_free", "arm_has_its_own_price"),
)
def the_break_even_is_where_it_turns(submission, fresh):
    """break_even is the first number of requests at which the server is no longer dearer."""
    for free in ({}, {"requests": 1_000_000, "gb": 400_000}, {"requests": 10**9, "gb": 400_000}):
        # The answer is drawn first, and then the server that costs half a request less.
        n = fresh.randint(4_000_000, 60_000_000)
        ms, memory, gb_second = fresh.choice(
            ((1000, 1024, 1.0), (125, 4096, 0.5), (480, 512, 0.24))
        )
        prices = price_list(fresh, **free)
        p = prices["lambda"]
        parts = [(p["request"], n - free.get("requests", 0))]
        parts += [(p["gb_second"]["arm64"] * gb_second, n - free.get("gb", 0) / gb_second)]
        server = sum(price * (over - 0.5) for price, over in parts if over > 0)
        prices["server"]["hour"] = server / 730
        got = submission.call(FILE, "break_even", ms, memory, "arm64", prices)
        expect(
            type(got) is int and got == n,
            "break_even is not where the server becomes the cheaper one.",
            f"given:    break_even({ms}, {memory}, 'arm64', prices), a server for ${server:.6f}\n"
            f"expected: {n:,} requests\ngot:      {shown(got)}",
            NEXT,
        )


@check(
    hint=[
        "shop.json holds just the arguments that break_even takes: break_even(**shop).",
        "Everyone's shop is another, so a neighbour's number is not yours.",
    ],
    needs="the_break_even_is_where_it_turns",
)
def your_shop_breaks_even_there(submission, variant):
    """own_break_even is where a server becomes the cheaper one for the shop in your shop.json."""
    n = submission.call(FILE, "own_break_even")
    prices, memory = variant["prices"]["lambda"], variant["memory_mb"]
    hour = variant["prices"]["server"]["hour"]
    # Nothing is free in this shop, so each request costs the same.
    gb_seconds = variant["duration_ms"] / 1000 * memory / 1024
    one = prices["request"] + gb_seconds * prices["gb_second"][variant["architecture"]]
    expect(
        type(n) is int and n - 1 < hour * 730 / one <= n,
        "own_break_even is not the number for your shop.",
        f"given: {variant['duration_ms']} ms, {memory} MB, {variant['architecture']}, a server for "
        f"${hour} an hour: your shop.json\ngot:   {shown(n)}",
        "run break_even(**shop) in the notebook, and write its number into bill.py.",
    )
