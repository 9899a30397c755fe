"""Check component.py with components that are made up for it."""

from __future__ import annotations

import typed

from lab_kit.judge import check, expect, expect_equal

FILE = "component.py"
WORDS = "TEA MUG KARTE TEE-Ü 東京 POSTKARTE-é MAP".split()


def ask(guest, source, prices, baskets):
    guest.begun(FILE)
    told = guest.call(FILE, "quotes", source, prices, baskets, timeout=20.0)
    expect(
        isinstance(told, list) and all(isinstance(one, dict) for one in told),
        "quotes did not tell of each basket what came of it.",
        f"got: {told!r:.200}",
        "leave quotes in component.py as it was.",
    )
    return told


def drawn(fresh):
    """Return prices of a few articles, and a basket of them with its total."""
    prices = {f"{name}-{fresh.randint(1, 99)}": fresh.randint(1, 5000) for name in WORDS}
    basket, total = [], 0
    for sku in fresh.choices(list(prices), k=fresh.randint(1, 9)):
        quantity = fresh.randint(1, 40)
        basket.append([sku, quantity])
        total += sum([prices[sku]] * quantity)
    return prices, basket, total


def same(got, want, basket, what, look):
    expect_equal(got, want, what, given=basket, next=f"look at {look} in component.py.")


@check(
    points=2,
    hint=[
        "linker.root() is used as a with block; add_func names a function there.",
        "A function of the host gets the store first, and then its parameters, as Python values.",
    ],
)
def a_basket_becomes_a_total(guest, fresh):
    """Quote passes a list of items and returns a number, time after time."""
    for _ in range(3):
        prices, basket, total = drawn(fresh)
        fee = fresh.randint(0, 900)
        large = [[basket[0][0], 1]] * 3000
        wanted = [total + fee, fee, 3000 * prices[basket[0][0]] + fee, total + fee]
        told = ask(guest, typed.component(fee), prices, [basket, [], large, basket])
        for got, want, given in zip(told, wanted, (basket, [], "3,000 items", basket), strict=True):
            same(got, {"total": want}, given, "A basket got another total.", "quote")


@check(
    points=2,
    hint="option<u32> is None or a number, and 0 is a number; result<u64, string> is one or other.",
    needs="a_basket_becomes_a_total",
)
def an_unknown_sku_is_an_error_with_words(guest, fresh):
    """What Kiosk does not sell is a ValueError with the component's words; what is free is free."""
    prices, basket, total = drawn(fresh)
    gift, unknown = f"GIFT-{fresh.randint(1, 99)}", f"NÖ-{fresh.randint(100, 999)}"
    prices[gift] = 0
    baskets = [[*basket, [unknown, 1]], [*basket, [gift, 3]], basket]
    told = ask(guest, typed.component(0), prices, baskets)
    wanted = [{"refused": f"unknown sku: {unknown}"}, {"total": total}, {"total": total}]
    for got, want, given in zip(told, wanted, baskets, strict=True):
        same(got, want, given, "A basket got another answer.", "price-of, and what quote returns")


@check(
    hint="How many pieces are -1 pieces, in 32 bits without a sign? Ask before you pass it on.",
    needs="a_basket_becomes_a_total",
)
def no_number_is_cut_to_fit(guest, fresh):
    """A quantity that is no u32 never reaches the component."""
    prices, basket, total = drawn(fresh)
    sku = basket[0][0]
    bad = [-1, 2**32, 2**32 + fresh.randint(1, 9), -(2**31), 1.5, "3", None, True]
    fresh.shuffle(bad)
    baskets = [[*basket, [sku, quantity]] for quantity in bad]
    most = [[sku, 2**32 - 1]]
    told = ask(guest, typed.component(0), prices, [*baskets, basket, most])
    for got, given in zip(told, bad, strict=False):
        expect(
            list(got) == ["misfit"],
            "A quantity that is no u32 was passed on.",
            f"given: {given!r}\ngot:   {got!r}",
            "look at the test of the quantities in quote in component.py.",
        )
    look = "the test of the quantities in quote"
    same(told[-2], {"total": total}, basket, "A right basket got another answer.", look)
    want = {"total": (2**32 - 1) * prices[sku]}
    same(told[-1], want, most, "The largest u32 got another answer.", look)


@check(
    hint="A linker can define everything that it does not know. Should it?",
    needs="a_basket_becomes_a_total",
)
def only_price_of_is_there(guest, fresh):
    """A component that wants more than price-of is not instantiated."""
    prices, basket, _ = drawn(fresh)
    for name, kind in typed.WISHES.items():
        told = ask(guest, typed.component(0, wish=(name, kind)), prices, [basket])
        expect(
            len(told) == 1 and list(told[0]) == ["unfit"],
            "A component got more than it is to have.",
            f"given: a component that imports {name}\ngot:   {told!r:.200}",
            "look at the linker in component.py: what does it define?",
        )
